//! How current an answer is, and how far it reaches.

use archive::query::cursor::Snapshot;
use archive::query::search::{Missing, MissingReason, Reach};
use control::explorer::{Lag, MissingAnswer};

use crate::fetch::Searched;
use crate::opened::Opened;
use crate::scope::Planned;

/// Why a part was not searched that has no index yet.
pub(crate) const NOT_INDEXED: &str = "not_indexed";

pub(crate) fn lag<C>(opened: &Opened, snapshot: Snapshot, planned: &Planned, searched: &Searched<C>) -> Lag {
    let missing = searched.found.missing.iter().map(|missing: &Missing| MissingAnswer {
        part: missing.part,
        events: missing.events,
        why: match missing.why {
            MissingReason::Gone => "gone",
            MissingReason::Altered => "altered",
        }
        .to_owned(),
    });
    let not_indexed = searched.not_indexed.iter().map(|(part, events)| MissingAnswer {
        part: *part,
        events: *events,
        why: NOT_INDEXED.to_owned(),
    });
    let cuts = searched.table_cuts.iter().copied();
    Lag {
        connector: opened.connector.id.clone(),
        complete_to: snapshot.watermark,
        read_to: snapshot.end,
        unsealed_from: cuts.clone().filter(|cut| *cut >= snapshot.watermark).min(),
        let_go_from: cuts.filter(|cut| *cut < snapshot.watermark).min(),
        searched_to: match searched.found.reach {
            Reach::Whole => None,
            Reach::Until(time) => Some(time),
        },
        not_indexed_before: planned.not_indexed_before,
        kept_from: planned.kept_from,
        let_go_before: planned.let_go_before,
        missing: missing.chain(not_indexed).collect(),
        cost: searched.found.spent,
    }
}
