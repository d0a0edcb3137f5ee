//! Ledger and events source where the conformance suites don't reach: answers that no stand-in gives, and tables
//! of the vendor's own. One binary, since each one links the SDKs.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod misfits;
#[cfg(test)]
mod own_tables;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod world;
