//! What an operator sees: the metrics that the code really emits, compared with their format, the alarms, the
//! dashboard, the saved queries and infra/README.md.

pub(crate) mod alarm;
pub(crate) mod consistency;
mod dashboard;
mod emf;
mod faulty;
mod notices;
mod retention;
mod rules;
mod situations;
mod world;
