//! The tests of `aws`.

use super::*;
use proptest::prelude::*;

#[test]
fn bucket_names_follow_the_rules_of_s3() {
    for bad in [
        "ab",
        "Acme",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "10.0.0.1",
        "999.01.0.1",
        "xn--abc",
        "abc-s3alias",
        &"a".repeat(64),
    ] {
        assert!(bad.parse::<BucketName>().is_err(), "{bad}");
    }
    for end in RESERVED_SUFFIXES {
        for bad in [format!("acme{end}"), format!("acme-log--usw2-az1{end}")] {
            assert!(bad.parse::<BucketName>().is_err(), "{bad}");
        }
    }
    for start in RESERVED_PREFIXES.iter().chain(&["sthree-configurator"]) {
        assert!(format!("{start}acme").parse::<BucketName>().is_err(), "{start}");
    }
    for bad in [
        "acme-an",
        "acme-12345678901-eu-central-1-an",
        "123456789012-eu-central-1-an",
        "acme-123456789012-eu-an",
    ] {
        assert!(bad.parse::<BucketName>().is_err(), "{bad}");
    }
    for good in [
        "abc",
        "acme.audit.log",
        "acme-audit-123456789012-eu-central-1-an",
        "acme-plan",
        "a-s3aliases",
        "acme--xa-s3x",
    ] {
        assert!(good.parse::<BucketName>().is_ok(), "{good}");
    }
}

#[test]
fn a_regional_bucket_name_contains_account_and_region() {
    let regional = |name: &str| name.parse::<BucketName>().unwrap().regional();
    for (name, account, region) in [
        ("acme-audit-123456789012-eu-central-1-an", "123456789012", "eu-central-1"),
        ("a-123456789012-us-gov-west-1-an", "123456789012", "us-gov-west-1"),
        ("a-111111111111-123456789012-eu-west-2-an", "123456789012", "eu-west-2"),
    ] {
        let of = (account.parse().unwrap(), region.parse().unwrap());
        assert_eq!(regional(name), Some(of), "{name}");
    }
    assert_eq!(regional("acme-audit"), None);
}

#[test]
fn a_pasted_name_is_accepted_or_rejected_with_the_bare_form() {
    let bucket: BucketName = "acme-log".parse().unwrap();
    for same in [
        " acme-log",
        "acme-log\n",
        "\"acme-log\"",
        "'acme-log' ",
        "s3://acme-log",
        "s3://acme-log/",
        "arn:aws:s3:::acme-log",
    ] {
        assert_eq!(same.parse::<BucketName>().unwrap(), bucket, "{same:?}");
    }
    for (other, form) in [
        ("s3://acme-log/audit/acme", "the bucket acme-log and, if you mean it, the prefix audit/acme"),
        ("arn:aws:s3:::acme-log/*/x", "the bucket acme-log"),
        (
            "https://s3.console.aws.amazon.com/s3/buckets/acme-log?region=eu-west-1",
            "give the bare name, acme-log",
        ),
        ("https://acme-log.s3.eu-west-1.amazonaws.com/", "give the bare name, acme-log"),
        ("s3://Acme_Log/x", "without a valid bucket name"),
        ("s3://", "3 to 63"),
        ("arn:aws:s3:eu-west-1:123456789012:accesspoint/acme", "use 3 to 63"),
    ] {
        let error = other.parse::<BucketName>().unwrap_err().to_string();
        assert!(error.contains(form), "{other}: {error}");
    }
    for same in ["eu-central-1\n", " 'eu-central-1'"] {
        assert_eq!(same.parse::<Region>().unwrap().as_str(), "eu-central-1");
    }
    let key = "arn:aws:kms:eu-central-1:123456789012:alias/acme";
    assert_eq!(format!(" \"{key}\"\r\n").parse::<KmsKeyArn>().unwrap().as_str(), key);
}

#[test]
fn every_region_is_in_one_partition() {
    for (region, partition) in [
        ("eu-central-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eu-isof-west-1", "aws-iso-f"),
    ] {
        assert_eq!(region.parse::<Region>().unwrap().partition(), partition, "{region}");
    }
}

#[test]
fn regions_have_a_form() {
    for bad in ["", "eu", "eu-central", "EU-central-1", "eu-central-1.evil.example", "eu--1", "localhost-1"] {
        assert!(bad.parse::<Region>().is_err(), "{bad}");
    }
    for good in ["eu-central-1", "us-gov-west-1", "ap-southeast-2", "mx-central-1", "eusc-de-east-1"] {
        assert!(good.parse::<Region>().is_ok(), "{good}");
    }
}

#[test]
fn a_region_that_is_wrong_in_one_place_is_rejected() {
    for bad in [
        "eu-1",
        "eu-de-north-east-1",
        "e-central-1",
        "europe-central-1",
        "eu-x-1",
        "eu-c3ntral-1",
        "eu-central-x",
        "eu-central-123",
    ] {
        assert!(bad.parse::<Region>().is_err(), "{bad}");
    }
}

#[test]
fn an_account_is_twelve_digits() {
    assert!("123456789012".parse::<AccountId>().is_ok());
    for bad in ["12345678901", "1234567890123", "12345678901x"] {
        assert!(bad.parse::<AccountId>().is_err(), "{bad}");
    }
}

#[test]
fn a_kms_key_is_the_arn_of_a_key_or_an_alias() {
    let longest = "a".repeat(250);
    for good in
        ["key/1234abcd-12ab-34cd-56ef-1234567890ab", "alias/acme/audit_log", &format!("alias/{longest}")]
    {
        let arn = format!("arn:aws:kms:eu-central-1:123456789012:{good}");
        assert_eq!(arn.parse::<KmsKeyArn>().unwrap().as_str(), arn);
    }
    for bad in [
        "arn:evil:kms:eu-central-1:123456789012:key/abc",
        "arn:aws:iam:eu-central-1:123456789012:key/abc",
        "arn:aws:kms::123456789012:key/abc",
        "arn:aws:kms:eu-central-1:1234:key/abc",
        "arn:aws:kms:eu-central-1:123456789012:key/",
        "arn:aws:kms:eu-central-1:123456789012:grant/abc",
        "arn:aws:kms:eu-central-1:123456789012:key/a*",
        "arn:aws:kms:eu-central-1:123456789012:key/a/b",
        "arn:aws:kms: eu-central-1:123456789012:key/abc",
        "arn:aws:kms:eu-central-1:123456789012:alias/aws/s3",
        "arn:aws:kms:eu-central-1:123456789012:alias/aws/ebs",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/acme",
        "arn:aws:kms:eu-central-1:123456789012:key/abc:abc",
        &format!("arn:aws:kms:eu-central-1:123456789012:key/a{longest}"),
    ] {
        assert!(bad.parse::<KmsKeyArn>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>()) {
        let _ = text.parse::<BucketName>();
        let _ = text.parse::<Region>();
        let _ = text.parse::<KmsKeyArn>();
        let _ = text.parse::<AccountId>();
    }
}
