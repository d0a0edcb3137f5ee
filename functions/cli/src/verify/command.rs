//! Prints the command line again for another archive, ready to be pasted into a shell.

use super::args::VerifyArgs;

/// `auditferry verify` on this archive with these keys, and with all other given options.
pub(crate) fn command(args: &VerifyArgs, archive: &str, keys: &[String]) -> String {
    let VerifyArgs {
        archive: _,
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
    } = args;
    let mut words = format!("auditferry verify {}", quoted_path(archive));
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

/// A path as an argument. One that begins with a dash would be parsed as an option.
pub(crate) fn quoted_path(path: &str) -> String {
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(path) }
}

/// A word quoted for POSIX shells. A word with control characters, as a file name may have, is written so
/// that bash and zsh read it and no terminal interprets it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.chars().any(|c| c.is_control() || is_invisible(c)) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = String::from("$'");
    for c in word.chars() {
        if c == '\'' || c == '\\' {
            text.extend(['\\', c]);
        } else if c.is_control() || is_invisible(c) {
            let mut bytes = [0; 4];
            text.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("\\x{byte:02x}")));
        } else {
            text.push(c);
        }
    }
    text.push('\'');
    text
}

/// Characters that change the text direction, or that are invisible.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: VerifyArgs,
    }

    fn parsed(words: &[&str]) -> VerifyArgs {
        Cli::try_parse_from([&["verify"], words].concat()).unwrap().args
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
        let args = parsed(&[&["./copy"], &options[..]].concat());
        assert_eq!(
            command(&args, "./copy/auditferry", &args.key),
            r"auditferry verify ./copy/auditferry --key 'vendor.example/auditferry+62c0d4d9+AYqI from 2026-01-01T00:00:00Z' --key @keys --as-of 2026-11-20T10:30:00.000Z --connector con_0000000000000001 --id-field 'it'\''s' --json"
        );
    }

    #[test]
    fn words_are_quoted_as_a_shell_reads_them() {
        for (word, shown) in [
            ("./copy/audit-ferry", "./copy/audit-ferry"),
            ("s3://bucket/tenant=acme", "'s3://bucket/tenant=acme'"),
            ("", "''"),
            ("my copy", "'my copy'"),
            ("$HOME/*", "'$HOME/*'"),
            ("it's", r"'it'\''s'"),
            ("a\u{1b}[2Jb'\\", r"$'a\x1b[2Jb\'\\'"),
            ("a\u{202e}b", r"$'a\xe2\x80\xaeb'"),
            ("ä", "'ä'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(word), shown, "{word:?}");
        }
        assert_eq!((quoted_path("-x").as_str(), quoted_path("- x").as_str()), ("./-x", "'./- x'"));
    }

    #[test]
    #[cfg(unix)]
    fn a_shell_reads_back_what_was_quoted() {
        for word in
            ["a b", "it's", "\u{1b}[0m'\\n", "$(date)`x`\"y\"", "a\nb\tc", "ü\u{200b}", "\\x41 \u{1}1"]
        {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
