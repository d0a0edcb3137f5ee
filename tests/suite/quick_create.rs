//! The quick-create link and `infra/customer-role.yaml` agree, and so do the call of the Terraform module and
//! `infra/terraform`: each parameter of the link exists and has a valid value, and the customer can fill in
//! the others.

use std::collections::BTreeMap;

use archive::names::{ConnectorId, ExternalId};
use archive::time::Time;
use control::setup::{DEFAULT_PREFIX, DEFAULT_ROLE_NAME, Vendor, setup};
use proptest::prelude::*;
use protocol::connector::{Connector, Encryption, S3Destination};
use serde_json::{Value, json};
use tests::schema::Schema;

const TEMPLATE: &str = include_str!("../../infra/customer-role.yaml");

/// The parameters of the template, without its functions, which are YAML that only CloudFormation knows.
fn parameters() -> BTreeMap<String, Value> {
    let from = TEMPLATE.find("\nParameters:\n").expect("the template has parameters");
    let to = TEMPLATE.find("\nRules:\n").expect("rules follow on the parameters");
    let all: BTreeMap<String, BTreeMap<String, Value>> =
        serde_saphyr::from_str(&TEMPLATE[from..to]).expect("plain YAML");
    all["Parameters"].clone()
}

/// Whether CloudFormation would accept the value: the pattern must match the whole of it, and of each in a
/// list.
fn accepts(parameter: &Value, value: &str) -> bool {
    let mut schema = json!({"type": "string"});
    if let Some(pattern) = parameter.get("AllowedPattern") {
        schema["pattern"] = json!(format!("^(?:{})$", pattern.as_str().unwrap()));
    }
    for (ours, theirs) in [("maxLength", "MaxLength"), ("minLength", "MinLength"), ("enum", "AllowedValues")]
    {
        parameter.get(theirs).into_iter().for_each(|limit| schema[ours] = limit.clone());
    }
    let form = Schema::new(&schema);
    let list = parameter["Type"] == "CommaDelimitedList";
    let values: Vec<&str> = if list { value.split(',').collect() } else { vec![value] };
    values.into_iter().all(|value| form.is_valid(&json!(value)))
}

/// The template's URL, the stack's name and the parameters that the link fills in.
fn link_parameters(link: &str) -> BTreeMap<String, String> {
    let (_, query) = link.split_once("#/stacks/create/review?").expect("a link to the console");
    assert!(!query.contains('+') && query.is_ascii(), "{query}");
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let all: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(pairs.len(), all.len(), "a parameter is given twice: {query}");
    all
}

fn vendor() -> Vendor {
    Vendor {
        account: "111111111111".parse().unwrap(),
        partition: "aws".into(),
        region: "eu-central-1".parse().unwrap(),
        exporter_role: "Au_d+i=t,f.e@r-ry".into(),
        template_url: Some("https://b.s3.amazonaws.com/a/customer-role.yaml".into()),
    }
}

/// The link of a connector, compared with the template.
fn check(connector: &Connector) -> BTreeMap<String, String> {
    let link = setup(connector, &vendor()).quick_create_url.unwrap();
    let known = parameters();
    let mut given = link_parameters(&link);
    assert_eq!(given.remove("templateURL"), vendor().template_url);
    let stack = given.remove("stackName").unwrap();
    let first = stack.starts_with(|c: char| c.is_ascii_alphabetic());
    assert!(
        first && stack.len() <= 128 && stack.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
        "{stack}"
    );
    for (name, value) in &given {
        let name = name.strip_prefix("param_").unwrap_or_else(|| panic!("{name}: {link}"));
        let parameter = known.get(name).unwrap_or_else(|| panic!("the template has no {name}: {link}"));
        assert!(accepts(parameter, value), "{name}={value:?} is refused: {parameter}");
    }
    for (name, parameter) in &known {
        let open = parameter.get("Default").is_none() && !given.contains_key(&format!("param_{name}"));
        assert!(
            !open || (name == "BucketName" && connector.destination.is_none()),
            "{name} is left open: {link}"
        );
    }
    given
}

/// The module's variables, each with whether it has a default.
fn variables() -> BTreeMap<&'static str, bool> {
    let text = include_str!("../../infra/terraform/variables.tf");
    let blocks = text.split("\nvariable \"").skip(1);
    blocks.map(|block| (block.split('"').next().unwrap(), block.contains("\n  default "))).collect()
}

#[test]
fn the_call_of_the_terraform_module_gives_its_variables_and_all_that_it_needs() {
    let mut connector = draft(7);
    let key = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for to in [None, Some(destination("audit", "acme-audit", "R", Some(key.to_owned())).unwrap())] {
        to.into_iter().for_each(|to| connector.connect(to).unwrap());
        let call = setup(&connector, &vendor()).terraform;
        let lines = call.lines().filter_map(|line| line.strip_prefix("  ")?.split_once('='));
        let given: BTreeMap<_, _> = lines.map(|(name, value)| (name.trim(), value.trim())).collect();
        assert!(
            given["external_id"].starts_with("[\"af-") && given["external_id"].ends_with("\"]"),
            "{call}"
        );
        let known = variables();
        assert!(given.keys().all(|name| *name == "source" || known.contains_key(name)), "{call}");
        assert!(known.iter().all(|(name, optional)| *optional || given.contains_key(name)), "{call}");
        assert_eq!(given.contains_key("kms_key_arn"), !connector.destination.is_none());
    }
}

/// A destination, if it is accepted.
fn destination(prefix: &str, bucket: &str, role: &str, key: Option<String>) -> Option<S3Destination> {
    Some(S3Destination {
        role: format!("arn:aws:iam::222222222222:role/auditferry/{role}").parse().ok()?,
        bucket: bucket.parse().ok()?,
        region: "eu-west-1".parse().unwrap(),
        prefix: prefix.parse().ok()?,
        encryption: Encryption::with_key(key.map(|key| key.parse().unwrap())),
    })
}

fn draft(id: u64) -> Connector {
    Connector::draft(ConnectorId::new(id), "acme".parse().unwrap(), ExternalId::new(id, id), Time::EPOCH)
}

#[test]
fn a_new_connectors_link_fills_in_what_the_template_accepts() {
    let mut connector = draft(u64::MAX);
    let given = check(&connector);
    assert_eq!(given["param_ExternalId"], connector.external_id.as_str());
    assert_eq!(given["param_VendorRoleName"], vendor().exporter_role);
    connector.rotate_external_id(ExternalId::new(5, 6)).unwrap();
    assert_eq!(check(&connector)["param_ExternalId"], ExternalId::new(5, 6).as_str());
}

#[test]
fn what_the_link_may_leave_out_has_the_same_default_in_the_template() {
    let known = parameters();
    assert_eq!(known["RoleName"]["Default"], DEFAULT_ROLE_NAME);
    assert_eq!(known["Prefix"]["Default"], DEFAULT_PREFIX);
}

#[test]
fn a_value_that_the_template_refuses_would_be_detected() {
    let known = parameters();
    for (name, bad) in [
        ("ExternalId", "af-1"),
        ("VendorAccountId", "1234"),
        ("BucketName", "a..b"),
        ("Prefix", "a/../b"),
        ("Prefix", "a\n"),
        ("KmsKeyArn", "arn:aws:kms:eu-central-1:222222222222:alias/audit"),
        ("RoleName", "a/b"),
        ("CreateBucket", "maybe"),
    ] {
        assert!(!accepts(&known[name], bad), "{name}={bad:?}");
    }
    assert!(accepts(&known["ExternalId"], &format!("{},{}", ExternalId::new(1, 2), ExternalId::new(3, 4))));
}

proptest! {
    /// For every destination that is accepted, the template accepts the link.
    #[test]
    fn every_connectors_link_fills_in_what_the_template_accepts(
        id in any::<u64>(), bucket in "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        prefix in "([A-Za-z0-9!_.'()=-]{1,9}/){0,3}([A-Za-z0-9!_.'()=-]{1,20}/?)?",
        name in "[A-Za-z0-9+=,.@_-]{1,64}",
        key in prop::option::of(prop_oneof![
            "key/[A-Za-z0-9-]{1,128}",
            "alias/[A-Za-z0-9_-][A-Za-z0-9/_-]{0,139}",
        ]),
    ) {
        let key = key.map(|key| format!("arn:aws:kms:eu-central-1:222222222222:{key}"));
        let Some(destination) = destination(&prefix, &bucket, &name, key) else { return Ok(()) };
        let mut connector = draft(id);
        connector.connect(destination.clone()).unwrap();
        let given = check(&connector);
        prop_assert_eq!(&given["param_BucketName"], destination.bucket.as_str());
        prop_assert_eq!(&given["param_Prefix"], destination.prefix.as_str());
        prop_assert_eq!(&given["param_RoleName"], &name);
    }
}
