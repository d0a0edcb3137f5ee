//! The notifier's binary as Lambda runs it: notices come in through the Runtime API, mails go to SES, retries
//! go back to its queue, and the ledger is on the sandbox.

#[cfg(test)]
mod notices;
#[cfg(test)]
mod world;
