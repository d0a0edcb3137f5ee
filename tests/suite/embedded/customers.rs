//! The customers' accounts on a stack.

use std::sync::Arc;

use aws::clients::Clients;
use aws::s3::customers::StsCustomers;
use bytes::Bytes;
use sandbox::{Role, Stack};
use tests::conformance::customers::CustomersRig;

/// The adapter, and the administrator's side of the stack.
#[derive(Debug)]
pub(crate) struct StackCustomers {
    pub(crate) stack: Arc<Stack>,
    port: StsCustomers,
}

impl StackCustomers {
    pub(crate) fn new(stack: Arc<Stack>, clients: &Clients) -> Self {
        Self { stack, port: StsCustomers::new(clients.sts.clone(), clients.customers.clone()) }
    }

    /// On a stack of its own.
    pub(crate) async fn start() -> Self {
        let (stack, clients) = super::start().await;
        Self::new(Arc::new(stack), &clients)
    }
}

impl CustomersRig for StackCustomers {
    type Port = StsCustomers;

    fn port(&self) -> &StsCustomers {
        &self.port
    }

    fn create_bucket(&self, bucket: &str, owner: &str, region: &str) {
        self.stack.create_bucket(bucket, owner, region).unwrap();
    }

    fn delete_bucket(&self, bucket: &str) {
        self.stack.delete_bucket(bucket).unwrap();
    }

    fn put_role(&self, arn: &str, external_id: &str, bucket: &str, prefix: &str) {
        let external_id = Some(external_id.into());
        let (arn, bucket, prefix) = (arn.into(), bucket.into(), prefix.into());
        self.stack.put_role(Role { arn, external_id, bucket, prefix }).unwrap();
    }

    fn delete_role(&self, arn: &str) {
        self.stack.delete_role(arn).unwrap();
    }

    fn objects(&self, bucket: &str) -> Vec<(String, Bytes)> {
        let objects = self.stack.objects(bucket).unwrap_or_default();
        objects.into_iter().map(|object| (object.key, std::fs::read(object.path).unwrap().into())).collect()
    }
}
