//! Makes indexes again, for an operator: some parts at a time, so that a long archive is no long request.

use archive::part::PartNumber;
use archive::query::search::MissingReason;
use archive::staging_keys::part_index_key;
use control::explorer::{ExplorerError, RebuildAnswer, RebuildRequest};

use crate::context::Reader;
use crate::index_job::{build_day, build_index, complete_days};
use crate::opened::Opened;

/// How many parts one request goes through.
const PARTS: u64 = 100;
/// The most bytes of parts that one request reads.
const BYTES: u64 = 256 << 20;

impl Reader {
    pub(crate) async fn rebuild(
        &self,
        opened: &Opened,
        request: &RebuildRequest,
    ) -> Result<RebuildAnswer, ExplorerError> {
        let newest = opened.newest();
        let first = request.from_part.unwrap_or(PartNumber::FIRST).max(PartNumber::FIRST);
        let mut answer = RebuildAnswer {
            connector: opened.connector.id.clone(),
            newest: Some(newest).filter(|newest| *newest >= PartNumber::FIRST),
            made: 0,
            present: 0,
            gone: 0,
            altered: Vec::new(),
            next: None,
        };
        let (mut number, mut bytes) = (first, 0);
        while number <= newest {
            if number.get() - first.get() >= PARTS || bytes >= BYTES {
                answer.next = Some(number);
                break;
            }
            if let Some(part) = opened.part(number).await?.filter(|part| part.events > 0) {
                let key = part_index_key(&part.connector, opened.mapping_hash, number);
                let is_there = !request.all && opened.session.objects.range(&key, 0, 1).await?.is_some();
                if is_there {
                    answer.present += 1;
                } else {
                    bytes += part.size;
                    match build_index(&opened.session, &opened.mapping.fields, &part).await? {
                        Ok(_) => answer.made += 1,
                        Err(MissingReason::Gone) => answer.gone += 1,
                        Err(MissingReason::Altered) => answer.altered.push(number),
                    }
                }
            }
            number = number.next();
        }
        self.roll_up(opened, first, number).await?;
        Ok(answer)
    }

    /// Makes the roll-ups of the days that end with these parts.
    async fn roll_up(
        &self,
        opened: &Opened,
        first: PartNumber,
        end: PartNumber,
    ) -> Result<(), ExplorerError> {
        let today = opened.cursor.watermark.date();
        let last = opened.part(end.previous()).await?.map(|part| part.window.from.date());
        // A day that began before is rolled up as a whole.
        let mut parts = Vec::new();
        let mut before = end;
        'pages: while before > PartNumber::FIRST {
            let page = opened.parts_before(before).await?;
            let Some(oldest) = page.last().map(|part| part.number) else { break };
            let first_day = opened.part(first).await?.map(|part| part.window.from.date());
            for part in page {
                if first_day.as_ref().is_some_and(|day| part.window.from.date() < *day) {
                    break 'pages;
                }
                parts.push(part);
            }
            before = oldest;
        }
        parts.reverse();
        let mut days = complete_days(parts, &today);
        let is_cut =
            end <= opened.newest() && opened.part(end).await?.map(|part| part.window.from.date()) == last;
        if is_cut {
            days.pop();
        }
        for day in days {
            build_day(opened, &day).await?;
        }
        Ok(())
    }
}
