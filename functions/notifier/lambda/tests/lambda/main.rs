//! The notifier's binary as Lambda runs it: notices in through the Runtime API, mails out to SES, what failed back into
//! its queue, the ledger on the embedded stand-ins.

#[cfg(test)]
mod notices;
#[cfg(test)]
mod world;
