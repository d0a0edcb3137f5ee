//! The record of a search. The tenant sees who has searched its log, and for what kind of thing.
//!
//! There is one record for each person, connector, kind of answer, filter and hour: a page that asks again
//! every minute leaves one. The values of persons are taken out of the filter before it gets here.

use std::str::FromStr;
use std::time::Duration;

use archive::names::{ConnectorId, InvalidValueError, TenantId};
use archive::sha256::Sha256;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::FilterText;
use crate::caller::Caller;
use crate::parsed_text::parsed_text;

/// How long a tenant can see that its log was searched.
const RETENTION: Duration = Duration::from_hours(365 * 24);

/// The length of an hour's text in an ID, `2026-11-30T10`.
const HOUR_LEN: usize = 13;
/// The hexadecimal digits of an ID: 128 bits, so nobody finds two searches with one ID.
const DIGITS: usize = 32;

/// What a search asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchKind {
    /// The events themselves.
    Rows,
    /// Their number by interval.
    Counts,
    /// Their number by value.
    Facets,
    /// Where the fields are in them, with examples.
    Fields,
    /// All of them in a file.
    Download,
}

impl SearchKind {
    /// All of them, in the order of listings.
    pub const ALL: [Self; 5] = [Self::Rows, Self::Counts, Self::Facets, Self::Fields, Self::Download];

    /// The name in records and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Counts => "counts",
            Self::Facets => "facets",
            Self::Fields => "fields",
            Self::Download => "download",
        }
    }
}

/// What identifies a search within its tenant: the hour in UTC, and 32 hexadecimal digits of a hash, such as
/// `2026-11-30T10-0123456789abcdef0123456789abcdef`. IDs sort by hour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SearchId(String);
parsed_text!(SearchId);

impl FromStr for SearchId {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = || {
            let form = "it is an hour such as `2026-11-30T10`, a hyphen and 32 lower-case hexadecimal digits";
            InvalidValueError::new("search ID", text, "has the wrong form", form)
        };
        let (hour, rest) = text.split_at_checked(HOUR_LEN).ok_or_else(invalid)?;
        let digits = rest.strip_prefix('-').unwrap_or_default();
        let hexadecimal = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let at = format!("{hour}:00:00Z").parse::<Time>().map_err(|_| invalid())?;
        if digits.len() == DIGITS && hexadecimal && hour_of(at) == hour {
            return Ok(Self(text.to_owned()));
        }
        Err(invalid())
    }
}

/// Somebody searched a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRecord {
    /// The tenant whose log was searched.
    pub tenant: TenantId,
    /// The connector whose events were searched.
    pub connector: ConnectorId,
    /// Who searched. Tenants see that it was the vendor, not who ([`Caller::name_visible_to`]).
    pub by: Caller,
    /// What was asked for.
    pub kind: SearchKind,
    /// The filter, without the values of persons.
    pub filter: FilterText,
    /// When; of several in one hour, the first.
    pub at: Time,
}

impl SearchRecord {
    /// What identifies it. The same search in the same hour has the same ID.
    #[must_use]
    pub fn id(&self) -> SearchId {
        let (kind, tenant, name) = match &self.by {
            Caller::Operator { name } => ("operator", "", name.as_str()),
            Caller::Tenant { tenant, name } => ("tenant", tenant.as_str(), name.as_str()),
            Caller::System => ("system", "", ""),
        };
        let (connector, filter) = (self.connector.as_str(), self.filter.as_str());
        let mut text = Vec::new();
        for part in [self.tenant.as_str(), connector, kind, tenant, name, self.kind.as_str(), filter] {
            text.extend_from_slice(part.as_bytes());
            // No text contains this byte, so no two lists of parts have one form.
            text.push(0xff);
        }
        let mut digits = Sha256::of(&text).to_string();
        digits.truncate(DIGITS);
        SearchId(format!("{}-{digits}", hour_of(self.at)))
    }

    /// Until when the record is kept: a year.
    #[must_use]
    pub fn kept_until(&self) -> Time {
        self.at + RETENTION
    }
}

fn hour_of(at: Time) -> String {
    let mut hour = at.second_prefix();
    hour.truncate(HOUR_LEN);
    hour
}
