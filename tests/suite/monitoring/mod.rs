//! What an operator sees: the metrics that the code really emits, compared with their format, the alarms, the
//! dashboard, the saved queries and infra/README.md.

pub(crate) mod consistency;
pub(crate) mod alarm;
mod emf;
mod notices;
mod dashboard;
mod retention;
mod rules;
mod situations;
mod faulty;
mod world;
