//! The tests of `pasted`.

use proptest::prelude::*;

use super::*;

const ROLE: &str = "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery-8181942c";
const BUCKET: &str = "acme-audit-log-222222222222-eu-central-1-an";
const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn read(text: &str) -> PastedOutputs {
    PastedOutputs::read(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn outputs() -> PastedOutputs {
    let text = |text: &str| Some(text.to_owned());
    PastedOutputs {
        role: text(ROLE),
        bucket: text(BUCKET),
        region: text("eu-central-1"),
        ..PastedOutputs::default()
    }
}

#[test]
fn the_outputs_of_a_stack_are_found_in_every_form_that_tools_print() {
    let json = format!(
        r#"{{"Stacks": [{{
            "StackId": "arn:aws:cloudformation:eu-central-1:222222222222:stack/auditferry-8181942c/0f",
            "RoleARN": "arn:aws:iam::222222222222:role/cloudformation",
            "Outputs": [
                {{"OutputKey": "RoleArn", "OutputValue": "{ROLE}", "Description": "Send this to your vendor."}},
                {{"OutputKey": "BucketName", "OutputValue": "{BUCKET}"}},
                {{"OutputKey": "Region", "OutputValue": "eu-central-1"}}],
            "Parameters": [{{"ParameterKey": "BucketName", "ParameterValue": "acme-audit-log"}}]}}]}}"#
    );
    let piece = format!(
        r#"{{"OutputKey": "RoleArn", "OutputValue": "{ROLE}"}},
           {{"OutputKey": "BucketName", "OutputValue": "{BUCKET}"}},
           {{"OutputKey": "Region", "OutputValue": "eu-central-1"}},"#
    );
    let broken_json = format!(
        "\"Outputs\": [\n {{\n \"OutputKey\": \"RoleArn\",\n \"OutputValue\": \"{ROLE}\",\n}},\n{{\n\
         \"OutputKey\": \"BucketName\",\n\"OutputValue\": \"{BUCKET}\"\n}}, \"Region\": \"eu-central-1\""
    );
    let yaml = format!(
        "Stacks:\n- Outputs:\n  - Description: Send this to your vendor. It is the role to deliver with.\n    \
         OutputKey: RoleArn\n    OutputValue: {ROLE}\n  - OutputKey: BucketName\n    OutputValue: {BUCKET}\n  \
         - OutputKey: Region\n    OutputValue: eu-central-1\n  Parameters:\n  - ParameterKey: BucketName\n    \
         ParameterValue: acme-audit-log\n"
    );
    let table = format!(
        "||                      Outputs                    ||\n|+----------+--------------+------+|\n\
         ||  Description  |  OutputKey  |  OutputValue  ||\n\
         ||  Send this to your vendor. |  RoleArn  |  {ROLE}  ||\n\
         ||  Bucket that the files go to. |  BucketName  |  {BUCKET}  ||\n\
         ||  Region of this stack. |  Region  |  eu-central-1  ||\n\
         ||  Parameters ||\n||  BucketName  |  acme-audit-log  ||\n"
    );
    let text = format!(
        "OUTPUTS\tSend this to your vendor.\tRoleArn\t{ROLE}\nOUTPUTS\tBucket\tBucketName\t{BUCKET}\n\
         OUTPUTS\tRegion of it.\tRegion\teu-central-1\nPARAMETERS\tBucketName\tacme-audit-log\n"
    );
    let console = format!(
        "Key\tValue\tDescription\tExport name\nBucketName\t{BUCKET}\tBucket that the files go to.\t-\n\
         Region\teu-central-1\tRegion of this stack.\t-\nRoleArn\t{ROLE}\tSend this.\t-"
    );
    let cells_in_lines =
        format!("RoleArn\n{ROLE}\nSend this.\n-\nBucketName\n{BUCKET}\n-\nRegion\neu-central-1\n");
    let terraform = format!(
        "account_id  = \"222222222222\"\nbucket_name = \"{BUCKET}\"\nregion      = \"eu-central-1\"\nrole_arn    = \"{ROLE}\"\n"
    );
    let terraform_json = format!(
        r#"{{"role_arn": {{"sensitive": false, "type": "string", "value": "{ROLE}"}},
            "bucket_name": {{"value": "{BUCKET}"}}, "region": {{"value": "eu-central-1"}}}}"#
    );
    let assignments = format!("RoleArn={ROLE},BucketName={BUCKET} Region=eu-central-1");
    let mail = format!("Hi,\r\nRole ARN: {ROLE}\r\nBucket: {BUCKET}\r\nregion: eu-central-1.\r\n");
    let stand_in =
        format!(r#"{{"Outputs":{{"RoleArn":"{ROLE}","BucketName":"{BUCKET}","Region":"eu-central-1"}}}}"#);
    for pasted in [
        json,
        piece,
        broken_json,
        yaml,
        table,
        text,
        console,
        cells_in_lines,
        terraform,
        terraform_json,
        assignments,
        stand_in,
    ] {
        assert_eq!(read(&pasted), outputs(), "{pasted}");
    }
    assert_eq!(read(&mail).role, outputs().role);
    assert_eq!(read(&mail).bucket, outputs().bucket);
}

#[test]
fn an_arn_alone_is_the_role_whatever_surrounds_it() {
    for text in [ROLE, &format!(" \"{ROLE}\",\n"), &format!("The role is <{ROLE}>."), &format!("`{ROLE}`")] {
        assert_eq!(
            read(text),
            PastedOutputs { role: Some(ROLE.into()), ..PastedOutputs::default() },
            "{text}"
        );
    }
    // The output of `create-role` names the vendor's role too.
    let created = format!(
        r#"{{"Role": {{"Arn": "{ROLE}", "AssumeRolePolicyDocument": {{"Statement": [{{"Condition": {{"ArnEquals":
            {{"aws:PrincipalArn": "arn:aws:iam::111111111111:role/auditferry-exporter"}}}}}}]}}}}}}"#
    );
    assert_eq!(read(&created).role.as_deref(), Some(ROLE));
}

#[test]
fn an_arn_of_another_kind_reaches_its_field_which_says_what_it_is() {
    for arn in [
        "arn:aws:cloudformation:eu-central-1:222222222222:stack/auditferry-8181942c/0f",
        "arn:aws:sts::222222222222:assumed-role/AuditferryDelivery/me",
        "arn:aws:iam::222222222222:role/OnAnotherPath",
    ] {
        let role = read(arn).role.unwrap();
        assert!(role == arn && role.parse::<CustomerRole>().is_err(), "{role}");
    }
}

#[test]
fn two_roles_are_refused_and_one_named_twice_is_not() {
    let other = ROLE.replace("8181942c", "99999999");
    for text in [
        format!("{ROLE}\n{other}"),
        format!("RoleArn={ROLE}\nsee also {other}"),
        format!(r#"[{{"RoleArn": "{ROLE}"}}, {{"RoleArn": "{other}"}}]"#),
    ] {
        let refused = PastedOutputs::read(&text).unwrap_err();
        assert_eq!(refused, PastedOutputsError::TwoRoles(ROLE.into(), other.clone()), "{text}");
    }
    assert_eq!(read(&format!("{ROLE} {ROLE}")).role.as_deref(), Some(ROLE));
}

#[test]
fn folder_key_and_bucket_are_found_without_a_label() {
    let uri = read("s3://acme-log/audit/team=a/");
    assert_eq!((uri.bucket.as_deref(), uri.prefix.as_deref()), (Some("acme-log"), Some("audit/team=a")));
    let policy = read("\"Resource\": \"arn:aws:s3:::acme-log/audit/*\"");
    assert_eq!((policy.bucket.as_deref(), policy.prefix.as_deref()), (Some("acme-log"), Some("audit")));
    let key = read(KEY);
    assert_eq!((key.kms_key.as_deref(), key.region.as_deref()), (Some(KEY), Some("eu-central-1")));
    assert_eq!((key.role, read("arn:aws:s3:::acme-log").role), (None, None), "none of them is a role");
    assert_eq!(read("Prefix=team=a;Bucket=b-b").prefix.as_deref(), Some("team=a"));
    assert_eq!(
        read(r#"{"Prefix": ""}"#).prefix.as_deref(),
        Some(""),
        "the whole bucket, said in so many words"
    );
    assert_eq!(
        read(&format!("BucketName = {BUCKET}")).region.as_deref(),
        Some("eu-central-1"),
        "by its name"
    );
}

#[test]
fn what_differs_is_left_to_the_person_and_nothing_is_said_to_be_nothing() {
    let two = read(&format!("RoleArn={ROLE}\nBucket=acme-one\nBucket=acme-two"));
    assert_eq!((two.role.as_deref(), two.bucket), (Some(ROLE), None));
    for nothing in ["", " \n", "hello", "{}", "[1, null]", "RoleArn", "RoleArn:", "Region\t-", "-", "🦀"] {
        assert_eq!(PastedOutputs::read(nothing), Err(PastedOutputsError::Nothing), "{nothing:?}");
    }
}

/// How a person writes one pair.
fn pair(style: usize, label: &str, value: &str) -> String {
    match style % 6 {
        0 => format!("{label}={value}"),
        1 => format!("{label}: {value}"),
        2 => format!("{label}\t{value}\tSome description.\t-"),
        3 => format!("| {label} | {value} |"),
        4 => format!("  {label}   =   \"{value}\""),
        _ => format!("{label}\n{value}"),
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), tail in "[A-Za-z:=|{}\\[\\]\",/ \t\n_.-]{0,200}") {
        let _ = PastedOutputs::read(&text);
        let _ = PastedOutputs::read(&format!("RoleArn{tail}"));
        let _ = PastedOutputs::read(&format!("arn:{tail}{text}"));
        let _ = PastedOutputs::read(&format!("{{\"RoleArn\": \"{tail}"));
    }

    /// In any order, in any mix of forms, with anything around it that is no value itself.
    #[test]
    fn all_values_are_found_wherever_they_stand(
        order in Just(vec![0_usize, 1, 2, 3, 4]).prop_shuffle(),
        styles in prop::collection::vec(0_usize..6, 5),
        snake in any::<bool>(),
        noise in "[a-z ]{0,20}",
        name in "[A-Za-z0-9+=,.@_-]{0,20}[A-Za-z0-9]",
        folder in "[a-z]{1,8}(/[a-z0-9]{1,8}){0,2}",
    ) {
        let role = format!("arn:aws:iam::222222222222:role/auditferry/{name}");
        let values = [&role, "acme-audit", "eu-west-1", &folder, KEY];
        let labels = if snake {
            ["role_arn", "bucket_name", "region", "prefix", "kms_key_arn"]
        } else {
            ["RoleArn", "BucketName", "Region", "Prefix", "KmsKeyArn"]
        };
        let lines = order.iter().zip(styles).map(|(nth, style)| pair(style, labels[*nth], values[*nth]));
        let text = format!("{noise}!\n{}\n{noise}!", lines.collect::<Vec<_>>().join("\n"));
        let found = read(&text);
        let found = [found.role, found.bucket, found.region, found.prefix, found.kms_key];
        prop_assert_eq!(found, values.map(|value| Some(value.to_owned())), "{}", text);
    }
}
