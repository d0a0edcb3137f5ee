//! AWS STS: who this deployment is, and the operator's own roles. Customers' roles: [`crate::s3::customers`].

pub mod assumed_role;
pub mod caller_identity;
