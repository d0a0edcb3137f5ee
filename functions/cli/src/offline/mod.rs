//! `explore`: verifies an archive, then shows it with the pages of the portal's explorer, on loopback.
//!
//! `parts` collects what the verification accepts, and `ledger`, `objects`, `records` and `no_table` fill the
//! reader's ports from it (`explorer`). `indexing` makes the indexes, in the `cache`. `server` lets the
//! browser in that has opened the link (`token`), and hands downloads out (`file_links`).

pub(crate) mod args;
mod cache;
mod explorer;
mod file_links;
mod guess;
mod indexing;
mod ledger;
mod no_table;
mod objects;
mod pages;
mod parts;
mod records;
mod run;
mod server;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use run::run;
