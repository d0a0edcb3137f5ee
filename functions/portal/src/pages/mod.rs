//! The pages, one file or folder each. What a page does is in `control`; here it is shown.

pub(crate) mod access;
pub(crate) mod changes;
pub(crate) mod connect;
pub(crate) mod connector;
pub(crate) mod contacts;
pub(crate) mod enter;
pub(crate) mod exports;
pub(crate) mod health;
pub(crate) mod log;
pub(crate) mod operate;
pub(crate) mod operators;
pub(crate) mod part;
pub(crate) mod proof;
mod timeline;
