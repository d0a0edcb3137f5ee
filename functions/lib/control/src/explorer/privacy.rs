//! What a deployment shows of events: `PORTAL_EVENTS`.

use archive::fields::Field;
use archive::query::filter::Filter;

use super::Ask;
use crate::portal_events::PortalEvents;

/// The fields whose values say nothing of persons: what was done, and whether it succeeded.
const SHOWN_WITH_COUNTS: [Field; 3] = [Field::Action, Field::Category, Field::Outcome];

/// Why a deployment does not show what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrivacyError {
    /// Nothing is shown.
    #[error("this deployment shows no events; the vendor can change that by the parameter PortalEvents")]
    Off,
    /// Counts only.
    #[error("this deployment shows how many events there are, and not the events")]
    NoEvents,
    /// Counts by what says nothing of persons only.
    #[error(
        "this deployment shows counts by action, category and outcome only; filter and fields may name no others"
    )]
    NoPersons,
}

/// Refuses what the deployment does not show. With `counts`, a filter by a person's name would show what the
/// person did, so it is refused too.
///
/// # Errors
/// If it is not shown.
pub fn check_privacy(shown: PortalEvents, ask: &Ask) -> Result<(), PrivacyError> {
    match shown {
        PortalEvents::Off => Err(PrivacyError::Off),
        PortalEvents::Events => Ok(()),
        PortalEvents::Counts => match ask {
            Ask::Rows(_) | Ask::Event(_) | Ask::Download(_) | Ask::DownloadStatus(_) | Ask::Fields => {
                Err(PrivacyError::NoEvents)
            }
            Ask::Counts(counts) => check_counts(&counts.filter, counts.by.as_slice()),
            Ask::Facets(facets) => check_counts(&facets.filter, &facets.fields),
            // Its answer says which parts there are, and nothing of what is in them.
            Ask::Rebuild(_) => Ok(()),
        },
    }
}

fn check_counts(filter: &Filter, fields: &[Field]) -> Result<(), PrivacyError> {
    let is_shown = |field: &Field| SHOWN_WITH_COUNTS.contains(field);
    if fields.iter().all(is_shown) && filter.is_about(&SHOWN_WITH_COUNTS) {
        Ok(())
    } else {
        Err(PrivacyError::NoPersons)
    }
}

/// A filter's text for a record that others read: the values of all other fields, of paths and of free text
/// are left out.
#[must_use]
pub fn without_persons(filter: &Filter) -> String {
    filter.redacted(&SHOWN_WITH_COUNTS)
}

#[cfg(test)]
mod tests {
    use archive::query::counts::Interval;
    use archive::query::output::{Cells, OutputFormat};

    use super::*;
    use crate::explorer::{
        CountsRequest, DownloadRequest, DownloadStatusRequest, FacetsRequest, RebuildRequest, RowsRequest,
    };

    fn counts(filter: &str, by: Option<Field>) -> Ask {
        let filter = filter.parse().unwrap();
        Ask::Counts(CountsRequest {
            filter,
            from: None,
            to: None,
            interval: Interval::Day,
            by,
            sealing: false,
        })
    }

    fn facets(fields: &[Field]) -> Ask {
        let (filter, fields) = (Filter::default(), fields.to_vec());
        Ask::Facets(FacetsRequest { filter, from: None, to: None, fields, limit: None })
    }

    fn of_events() -> [Ask; 4] {
        let download = DownloadRequest {
            rows: RowsRequest::default(),
            format: OutputFormat::Csv,
            columns: Vec::new(),
            cells: Cells::Safe,
        };
        [
            Ask::Rows(RowsRequest::default()),
            Ask::Fields,
            Ask::Download(download),
            Ask::DownloadStatus(DownloadStatusRequest { id: "x".into() }),
        ]
    }

    #[test]
    fn off_answers_nothing_and_events_everything() {
        let others = [counts("", None), facets(&[Field::Actor]), Ask::Rebuild(RebuildRequest::default())];
        for ask in of_events().iter().chain(&others) {
            assert_eq!(check_privacy(PortalEvents::Off, ask), Err(PrivacyError::Off));
            assert_eq!(check_privacy(PortalEvents::Events, ask), Ok(()));
        }
    }

    #[test]
    fn counts_say_nothing_of_persons_neither_by_field_nor_by_filter() {
        let check = |ask: &Ask| check_privacy(PortalEvents::Counts, ask);
        for ask in &of_events() {
            assert_eq!(check(ask), Err(PrivacyError::NoEvents));
        }
        for ask in [
            counts("", None),
            counts("action:login outcome:failure time:2026-11-01", Some(Field::Category)),
            facets(&SHOWN_WITH_COUNTS),
            Ask::Rebuild(RebuildRequest::default()),
        ] {
            assert_eq!(check(&ask), Ok(()), "{ask:?}");
        }
        for ask in [
            counts("", Some(Field::Actor)),
            counts("action:login actor:ana", None),
            counts("-ip:10.0.0.0/8", None),
            counts("/userAgent:curl", None),
            counts("ana", None),
            facets(&[Field::Action, Field::Session]),
        ] {
            assert_eq!(check(&ask), Err(PrivacyError::NoPersons), "{ask:?}");
        }
    }

    #[test]
    fn a_record_of_a_search_has_no_value_of_a_person() {
        let filter = "action:login -actor:ana ip:10.0.0.0/8 /userAgent:curl secret".parse().unwrap();
        let text = without_persons(&filter);
        assert!(text.starts_with("action:login "), "{text}");
        for value in ["ana", "10.0.0.0", "curl", "userAgent", "secret"] {
            assert!(!text.contains(value), "{value}: {text}");
        }
    }

    #[test]
    fn only_operators_have_indexes_made() {
        assert!(Ask::Rebuild(RebuildRequest::default()).is_for_operators());
        assert!(!of_events().iter().any(Ask::is_for_operators));
    }
}
