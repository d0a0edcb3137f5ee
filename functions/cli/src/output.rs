//! The output of a command, which is that of `auditferry-verify` too.

pub(crate) use archive::files::output::{ErrorReport, Output, Style, eprint_line};
