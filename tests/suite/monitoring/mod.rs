//! What an operator sees: the metrics that the code really emits, compared with their format, the alarms, the
//! dashboard, the saved queries and infra/README.md.

pub(crate) mod agreement;
pub(crate) mod alarm;
mod format;
mod notices;
mod picture;
mod retention;
mod rules;
mod situations;
mod trouble;
mod world;
