//! Ledger and events source beyond the conformance suites: responses that no stand-in gives, and custom
//! tables. One binary, since each one links the SDKs.

#[cfg(test)]
mod budgets;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod custom_tables;
#[cfg(test)]
mod key_mismatch;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod world;
#[cfg(test)]
mod write_outcome;
