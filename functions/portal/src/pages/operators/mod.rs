//! The vendor's operators: the connectors of all tenants, and the links.

pub(crate) mod links;
mod new_link;
pub(crate) mod survey;
