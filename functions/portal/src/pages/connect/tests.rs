//! The tests of the form's fields.

use archive::names::{ConnectorId, ExternalId};
use archive::part::{Compression, Encoding, Format};
use archive::time::Time;
use protocol::connector::{Connector, Encryption, S3Destination};

use super::fields::{Destinations, Typed, Wanted, encodings, files_value};
use super::page::first_file_at;

fn draft() -> Connector {
    Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH)
}

fn connected(encryption: Encryption) -> Connector {
    let mut connector = draft();
    let to = S3Destination {
        role: "arn:aws:iam::222222222222:role/auditferry/R".parse().unwrap(),
        bucket: "acme-audit".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        prefix: "".parse().unwrap(),
        encryption,
    };
    connector.connect(to).unwrap();
    connector
}

#[test]
fn what_is_stored_comes_back_from_its_own_form() {
    let key = "arn:aws:kms:eu-west-1:222222222222:alias/audit".parse().unwrap();
    for encryption in [Encryption::Default, Encryption::Aes256, Encryption::Kms(key)] {
        for encoding in encodings() {
            for hours in 1..=24_u8 {
                let mut connector = connected(encryption.clone());
                connector.encoding = encoding;
                connector.frequency = hours.try_into().unwrap();
                let wanted = Typed::stored(&connector).parse(&connector, Destinations::Required).unwrap();
                assert_eq!(wanted, Wanted::of(&connector));
                assert!(wanted.is_stored_in(&connector));
            }
        }
    }
}

#[test]
fn every_form_of_files_can_be_chosen_and_the_readers_own_by_choosing_it() {
    assert_eq!(encodings().count(), Format::ALL.len() * Compression::ALL.len());
    let mut typed = Typed::stored(&draft());
    for encoding in encodings() {
        typed.files = files_value(encoding);
        assert_eq!(typed.parse(&draft(), Destinations::Optional).unwrap().encoding, encoding);
    }
    (typed.files, typed.reader) = (String::new(), "duckdb".into());
    let chosen = typed.parse(&draft(), Destinations::Optional).unwrap().encoding;
    assert_eq!(chosen, Encoding { format: Format::Ndjson, compression: Compression::Zstd });
}

#[test]
fn an_open_destination_is_an_error_only_where_one_is_needed() {
    let typed = Typed::stored(&draft());
    assert_eq!(typed.parse(&draft(), Destinations::Optional).unwrap().destination, None);
    let errors = typed.parse(&draft(), Destinations::Required).unwrap_err();
    assert_eq!(errors.0.iter().map(|error| error.field).collect::<Vec<_>>(), ["role", "bucket", "region"]);
    let partial = Typed { bucket: "acme-audit".into(), ..typed };
    let errors = partial.parse(&draft(), Destinations::Optional).unwrap_err();
    assert_eq!(errors.0.iter().map(|error| error.field).collect::<Vec<_>>(), ["role", "region"]);
}

#[test]
fn the_first_file_comes_at_the_next_full_hour_and_the_settle_time_later_whatever_the_frequency() {
    let settle = std::time::Duration::from_mins(5);
    for hours in [1, 6, 24_u8] {
        let connector = Connector { frequency: hours.try_into().unwrap(), ..draft() };
        let first = first_file_at(&connector, "2026-11-30T10:31:10Z".parse().unwrap(), settle);
        assert_eq!(first, "2026-11-30T11:05:00Z".parse().unwrap());
    }
}
