//! The prober on a stack, and a customer with a right or a wrong setup.

use aws::s3::customers::StsProber;
use protocol::connector::Connector;
use sandbox::{Role, Stack};
use tests::conformance::prober::{CustomerSetup, ProberRig};

/// The adapter, and the administrator's side of the stack.
#[derive(Debug)]
pub(crate) struct StackProber {
    pub(crate) stack: Stack,
    pub(crate) port: StsProber,
}

impl StackProber {
    /// On a stack of its own.
    pub(crate) async fn start() -> Self {
        let (stack, clients) = super::start().await;
        Self { stack, port: StsProber::new(clients.sts, clients.customers) }
    }
}

/// The role as the customer's template creates it.
pub(crate) fn role(connector: &Connector) -> Role {
    let to = connector.destination.s3().unwrap();
    Role {
        arn: to.role.to_string(),
        external_id: Some(connector.external_id.to_string()),
        bucket: to.bucket.to_string(),
        prefix: to.prefix.to_string(),
    }
}

impl ProberRig for StackProber {
    type Port = StsProber;

    fn port(&self) -> &StsProber {
        &self.port
    }

    fn set_up(&self, connector: &Connector, side: CustomerSetup) {
        let to = connector.destination.s3().unwrap();
        let region =
            if side == CustomerSetup::BucketInOtherRegion { "us-east-2" } else { to.region.as_str() };
        if side != CustomerSetup::BucketMissing {
            self.stack.create_bucket(to.bucket.as_str(), to.role.account().as_str(), region).unwrap();
        }
        let role = role(connector);
        let role = match side {
            CustomerSetup::TrustsAnyone => Role { external_id: None, ..role },
            CustomerSetup::AcceptsAnyExternalId => Role { external_id: Some("*".into()), ..role },
            CustomerSetup::AllowsWholeBucket => Role { prefix: String::new(), ..role },
            _ => role,
        };
        self.stack.put_role(role).unwrap();
    }

    fn keys(&self, connector: &Connector) -> Vec<String> {
        let to = connector.destination.s3().unwrap();
        let objects = self.stack.objects(to.bucket.as_str()).unwrap_or_default();
        objects.into_iter().map(|object| object.key).collect()
    }
}
