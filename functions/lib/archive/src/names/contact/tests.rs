//! The tests of `contact`.

use proptest::prelude::*;

use super::*;

#[test]
fn ambiguous_addresses_are_rejected() {
    for good in ["a@b.example", "first.last+audit@sub.acme-corp.example", "o'neill@acme.example"] {
        assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "acme",
        "@acme.example",
        "a@",
        "a@acme",
        "a@b@acme.example",
        "a b@acme.example",
        "a@acme.example ",
        "a@acme.example\r\nBcc: b@acme.example",
        "a@acme.example,b@acme.example",
        "Ann <a@acme.example>",
        "\"a\"@acme.example",
        ".a@acme.example",
        "a..b@acme.example",
        "a@-acme.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "ä@acme.example",
        "a@acme.example.",
        &format!("{}@acme.example", "a".repeat(65)),
        &format!("a@{}.example", "a.".repeat(130)),
    ] {
        assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
    }
}

#[test]
fn an_address_may_be_as_long_as_mail_allows_and_no_longer() {
    let label = "a".repeat(55);
    let at = |local: usize, all: usize| {
        let domain = format!("{label}.{label}.{label}.");
        let rest = "b".repeat(all - local - 1 - domain.len());
        format!("{}@{domain}{rest}", "c".repeat(local))
    };
    for (local, all, is_valid) in [(64, 254, true), (63, 246, true), (64, 255, false), (65, 254, false)] {
        let address = at(local, all);
        assert_eq!(address.len(), all);
        assert_eq!(address.parse::<EmailAddress>().is_ok(), is_valid, "{local} of {all}");
    }
}

#[test]
fn a_webhook_may_be_2048_bytes_long_and_no_longer() {
    let url = |length: usize| format!("{:a<length$}", "https://acme.example/");
    assert!(url(2048).parse::<WebhookUrl>().is_ok());
    assert!(url(2049).parse::<WebhookUrl>().is_err());
}

#[test]
fn a_host_name_is_made_of_labels_and_no_longer_than_the_dns_allows() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    for (name, is_valid) in [
        (longest.clone(), true),
        (longest + "a", false),
        (format!("{label}.example"), true),
        (format!("a{label}.example"), false),
        ("acme-.example".into(), false),
        ("a-b.example".into(), true),
    ] {
        assert_eq!(is_host_name(&name), is_valid, "{name}");
    }
}

#[test]
fn a_webhook_is_https_on_its_own_port_at_a_name() {
    for (good, host, path) in [
        ("https://hooks.acme.example", "hooks.acme.example", "/"),
        ("https://Hooks.Acme.example:443/a/b?c=d", "hooks.acme.example", "/a/b?c=d"),
        ("https://hooks.acme.example?c=d/e", "hooks.acme.example", "/?c=d/e"),
    ] {
        let url: WebhookUrl = good.parse().unwrap();
        assert_eq!((url.host().as_str(), url.path_and_query().as_str()), (host, path));
    }
    for bad in [
        "",
        "http://acme.example/",
        "https://",
        "https:///x",
        "https://localhost/",
        "https://acme.example:8443/",
        "https://acme.example:/",
        "https://u:p@acme.example/",
        "https://u@acme.example/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://1.2.3.0x4/",
        "https://[::1]/",
        "https://[::1]:443/",
        "https://acme.example\\@evil.example/",
        "https://acme.example/#x",
        "//acme.example/",
        "https://acme.example/a b",
        "https://acme.example/\r\nHost: x",
        "HTTPS://acme.example/",
        "https://acmé.example/",
        "https://acme..example/",
        "https://acme.example./",
        "https://169.254.169.254/latest/meta-data",
        &format!("https://acme.example/{}", "a".repeat(2048)),
    ] {
        assert!(bad.parse::<WebhookUrl>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_webhooks_path_is_never_revealed() {
    let url: WebhookUrl = "https://hooks.acme.example/T0/canary".parse().unwrap();
    assert_eq!(format!("{url:?}"), "WebhookUrl(https://hooks.acme.example/…)");
    let error = "http://hooks.acme.example/T0/canary".parse::<WebhookUrl>().unwrap_err().to_string();
    assert!(!error.contains("canary") && error.contains("https"), "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic_and_none_ends_a_header(text in any::<String>()) {
        let kept = [
            text.parse::<EmailAddress>().map(|kept| kept.to_string()),
            text.parse::<WebhookUrl>().map(|kept| kept.to_string()),
        ];
        for kept in kept.into_iter().flatten() {
            prop_assert!(kept == text && kept.bytes().all(|b| b.is_ascii_graphic()));
        }
    }

    /// An accepted URL has the same host for every parser: its authority is only the name.
    #[test]
    fn a_webhooks_host_is_never_an_address(rest in "[0-9a-fx.:@\\[\\]/?%-]{1,30}") {
        if let Ok(url) = format!("https://{rest}").parse::<WebhookUrl>() {
            prop_assert!(is_host_name(&url.host()));
            prop_assert!(url.host().parse::<std::net::IpAddr>().is_err());
            prop_assert!(url.path_and_query().starts_with('/'));
        }
    }
}
