//! Identifiers of our own: connectors, workers, and the external ID.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Refused, text_newtype};

/// A connector: `con_` and 16 lower-case hexadecimal digits, made by us.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConnectorId(String);
text_newtype!(ConnectorId);

impl ConnectorId {
    /// A new one from 64 random bits.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self(format!("con_{random:016x}"))
    }

    fn parse(text: &str) -> Result<Self, Refused> {
        let digits = text.strip_prefix("con_").unwrap_or_default();
        if digits.len() == 16 && is_lower_hex(digits) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(
            "connector ID",
            text,
            "has another form",
            "it is `con_` and 16 lower-case hexadecimal digits, as `auditferry connector list` shows it",
        ))
    }
}

/// The external ID of a connector: `af-` and 32 lower-case hexadecimal digits of 128 random bits, made by us and
/// never settable, so that nobody can make us act in a role that trusts us for another tenant.
///
/// Source: AWS IAM user guide, "Access to AWS accounts owned by third parties". It is no secret, but it is
/// kept out of logs, so its `Debug` form is masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);
text_newtype!(ExternalId);

impl ExternalId {
    /// A new one from 128 random bits.
    #[must_use]
    pub fn new(high: u64, low: u64) -> Self {
        Self(format!("af-{high:016x}{low:016x}"))
    }

    fn parse(text: &str) -> Result<Self, Refused> {
        let digits = text.strip_prefix("af-").unwrap_or_default();
        if digits.len() == 32 && is_lower_hex(digits) {
            return Ok(Self(text.to_owned()));
        }
        let form = "it is `af-` and 32 lower-case hexadecimal digits, made by Auditferry";
        Err(Refused::new("external ID", "(hidden)", "has another form", form))
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(hidden)")
    }
}

/// The digits that we write: another spelling of the same number is another name.
fn is_lower_hex(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// One run of one exporter: 32 hexadecimal digits of 128 random bits. It owns the lease and signs the seal, so
/// that a lost answer can be told from a lost race.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerId(String);

impl WorkerId {
    /// A new one from 128 random bits.
    #[must_use]
    pub fn new(high: u64, low: u64) -> Self {
        Self(format!("{high:016x}{low:016x}"))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_id_has_exactly_the_form_that_we_make() {
        let id = ConnectorId::new(0xab);
        assert_eq!(id.as_str(), "con_00000000000000ab");
        assert_eq!(id.as_str().parse::<ConnectorId>().unwrap(), id);
        for bad in [
            "00000000000000ab",
            "con_0000000000000ab",
            "con_000000000000000ab",
            "con_00000000000000AB",
            "con_00000000000000ag",
        ] {
            assert!(bad.parse::<ConnectorId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_worker_is_known_by_all_of_its_bits() {
        assert_eq!(WorkerId::new(1, 0xab).as_str(), "000000000000000100000000000000ab");
    }

    #[test]
    fn an_external_id_never_shows_in_debug_output() {
        let id = ExternalId::new(1, 2);
        assert!(!format!("{id:?}").contains("0000000000000001"));
        assert_eq!(id.as_str().parse::<ExternalId>().unwrap(), id);
    }

    #[test]
    fn an_external_id_has_exactly_the_form_that_we_make() {
        let digits = "0123456789abcdef0123456789abcdef";
        assert!(format!("af-{digits}").parse::<ExternalId>().is_ok());
        let (upper, mixed) = (digits.to_uppercase(), digits.replacen('a', "A", 1));
        for bad in [
            digits.to_owned(),
            format!("af-{upper}"),
            format!("af-{mixed}"),
            format!("AF-{digits}"),
            format!("af-{digits}0"),
            format!("af-{}", &digits[1..]),
            format!("af-{}g", &digits[1..]),
            format!("af-{}+", &digits[1..]),
            format!(" af-{digits}"),
            format!("af-{digits}\n"),
        ] {
            let error = bad.parse::<ExternalId>().unwrap_err().to_string();
            assert!(
                error.contains("32 lower-case hexadecimal digits") && !error.contains("0123"),
                "{bad:?}: {error}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn every_external_id_that_we_make_is_one(high: u64, low: u64) {
            let id = ExternalId::new(high, low);
            assert_eq!(id.as_str().parse::<ExternalId>().unwrap(), id);
        }

        #[test]
        fn no_text_makes_a_parser_panic(text: String) {
            let _ = text.parse::<ExternalId>();
            let kept = text.parse::<ConnectorId>().map(|id| id.to_string());
            assert!(kept.map_or(true, |kept| kept == text));
        }
    }
}
