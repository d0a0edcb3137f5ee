//! Pagination: `?limit=` and `?cursor=`, and all other parameters of a query.
//!
//! A cursor is opaque to callers: it contains where a page ended, in a format that may change. It is
//! hexadecimal, so that `infra/openapi.yaml` can validate it by a pattern. It grants nothing; authorization
//! is checked again for each page.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;

use crate::Api;
use crate::fields::truncated;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::query::parse_query;

/// The default number of items on a page.
pub(crate) const DEFAULT_LIMIT: u32 = 50;
/// The maximum number of items on a page.
pub(crate) const MAX_LIMIT: u32 = 100;

/// The parameters of a query.
#[derive(Debug)]
pub(crate) struct QueryParams {
    remaining: BTreeMap<String, String>,
    known: Vec<&'static str>,
}

impl FromRequestParts<Api> for QueryParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl QueryParams {
    fn parse(query: &str) -> Result<Self, Problem> {
        Ok(Self { remaining: parse_query(query)?, known: Vec::new() })
    }

    /// A parameter that parses as `T`.
    pub(crate) fn take<T: FromStr<Err: Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| Problem::malformed(format!("The parameter {name}: {error}")))
    }

    /// The requested page of a listing of this kind. No other parameter may be left.
    pub(crate) fn page<T: FromStr>(mut self, kind: &'static str) -> Result<Page<T>, Problem> {
        let after = match self.remove("cursor") {
            Some(cursor) => Some(decode_cursor(kind, &cursor).ok_or_else(|| {
                Problem::malformed(
                    "The parameter cursor must be the next_cursor of a previous page of this listing.",
                )
            })?),
            None => None,
        };
        let limit = self.limit()?;
        self.finish()?;
        Ok(Page { kind, cursor: after, limit })
    }

    /// The maximum number of items that is asked for.
    pub(crate) fn limit(&mut self) -> Result<u32, Problem> {
        let limit = self.remove("limit").map_or(Some(DEFAULT_LIMIT), |text| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|limit| digits && (1..=MAX_LIMIT).contains(limit))
        });
        limit.ok_or_else(|| {
            Problem::malformed(format!("The parameter limit must be a whole number from 1 to {MAX_LIMIT}."))
        })
    }

    /// No other parameter may be left.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some(name) = self.remaining.keys().next() else { return Ok(()) };
        let known = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
        let more = match self.remaining.len() {
            1 => String::new(),
            all => format!(" and {} more", all - 1),
        };
        let name = truncated(name);
        Err(Problem::malformed(format!("Unknown query parameter {name}{more}; valid parameters: {known}.")))
    }

    fn remove(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.remaining.remove(name)
    }
}

/// A page of a listing.
#[derive(Debug)]
pub(crate) struct Page<T> {
    kind: &'static str,
    /// The last item of the previous page.
    pub(crate) cursor: Option<T>,
    limit: u32,
}

impl<T: FromStr> Page<T> {
    /// The requested page, of parameters that report their errors together.
    pub(crate) fn of(query: &mut Parameters, kind: &'static str) -> Self {
        let given: Option<String> = query.text("cursor");
        let cursor = given.and_then(|given| {
            let form = " must be the next_cursor of a previous page of this listing.";
            decode_cursor(kind, &given).or_else(|| query.reject("cursor", form))
        });
        let limit = query.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        Self { kind, cursor, limit }
    }
}

impl<T> Page<T> {
    /// One item more than the limit, which shows whether a next page exists.
    pub(crate) const fn limit_plus_one(&self) -> u32 {
        self.limit + 1
    }

    /// The maximum number of items, for a port that says itself whether more follow.
    pub(crate) const fn limit(&self) -> u32 {
        self.limit
    }

    /// The cursor of a page that starts after `mark`.
    pub(crate) fn cursor_at(&self, mark: &impl Display) -> Cursor {
        Cursor(hex::encode(format!("{}:{mark}", self.kind)))
    }

    /// The items of this page and the cursor of the next one. The next page starts after `mark`.
    pub(crate) fn split<I, M: Display>(
        &self,
        mut items: Vec<I>,
        mark: impl Fn(&I) -> M,
    ) -> (Vec<I>, Option<Cursor>) {
        let limit = self.limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|item| self.cursor_at(&mark(item)));
        (items, next)
    }
}

fn decode_cursor<T: FromStr>(kind: &str, cursor: &str) -> Option<T> {
    // Only the spelling that was issued is accepted.
    let bytes = hex::decode(cursor).ok().filter(|_| !cursor.bytes().any(|b| b.is_ascii_uppercase()))?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
}

/// Where the next page starts, in the form in which callers send it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Cursor(String);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(query: &str) -> Option<Page<u64>> {
        QueryParams::parse(query).and_then(|query| query.page("change")).ok()
    }

    #[test]
    fn a_cursor_leads_to_the_next_page_of_its_own_listing_only() {
        let first = page("limit=2").unwrap();
        let (items, next) = first.split(vec![9_u64, 8, 7], |version| *version);
        let Cursor(next) = next.unwrap();
        assert_eq!(items, [9, 8]);
        assert_eq!(page(&format!("cursor={next}")).unwrap().cursor, Some(8));
        assert!(QueryParams::parse(&format!("cursor={next}")).unwrap().page::<u64>("part").is_err());
        assert_eq!(first.split(vec![7_u64, 6], |version| *version), (vec![7, 6], None));
    }

    #[test]
    fn limits_are_one_to_a_hundred_and_unknown_parameters_are_rejected() {
        assert_eq!(
            (page("").unwrap().limit_plus_one(), page("limit=100").unwrap().limit_plus_one()),
            (51, 101)
        );
        for bad in [
            "limit=0",
            "limit=101",
            "limit=+1",
            "limit=",
            "limit=x",
            "cursor=x",
            "cursor=",
            "what=1",
            "limit=1&limit=2",
        ] {
            assert!(page(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(query in any::<String>()) {
            let _ = page(&query);
        }
    }
}
