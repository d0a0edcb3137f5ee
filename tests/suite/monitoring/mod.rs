//! What an operator sees and is told: the metrics that the code really emits, held against their format, the alarms,
//! the dashboard, the saved queries and the operator's notes.

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
