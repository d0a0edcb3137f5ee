//! The tests of `setup`.

use archive::time::Time;
use protocol::connector::Encryption;

use super::*;

const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn vendor() -> Vendor {
    Vendor {
        account: "111111111111".parse().unwrap(),
        partition: "aws".into(),
        region: "eu-central-1".parse().unwrap(),
        exporter_role: "auditferry-exporter".into(),
        template_url: Some("https://templates.example/customer-role.yaml".into()),
    }
}

fn draft() -> Connector {
    let id = ConnectorId::new(0x0123_4567_89ab_cdef);
    Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH)
}

fn connected(key: Option<&str>) -> Connector {
    let mut connector = draft();
    let to = S3Destination {
        role: "arn:aws:iam::222222222222:role/auditferry/OfTheirChoice".parse().unwrap(),
        bucket: "acme-audit".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        prefix: "audit/acme".parse().unwrap(),
        encryption: Encryption::with_key(key.map(|key| key.parse().unwrap())),
    };
    connector.connect(to).unwrap();
    connector
}

#[test]
fn the_trust_statement_is_that_of_the_trust_policy() {
    let mut connector = connected(None);
    for _ in ["at first", "during a rotation"] {
        let statement: Value = serde_json::from_str(&trust_statement(&connector, &vendor())).unwrap();
        assert_eq!(statement, setup(&connector, &vendor()).trust_policy["Statement"][0]);
        connector.rotate_external_id(ExternalId::new(3, 4)).unwrap();
    }
}

/// So no tenant ID can get into a policy, a name, a link or a call of the module.
#[test]
fn no_setup_contains_the_tenants_id() {
    let usual = connected(None);
    for id in ["${aws:username}", "*", "../../x", "a\"b", "\"}", "&param_RoleName=Admin"] {
        let connector = Connector { tenant: id.parse().unwrap(), ..usual.clone() };
        assert_eq!(setup(&connector, &vendor()), setup(&usual, &vendor()), "{id}");
    }
}

#[test]
fn a_folder_in_hive_style_is_the_same_in_policy_module_and_link() {
    let mut connector = connected(None);
    connector.destination.s3_mut().unwrap().prefix = "tenant=acme/log=audit".parse().unwrap();
    let output = setup(&connector, &vendor());
    let resource = &output.permissions_policy["Statement"][0]["Resource"];
    assert_eq!(resource, "arn:aws:s3:::acme-audit/tenant=acme/log=audit/*");
    assert!(
        output.terraform.contains("prefix            = \"tenant=acme/log=audit\""),
        "{}",
        output.terraform
    );
    let link = output.quick_create_url.unwrap();
    assert!(link.contains("&param_Prefix=tenant%3Dacme%2Flog%3Daudit&"), "{link}");
}

#[test]
fn every_connector_has_its_own_role_and_stack_name() {
    let output = setup(&draft(), &vendor());
    assert_eq!(output.role_name, "AuditferryDelivery-01234567");
    assert_eq!(output.stack_name, "auditferry-01234567");
    assert!(output.terraform.contains("role_name         = \"AuditferryDelivery-01234567\""));
    // An existing role keeps its name.
    assert_eq!(setup(&connected(None), &vendor()).role_name, "OfTheirChoice");
}

#[test]
fn during_a_rotation_the_setup_contains_the_new_external_id_everywhere() {
    let mut connector = draft();
    connector.rotate_external_id(ExternalId::new(3, 4)).unwrap();
    let output = setup(&connector, &vendor());
    let new = "af-00000000000000030000000000000004";
    assert_eq!(output.external_id.as_str(), new);
    assert_eq!(output.trust_policy["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], new);
    assert!(output.terraform.contains(new) && output.quick_create_url.unwrap().contains(new));
}

#[test]
fn the_permissions_name_the_prefix_and_the_key_and_nothing_else() {
    let policy = setup(&connected(Some(KEY)), &vendor()).permissions_policy;
    assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:s3:::acme-audit/audit/acme/*");
    assert_eq!(policy["Statement"][1]["Resource"], KEY);
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
}

#[test]
fn a_key_is_named_in_the_module_and_in_the_link() {
    let output = setup(&connected(Some(KEY)), &vendor());
    assert!(output.terraform.contains(&format!("  kms_key_arn       = \"{KEY}\"\n")), "{}", output.terraform);
    let link = output.quick_create_url.unwrap();
    let key = "&param_KmsKeyArn=arn%3Aaws%3Akms%3Aeu-central-1%3A222222222222%3Akey%2F1234abcd-12ab";
    assert!(link.contains(key), "{link}");
}

#[test]
fn an_alias_is_named_by_a_condition_since_no_policy_can_name_it_as_a_resource() {
    let alias = "arn:aws:kms:eu-central-1:222222222222:alias/audit/logs";
    let output = setup(&connected(Some(alias)), &vendor());
    let statement = &output.permissions_policy["Statement"][1];
    assert_eq!(statement["Resource"], "arn:aws:kms:eu-central-1:222222222222:key/*");
    let named = &statement["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"];
    assert_eq!(named, "alias/audit/logs");
    // Template and module take keys only.
    assert!(!output.terraform.contains("kms") && !output.quick_create_url.unwrap().contains("Kms"));
}

#[test]
fn the_commands_create_the_role_of_the_link_on_its_path() {
    let mut connector = connected(Some(KEY));
    connector.destination.s3_mut().unwrap().prefix = "it's/acme".parse().unwrap();
    let commands = cli_commands(&connector, &vendor());
    let expected = setup(&connector, &vendor());
    assert!(
        commands.starts_with("aws iam create-role --path /auditferry/ --role-name OfTheirChoice "),
        "{commands}"
    );
    for policy in [expected.trust_policy, expected.permissions_policy] {
        let quoted = policy.to_string().replace('\'', r"'\''");
        assert!(commands.contains(&format!("'{quoted}'")), "{commands}");
    }
}

#[test]
fn the_parameters_by_hand_are_those_of_the_link() {
    let connector = connected(None);
    let url = setup(&connector, &vendor()).quick_create_url.unwrap();
    for (name, value) in stack_parameters(&connector, &vendor()) {
        let in_url = value.as_deref().map(|value| format!("&param_{name}={}", value.replace('/', "%2F")));
        assert!(in_url.is_none_or(|text| url.contains(&text)), "{name} {value:?} {url}");
    }
    let of_draft = stack_parameters(&draft(), &vendor());
    let open: Vec<_> = of_draft.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
    assert_eq!(open, ["BucketName", "KmsKeyArn"]);
}
