//! When indexes are made: for a part that was sealed, and by the sweep for what was missed.

use archive::names::ConnectorId;
use archive::part::PartNumber;
use archive::query::search::Scope;
use ports::PortError;

use crate::context::Reader;
use crate::index_job::{build_day, build_index, complete_days};
use crate::opened::Opened;
use crate::scope::{days, loose_parts};

/// What was made for one connector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Indexes of parts.
    pub parts: u64,
    /// Roll-ups of days.
    pub days: u64,
    /// Whether there is more to make.
    pub has_more: bool,
}

impl Reader {
    /// Makes the index of a part. If the part is the first of a day, or the last, it makes the roll-up of the
    /// day that is over too. Does nothing for a part that no longer exists.
    ///
    /// # Errors
    /// If a port fails. Repeating it changes nothing.
    pub async fn index_part(&self, id: &ConnectorId, number: PartNumber) -> Result<Indexed, PortError> {
        let Some(opened) = self.open_by_id(id).await? else { return Ok(Indexed::default()) };
        let mut indexed = Indexed::default();
        if let Some(part) = opened.part(number).await?.filter(|part| part.events > 0)
            && build_index(&opened.session, &opened.mapping.fields, &part).await?.is_ok()
        {
            indexed.parts += 1;
        }
        let loose = self.loose_days(&opened, LOOSE_DAYS).await?;
        for parts in &loose.days {
            indexed.days += u64::from(build_day(&opened, parts).await?);
        }
        Ok(Indexed { has_more: loose.has_more, ..indexed })
    }

    /// Makes what is missing of a connector's indexes: at most `days` roll-ups with the indexes of their
    /// parts, and the indexes of the day that is not over.
    ///
    /// # Errors
    /// If a port fails. Repeating it changes nothing.
    pub async fn index_missing(&self, id: &ConnectorId, days: usize) -> Result<Indexed, PortError> {
        let Some(opened) = self.open_by_id(id).await? else { return Ok(Indexed::default()) };
        let loose = self.loose_days(&opened, days).await?;
        let mut indexed = Indexed { has_more: loose.has_more, ..Indexed::default() };
        for parts in &loose.days {
            indexed.days += u64::from(build_day(&opened, parts).await?);
        }
        for part in loose.today.iter().filter(|part| part.events > 0) {
            let key = archive::staging_keys::part_index_key(id, opened.mapping_hash, part.number);
            if opened.session.objects.range(&key, 0, 1).await?.is_none() {
                indexed.parts +=
                    u64::from(build_index(&opened.session, &opened.mapping.fields, part).await?.is_ok());
            }
        }
        Ok(indexed)
    }

    /// The days that are over and have no roll-up, the newest `limit` of them, and the parts of the day that
    /// is not over.
    async fn loose_days(&self, opened: &Opened, limit: usize) -> Result<LooseDays, PortError> {
        let days = days(opened).await?;
        let (_, gaps) = Scope::of_days(days, opened.newest());
        let let_go_before = self.let_go_before(opened);
        let today = opened.cursor.watermark.date();
        let mut loose = LooseDays::default();
        for (first, last) in gaps.into_iter().rev() {
            let mut found = loose_parts(opened, first, last, MAX_PARTS, let_go_before).await?;
            found.parts.reverse();
            loose.today.extend(found.parts.iter().filter(|part| part.window.from.date() >= today).cloned());
            let mut days = complete_days(found.parts, &today);
            if found.has_more && !days.is_empty() {
                // The oldest day may be cut.
                days.remove(0);
            }
            loose.has_more |= found.has_more;
            loose.days.extend(days.into_iter().rev());
            // What is before and behind a part without an index is apart, and still of one day.
            if let Some(end) = end_of_days(&loose.days, limit) {
                loose.days.truncate(end);
                loose.has_more = true;
                break;
            }
        }
        Ok(loose)
    }
}

/// Where more than `limit` days end, each of which may be in pieces that follow on each other.
fn end_of_days(pieces: &[Vec<archive::part::Part>], limit: usize) -> Option<usize> {
    let mut dates = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let date = piece.first().map(|part| part.window.from.date());
        if dates.last() != Some(&date) {
            if dates.len() == limit {
                return Some(place);
            }
            dates.push(date);
        }
    }
    None
}

/// How many roll-ups the index job of one part makes: that of the day that is over, and one that was missed.
const LOOSE_DAYS: usize = 2;
/// How many records of parts are looked at for days without a roll-up.
const MAX_PARTS: usize = 3_000;

#[derive(Default)]
struct LooseDays {
    days: Vec<Vec<archive::part::Part>>,
    today: Vec<archive::part::Part>,
    has_more: bool,
}

#[cfg(test)]
mod tests {
    use archive::names::WorkerId;
    use archive::part::{PartNumber, Window};
    use archive::time::Time;

    #[test]
    fn a_day_in_pieces_is_one_day() {
        let connector = ::tests::fixtures::connector(&::tests::fixtures::tenant("acme"), Time::EPOCH);
        let piece = |day: u32| {
            let from = Time::EPOCH + std::time::Duration::from_hours(24) * day;
            let window = Window { from, to: from };
            vec![::tests::fixtures::part(&connector, PartNumber::FIRST, window, &WorkerId::new(1, 1))]
        };
        let pieces = [piece(9), piece(9), piece(9), piece(8), piece(7)];
        assert_eq!(super::end_of_days(&pieces, 1), Some(3));
        assert_eq!(super::end_of_days(&pieces, 2), Some(4));
        assert_eq!(super::end_of_days(&pieces, 3), None);
    }
}
