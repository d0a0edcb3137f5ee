//! The command line that was given, and the same for another archive, ready to be pasted into a shell.

use super::args::VerifyArgs;
use crate::shell::{quoted, quoted_path};

/// The program that verifies, as its messages and printed commands name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `auditferry verify`, which also reads buckets.
    Auditferry,
    /// `auditferry-verify`, which only reads folders.
    AuditferryVerify,
}

impl Program {
    /// The words that run it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Auditferry => "auditferry verify",
            Self::AuditferryVerify => "auditferry-verify",
        }
    }
}

/// A command line that verifies an archive.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The program that was run.
    pub program: Program,
    /// The archive as it was given: a folder, or an S3 URL.
    pub archive: String,
    /// The options.
    pub args: VerifyArgs,
}

impl Invocation {
    /// The same command on this archive with these keys, and with all other given options.
    #[must_use]
    pub fn command(&self, archive: &str, keys: &[String]) -> String {
        let VerifyArgs {
            key: _,
            newest,
            boundary,
            as_of,
            from,
            to,
            connector,
            id_field,
            time_field,
            tenant_field,
            json,
        } = &self.args;
        let mut words = format!("{} {}", self.program.command(), quoted_path(archive));
        let mut option = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([" --", name, " ", &quoted(&value)]);
            }
        };
        for key in keys {
            option("key", Some(key.clone()));
        }
        for boundary in boundary {
            option("boundary", Some(boundary.to_string()));
        }
        option("newest", newest.map(|hash| hash.to_string()));
        option("as-of", as_of.map(|time| time.to_string()));
        option("from", from.map(|time| time.to_string()));
        option("to", to.map(|time| time.to_string()));
        option("connector", connector.as_ref().map(ToString::to_string));
        option("id-field", id_field.clone());
        option("time-field", time_field.clone());
        option("tenant-field", tenant_field.clone());
        if *json {
            words.push_str(" --json");
        }
        words
    }

    /// The same command on another archive, with the given keys.
    #[must_use]
    pub fn on(&self, archive: &str) -> String {
        self.command(archive, &self.args.key)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        archive: String,
        #[command(flatten)]
        args: VerifyArgs,
    }

    fn parsed(program: Program, words: &[&str]) -> Invocation {
        let Cli { archive, args } = Cli::try_parse_from([&["verify"], words].concat()).unwrap();
        Invocation { program, archive, args }
    }

    #[test]
    fn a_command_is_repeated_with_all_its_options() {
        let options = [
            "--key",
            "vendor.example/auditferry+62c0d4d9+AYqI from 2026-01-01T00:00:00Z",
            "--key",
            "@keys",
            "--as-of",
            "2026-11-20T10:30:00.000Z",
            "--connector",
            "con_0000000000000001",
            "--id-field",
            "it's",
            "--json",
        ];
        for (program, words) in
            [(Program::Auditferry, "auditferry verify"), (Program::AuditferryVerify, "auditferry-verify")]
        {
            let given = parsed(program, &[&["./copy"], &options[..]].concat());
            assert_eq!(
                given.command("./copy/auditferry", &given.args.key),
                format!(
                    r"{words} ./copy/auditferry --key 'vendor.example/auditferry+62c0d4d9+AYqI from 2026-01-01T00:00:00Z' --key @keys --as-of 2026-11-20T10:30:00.000Z --connector con_0000000000000001 --id-field 'it'\''s' --json"
                )
            );
        }
    }
}
