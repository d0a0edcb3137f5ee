//! The policies of every request and every answer, each in one place.

pub(crate) mod body_limit;
pub(crate) mod compress;
pub(crate) mod cross_site;
pub(crate) mod error_page;
pub(crate) mod headers;
