//! `template.yaml` and the code agree: each function gets exactly the variables that it reads, its role the
//! attributes and the session name of its requests, and a parameter is refused where the code would refuse
//! its value.

use std::collections::BTreeSet;

use archive::names::{PortalUrl, ReturnUrl};
use aws::dynamodb::ledger::{CURSOR_ATTRIBUTES, PART_ATTRIBUTES, SETTINGS_ATTRIBUTES};
use aws::s3::staging::LOGO_KEY;
use aws::settings::{
    ApiSettings, DispatcherSettings, ExporterSettings, NotifierSettings, PortalSettings, ReaderSettings,
    names,
};
use aws::sts::assumed_role::SESSION_NAME;
use control::branding::{Accent, DisplayName};
use control::partition::PartitionFormat;
use proptest::prelude::*;
use regex::Regex;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// The environment variables of a resource of the template.
fn environment_of(resource: &str) -> BTreeSet<String> {
    let head = format!("  {resource}:");
    TEMPLATE
        .lines()
        .skip_while(|line| *line != head)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with("   "))
        .skip_while(|line| line.trim() != "Variables:")
        .skip(1)
        .take_while(|line| line.starts_with("          "))
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[test]
fn the_template_gives_each_function_exactly_the_variables_that_it_reads() {
    assert_eq!(environment_of("Exporter"), names::<ExporterSettings>());
    assert_eq!(environment_of("Dispatcher"), names::<DispatcherSettings>());
    assert_eq!(environment_of("Api"), names::<ApiSettings>());
    assert_eq!(environment_of("Notifier"), names::<NotifierSettings>());
    assert_eq!(environment_of("Portal"), names::<PortalSettings>());
    assert_eq!(environment_of("Reader"), names::<ReaderSettings>());
}

/// The attributes that a policy statement allows: the first list after its `Sid`.
fn allowed(sid: &str) -> BTreeSet<&'static str> {
    let statement = TEMPLATE.split_once(&format!("- Sid: {sid}\n")).map_or("", |(_, statement)| statement);
    let list = statement.split_once("dynamodb:Attributes").and_then(|(_, rest)| rest.split_once('['));
    let list = list.and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split(',').map(str::trim).collect()
}

/// A version that requests another attribute must be deployed with that permission, or its watchdog is blind.
#[test]
fn the_dispatcher_may_read_exactly_the_attributes_that_it_asks_for() {
    // Beside the keys of table and index, which DynamoDB requires.
    let of = |lists: &[&[&'static str]]| lists.concat().into_iter().chain(["sk"]).collect::<BTreeSet<_>>();
    assert_eq!(allowed("WatchConnectors"), of(&[&SETTINGS_ATTRIBUTES]));
    assert_eq!(allowed("ReadCursors"), of(&[&CURSOR_ATTRIBUTES, &PART_ATTRIBUTES]));
}

/// The portal's role reads one object of the bucket that has the staged parts.
#[test]
fn the_portal_may_read_the_object_that_the_code_names() {
    assert!(TEMPLATE.contains(&format!("Resource: !Sub \"${{StagingBucket.Arn}}/{LOGO_KEY}\"\n")));
}

/// A plain text of YAML ends before ` #`, silently (YAML 1.2.2, section 6.6), and so would what an operator
/// reads.
#[test]
fn no_text_of_the_template_is_cut_off_by_a_comment() {
    for line in TEMPLATE.lines() {
        let Some((name, text)) = line.trim_start().split_once(": ") else { continue };
        let is_plain = !text.starts_with(['"', '\'', '>', '|', '!', '[', '{']);
        let is_text = ["ConstraintDescription", "Description", "default"].contains(&name);
        assert!(!(is_plain && is_text && text.contains(" #")), "{line}");
    }
}

/// Under another name the exporter's role would not trust the API, or would not restrict it.
#[test]
fn the_exporters_role_trusts_the_api_under_the_session_name_that_the_code_sends() {
    let by_name = format!("Condition: {{StringEquals: {{\"sts:RoleSessionName\": {SESSION_NAME}}}}}");
    let narrowed = format!("Condition: {{StringLike: {{\"aws:userid\": \"*:{SESSION_NAME}\"}}}}");
    for condition in [by_name, narrowed] {
        assert_eq!(TEMPLATE.matches(&condition).count(), 1, "{condition}");
    }
}

/// The text of a parameter's property in the template.
fn parameter_property(parameter: &str, property: &str) -> &'static str {
    let (head, property) = (format!("  {parameter}:"), format!("    {property}: "));
    let mut lines = TEMPLATE.lines().skip_while(|line| *line != head).skip(1);
    let value = lines
        .by_ref()
        .take_while(|line| line.starts_with("    "))
        .find_map(|line| line.strip_prefix(&property));
    value.expect("a property on a line of its own").trim_matches('\'')
}

/// Whether the template accepts a text as the value of a parameter.
fn accepts(parameter: &str, text: &str) -> bool {
    let pattern = Regex::new(parameter_property(parameter, "AllowedPattern")).unwrap();
    let longest: usize = parameter_property(parameter, "MaxLength").parse().unwrap();
    text.chars().count() <= longest && pattern.is_match(text)
}

/// Whether the template accepts a text as the format of partition keys.
fn template_accepts(text: &str) -> bool {
    accepts("EventsPartitionFormat", text)
}

#[test]
fn the_template_accepts_the_portals_that_the_code_accepts() {
    for good in [
        "https://audit.vendor.example",
        "https://Audit.Vendor.Example:8443/",
        "https://abc123.execute-api.eu-central-1.amazonaws.com",
        "https://a.b:65535",
    ] {
        assert!(good.parse::<PortalUrl>().is_ok() && accepts("PortalUrl", good), "{good}");
    }
    for bad in [
        "https://",
        "https://vendor",
        "https://-a.example",
        "https://a.1example",
        "https://10.0.0.1",
        "https://audit.vendor.example/portal",
        "https://audit.vendor.example:0",
        "https://audit.vendor.example:65536",
        "https://u@audit.vendor.example",
        "https://audit.vendor.example?x",
        "https://audit.vendor.example\n",
        "http://audit.vendor.example",
    ] {
        assert!(bad.parse::<PortalUrl>().is_err() && !accepts("PortalUrl", bad), "{bad}");
    }
    // For the sandbox only.
    assert!(!accepts("PortalUrl", "http://127.0.0.1:7070"));
}

#[test]
fn the_template_accepts_the_return_urls_that_the_code_accepts() {
    let read = |text: &str| text.split(',').map(str::parse::<ReturnUrl>).collect::<Result<Vec<_>, _>>();
    for good in [
        "https://app.vendor.example",
        "https://app.vendor.example/settings/audit,https://vendor.example:8443/",
        "https://app.vendor.example/a.b~c/_d-e",
    ] {
        assert!(read(good).is_ok() && accepts("PortalReturnUrls", good), "{good}");
    }
    for bad in [
        "http://app.vendor.example",
        "https://app.vendor.example/?a=1",
        "https://app.vendor.example/#a",
        "https://app.vendor.example/../a",
        "https://app.vendor.example/a/..",
        "https://app.vendor.example/%2e%2e/a",
        "https://app.vendor.example/a;b",
        "https://u@app.vendor.example",
        "https://app.vendor.example,",
        "https://app.vendor.example, https://vendor.example",
        "javascript:alert(1)",
    ] {
        assert!(read(bad).is_err() && !accepts("PortalReturnUrls", bad), "{bad}");
    }
}

#[test]
fn the_template_accepts_the_appearance_that_the_code_accepts() {
    for good in ["Acme", "A", "M\u{fc}ller & S\u{f6}hne GmbH", "株式会社", &"x".repeat(60)] {
        assert!(good.parse::<DisplayName>().is_ok() && accepts("PortalName", good), "{good}");
    }
    for bad in [" Acme", "Acme ", "Ac\nme", "Acme\u{a0}", "Ac\u{85}me", "A\\cme", &"x".repeat(61)] {
        assert!(bad.parse::<DisplayName>().is_err() && !accepts("PortalName", bad), "{bad:?}");
    }
    let pattern = Regex::new(parameter_property("PortalAccent", "AllowedPattern")).unwrap();
    for good in ["#1f5fc2", "#B00020"] {
        assert!(good.parse::<Accent>().is_ok() && pattern.is_match(good), "{good}");
    }
    for bad in ["1f5fc2", "#1f5", "#1f5fc2ff", "blue", "#1f5fcg"] {
        assert!(bad.parse::<Accent>().is_err() && !pattern.is_match(bad), "{bad}");
    }
}

#[test]
fn the_template_accepts_the_partition_formats_that_the_code_accepts() {
    let of = |length: usize| format!("{}{{tenant}}", "ä".repeat(length - 8));
    for good in [
        "{tenant}",
        "TENANT#{tenant}",
        "{tenant}#{shard}",
        "{shard}#{tenant}",
        "v1/{shard}:{tenant}/log",
        "{tenant}1#{shard}1",
        "1{shard}#1{tenant}",
        "{tenant} {shard}",
        "{tenant}ä{shard}",
        &of(255),
    ] {
        assert!(PartitionFormat::parse(good).is_ok() && template_accepts(good), "{good}");
    }
    for bad in [
        "",
        "tenant",
        "{shard}",
        "{tenant}{tenant}",
        "{tenant}{shard}",
        "{shard}{tenant}",
        "{tenant}1{shard}",
        "{tenant}#1{shard}",
        "{shard}0#{tenant}",
        "{tenant}#{shard}#{shard}",
        "{shard}#{tenant}#{shard}",
        "{Tenant}",
        "{tenant}#{id}",
        "{{tenant}}",
        "a}{tenant}",
        "{tenant}\n",
        "\t{tenant}",
        "{tenant}\u{7f}{shard}",
        "{tenant}\u{85}",
        &of(256),
    ] {
        assert!(PartitionFormat::parse(bad).is_err() && !template_accepts(bad), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn no_partition_format_passes_the_template_and_fails_the_code_or_the_other_way_round(
        pieces in prop::collection::vec(
            prop_oneof![
                4 => Just("{tenant}".to_owned()),
                3 => Just("{shard}".to_owned()),
                6 => "[#:/a0-9 {}\n\u{7f}\u{85}ä]",
                1 => any::<char>().prop_map(String::from),
            ],
            0..7,
        ),
    ) {
        let text = pieces.concat();
        prop_assert_eq!(PartitionFormat::parse(&text).is_ok(), template_accepts(&text), "{}", text);
    }
}
