//! The customer's side: what its administrator does in its own account, on the stand-ins.

use archive::names::{BucketName, CustomerRole, ExternalId, Prefix, Region};
use protocol::connector::{Connector, Destination};

use super::{Sandbox, ensure_bucket};
use crate::error::StackError;
use crate::role::Role;

/// The stack that the administrator launches with the quick-create link: the parameters of
/// `infra/customer-role.yaml`, as far as the stand-ins support them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerStack {
    /// The role to create; its account is the customer's.
    pub role: CustomerRole,
    /// The external ID that the trust policy requires. Without one, anyone can assume the role: the mistake
    /// that a verification detects.
    pub external_id: Option<ExternalId>,
    /// The bucket that the role may write to.
    pub bucket: BucketName,
    /// The prefix that the role may write below.
    pub prefix: Prefix,
    /// The region in which the bucket is created if it does not exist; without it, none is created.
    pub bucket_region: Option<Region>,
}

impl Sandbox {
    /// Creates or updates the customer's stack: the role, and the bucket if a region is given and it does not
    /// exist. An existing role with that ARN is updated.
    ///
    /// # Errors
    /// If the stand-in rejects the bucket or the role, or can't store them.
    pub fn launch_stack(&self, stack: &CustomerStack) -> Result<(), StackError> {
        let CustomerStack { role, external_id, bucket, prefix, bucket_region: create_in } = stack;
        if let Some(region) = create_in {
            ensure_bucket(&self.stack, bucket.as_str(), role.account().as_str(), region.as_str())?;
        }
        self.stack.put_role(Role {
            arn: role.to_string(),
            external_id: external_id.as_ref().map(ToString::to_string),
            bucket: bucket.to_string(),
            prefix: prefix.to_string(),
        })
    }

    /// Grants a connector access, like a customer who has launched the stack of `connector setup`: a bucket
    /// in the account of its role and in its region, and a role that requires the connector's newest external
    /// ID and may write below its prefix. A connector without a destination needs nothing yet.
    ///
    /// # Errors
    /// As for launching a stack; and if the role exists for another connector, in which case no stack could
    /// create it.
    pub fn grant_access(&self, connector: &Connector) -> Result<(), StackError> {
        let Destination::S3(to) = &connector.destination else { return Ok(()) };
        let required_id = self.stack.role(to.role.as_str()).and_then(|role| role.external_id);
        if required_id.is_some_and(|id| connector.external_ids().all(|own| own.as_str() != id)) {
            return Err(StackError::RoleExists(to.role.to_string()));
        }
        self.launch_stack(&CustomerStack {
            role: to.role.clone(),
            external_id: connector.external_ids().next().cloned(),
            bucket: to.bucket.clone(),
            prefix: to.prefix.clone(),
            bucket_region: Some(to.region.clone()),
        })
    }
}
