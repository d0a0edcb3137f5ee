//! The customer's part: what its administrator does in its own account, played on the stand-ins.

use domain::connector::Connector;
use domain::names::{BucketName, CustomerRole, ExternalId, Prefix, Region};

use super::{Embedded, make_bucket};
use crate::error::StackError;
use crate::role::Role;

/// What the administrator launches with the quick-create link: the parameters of `infra/customer-role.yaml`, as
/// far as the stand-ins know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerStack {
    /// The role to make; its account is the customer's.
    pub role: CustomerRole,
    /// What the trust policy asks for. Without one it lets in whoever asks: the mistake that a verification finds.
    pub external_id: Option<ExternalId>,
    /// The bucket.
    pub bucket: BucketName,
    /// The folder that the role may write to.
    pub prefix: Prefix,
    /// Where the bucket is made, if there is none of that name; without it, none is made.
    pub create_in: Option<Region>,
}

impl Embedded {
    /// Creates or updates the customer's stack: the role, and the bucket if that is wished and there is none of
    /// that name. A role of that ARN is changed to this.
    ///
    /// # Errors
    /// If the stand-in doesn't take the bucket or the role, or can't write them down.
    pub fn launch(&self, stack: &CustomerStack) -> Result<(), StackError> {
        let CustomerStack { role, external_id, bucket, prefix, create_in } = stack;
        if let Some(region) = create_in {
            make_bucket(&self.stack, bucket.as_str(), role.account().as_str(), region.as_str())?;
        }
        self.stack.put_role(Role {
            arn: role.to_string(),
            external_id: external_id.as_ref().map(ToString::to_string),
            bucket: bucket.to_string(),
            prefix: prefix.to_string(),
        })
    }

    /// Lets a connector in, as a customer does that has launched the stack with what `connector setup` gives: its
    /// bucket, in the account of its role and in its region, and a role that asks for the connector's newest
    /// external ID and may write below its prefix. A connector without a destination needs nothing yet.
    ///
    /// # Errors
    /// As [`Self::launch`]; and if there is such a role for another connector, which no stack could make again.
    pub fn admit(&self, connector: &Connector) -> Result<(), StackError> {
        let Some(to) = &connector.destination else { return Ok(()) };
        let asked_for = self.stack.role(to.role.as_str()).and_then(|role| role.external_id);
        if asked_for.is_some_and(|id| connector.external_ids().all(|own| own.as_str() != id)) {
            return Err(StackError::RoleExists(to.role.to_string()));
        }
        self.launch(&CustomerStack {
            role: to.role.clone(),
            external_id: connector.external_ids().next().cloned(),
            bucket: to.bucket.clone(),
            prefix: to.prefix.clone(),
            create_in: Some(to.region.clone()),
        })
    }
}
