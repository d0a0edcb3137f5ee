//! The customer's part: what its administrator does in its own account, played on the stand-ins.

use domain::connector::Connector;

use super::{Embedded, make_bucket};
use crate::error::StackError;
use crate::role::Role;

impl Embedded {
    /// Lets a connector in: makes its bucket, in the account of its role and in its region, if there is none of
    /// that name, and a role that asks for the connector's external ID and may write below its prefix. A role of
    /// that ARN is changed to this. A connector without a destination needs nothing yet.
    ///
    /// # Errors
    /// If the stand-in doesn't take the bucket or the role, or can't write them down.
    pub fn admit(&self, connector: &Connector) -> Result<(), StackError> {
        let Some(to) = &connector.destination else { return Ok(()) };
        make_bucket(&self.stack, to.bucket.as_str(), to.role.account().as_str(), to.region.as_str())?;
        self.stack.put_role(Role {
            arn: to.role.to_string(),
            external_id: Some(connector.external_id.to_string()),
            bucket: to.bucket.to_string(),
            prefix: to.prefix.to_string(),
        })
    }
}
