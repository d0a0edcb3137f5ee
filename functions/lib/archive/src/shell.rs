//! Quotes words for shells, so that a printed command can be pasted.

/// A path as an argument. One that begins with a dash would be parsed as an option.
#[must_use]
pub fn quoted_path(path: &str) -> String {
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(path) }
}

/// A word quoted for POSIX shells. A word with control characters, as a file name may have, is written so
/// that bash and zsh read it and no terminal interprets it.
#[must_use]
pub fn quoted(word: &str) -> String {
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
    use super::*;

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
    #[expect(clippy::disallowed_types, reason = "only a shell can say how it reads a quoted word")]
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
