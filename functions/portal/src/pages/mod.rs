//! The pages, one file or folder each. What a page does is in `control`; here it is shown.

pub(crate) mod enter;
pub(crate) mod health;
