//! Cleans up pasted AWS names: removes what surrounded them where they were copied, and reads other
//! notations.

/// Removes what a console, a mail or a shell puts around a text: white space, zero-width characters, and one
/// pair of quotes. None of these is valid in an AWS name, so nothing intended is lost.
pub(super) fn trim_pasted(text: &str) -> &str {
    let is_padding = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}');
    let text = text.trim_matches(is_padding);
    let pairs = [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{201e}', '\u{201c}')];
    let mut unquoted =
        pairs.into_iter().filter_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    unquoted.next().map_or(text, |text| text.trim_matches(is_padding))
}

/// A bucket in a notation that may contain more than its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BucketReference<'a> {
    /// The notation, such as "an S3 URI".
    pub(super) form: &'static str,
    /// The bucket name; not validated.
    pub(super) bucket: &'a str,
    /// The key or key prefix; empty if there is none.
    pub(super) key: &'a str,
}

/// The bucket in an S3 URI, an ARN, or the URL of an object or of the console.
pub(super) fn parse_bucket(text: &str) -> Option<BucketReference<'_>> {
    if let Some(rest) = without_scheme(text, "s3") {
        return Some(bucket_reference("an S3 URI", rest));
    }
    if text.starts_with("arn:") {
        // ARNs of access points have a region and an account.
        let is_buckets = text.splitn(3, ':').nth(2).is_some_and(|rest| rest.starts_with("s3:::"));
        return Some(bucket_reference("an ARN", text.splitn(6, ':').nth(5).filter(|_| is_buckets)?));
    }
    let rest = without_scheme(text, "https").or_else(|| without_scheme(text, "http"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    // The console's path is the same in each partition: s3/buckets/<bucket> or s3/object/<bucket>.
    for folder in ["s3/buckets/", "s3/object/"] {
        if let Some(rest) = path.strip_prefix(folder) {
            return Some(bucket_reference("a URL of the console", rest));
        }
    }
    if !host.contains(".amazonaws.") {
        return None;
    }
    // Source: Amazon S3 user guide, "Virtual hosting of buckets".
    let named = ["s3.", "s3-"].iter().any(|start| host.starts_with(start));
    let labels = [".s3.", ".s3-"].iter().filter_map(|label| host.find(label)).min();
    match labels {
        _ if named => Some(bucket_reference("a URL", path)),
        Some(at) => Some(BucketReference { form: "a URL", bucket: host.get(..at)?, key: trim_key(path) }),
        None => None,
    }
}

/// The text after `scheme://`; the scheme is case-insensitive.
fn without_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (prefix, rest) = text.split_once("://")?;
    prefix.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn bucket_reference<'a>(form: &'static str, rest: &'a str) -> BucketReference<'a> {
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    BucketReference { form, bucket, key: trim_key(key) }
}

fn trim_key(path: &str) -> &str {
    path.trim_end_matches(['/', '*'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_surrounds_a_name_is_removed() {
        for padded in [
            " x ",
            "x\n",
            "\tx\r\n",
            "\"x\"",
            "'x'",
            "`x`",
            "\u{201c}x\u{201d}",
            "\u{a0}x\u{200b}",
            " \" x \" ",
            "\u{feff}x",
        ] {
            assert_eq!(trim_pasted(padded), "x", "{padded:?}");
        }
        for kept in ["x y", "\"x", "x'", "\"\"x\"", ""] {
            assert_eq!(trim_pasted(kept), if kept == "\"\"x\"" { "\"x" } else { kept });
        }
    }

    #[test]
    fn a_bucket_is_found_in_uris_arns_and_urls() {
        for (text, name, key) in [
            ("s3://acme-log", "acme-log", ""),
            ("S3://acme-log/", "acme-log", ""),
            ("s3://acme-log/audit/acme/", "acme-log", "audit/acme"),
            ("arn:aws:s3:::acme-log", "acme-log", ""),
            ("arn:aws-cn:s3:::acme-log/audit/*", "acme-log", "audit"),
            (
                "https://s3.console.aws.amazon.com/s3/buckets/acme-log?region=eu-central-1&tab=objects",
                "acme-log",
                "",
            ),
            ("https://eu-west-1.console.aws.amazon.com/s3/object/acme-log?prefix=a/", "acme-log", ""),
            ("https://acme-log.s3.eu-central-1.amazonaws.com/audit/x.json", "acme-log", "audit/x.json"),
            ("https://acme.log.s3-eu-west-1.amazonaws.com/", "acme.log", ""),
            ("https://s3.eu-central-1.amazonaws.com/acme-log/audit", "acme-log", "audit"),
            ("http://acme-log.s3.cn-north-1.amazonaws.com.cn", "acme-log", ""),
        ] {
            let found = parse_bucket(text).unwrap();
            assert_eq!((found.bucket, found.key), (name, key), "{text}");
        }
        for none in
            ["acme-log", "https://acme.example/x", "arn:aws:iam::123456789012:role/x", "ftp://x", "https://"]
        {
            assert_eq!(parse_bucket(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), tail in "[a-z0-9:/.?#-]{0,40}") {
            let _ = (trim_pasted(&text), parse_bucket(&text));
            let _ = (parse_bucket(&format!("https://{tail}")), parse_bucket(&format!("arn:{tail}")));
        }
    }
}
