//! The seal: the one write that fixes a part forever.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use ports::PortError;
use protocol::machine::{Seal, SealAnswer};

use super::expression::{names, part_number, time, values};
use super::keys::{self, CURSOR, PK};
use super::sources::SOURCE;
use super::write_outcome::{TransactionOutcome, classify_transaction};
use super::{DynamoLedger, records};

impl DynamoLedger {
    /// One transaction: puts the part if its number is free, and advances the cursor if it has the values
    /// that the sealing worker read. Of two workers with the same number DynamoDB commits one. The other
    /// fails, and finds the first one's part under that number. Of two attempts of one worker the second
    /// fails too, or is recognized by the token that the SDK sends with all attempts of a request. Either way
    /// the part under the number has the worker's own ID.
    pub(super) async fn seal_in_one_transaction(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        let put = self.put_part(seal)?;
        let update = self.advance_cursor(seal)?;
        let answer = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().update(update).build())
            .send()
            .await;
        Ok(match classify_transaction("sealing a part", answer)? {
            TransactionOutcome::Committed => SealAnswer::Won,
            TransactionOutcome::ConditionsFailed(_) => SealAnswer::Refused,
            TransactionOutcome::Conflict(cause) | TransactionOutcome::Unknown(cause) => {
                tracing::warn!(
                    connector.id = %seal.part.connector,
                    part = seal.part.number.get(),
                    cause = %aws_smithy_types::error::display::DisplayErrorContext(&*cause),
                    "Lost the response to a seal; reading the part's record back"
                );
                SealAnswer::Unknown
            }
        })
    }

    fn put_part(&self, seal: &Seal) -> Result<Put, PortError> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(records::part_item(&seal.part)?))
            .condition_expression("attribute_not_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK])))
            .build()
            .map_err(build_error)
    }

    fn advance_cursor(&self, seal: &Seal) -> Result<Update, PortError> {
        let number = seal.part.number;
        let mut set = String::from("SET #next = :next_after, #watermark = :watermark_after");
        let mut names = names(["next", "watermark"]);
        let mut values = values([
            (":next_before", part_number(number)),
            (":next_after", part_number(number.next())),
            (":watermark_before", time(seal.watermark_before)),
            (":watermark_after", time(seal.watermark_after)),
        ]);
        if let Some(reconcile) = &seal.reconcile {
            set.push_str(", #reconcile = :reconcile");
            names.insert("#reconcile".to_owned(), "reconcile".to_owned());
            values.insert(":reconcile".to_owned(), records::attribute("writing a reconcile", reconcile)?);
        }
        if let Some(last) = &seal.chain_state {
            set.push_str(", #note = :note");
            names.insert("#note".to_owned(), "note".to_owned());
            values.insert(":note".to_owned(), records::attribute("writing the chain head", last)?);
        }
        let mut condition = String::from("#next = :next_before AND #watermark = :watermark_before");
        if let Some(source) = &seal.source {
            // The first seal stores it. If an operator accepts another one in the meantime, this run's
            // sealing ends.
            set.push_str(", #source = :source");
            condition.push_str(" AND (attribute_not_exists(#source) OR #source = :source)");
            names.insert("#source".to_owned(), SOURCE.to_owned());
            values.insert(":source".to_owned(), records::attribute("writing the source", source)?);
        }
        let mut removed = Vec::new();
        match &seal.read_progress {
            Some(reading) => {
                set.push_str(", #reading = :reading");
                values.insert(":reading".to_owned(), records::attribute("writing read progress", reading)?);
            }
            None => removed.push("#reading"),
        }
        names.insert("#reading".to_owned(), "reading".to_owned());
        if seal.unblock {
            removed.push("#block");
            names.insert("#block".to_owned(), "block".to_owned());
        }
        if !removed.is_empty() {
            set = format!("{set} REMOVE {}", removed.join(", "));
        }
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::key(&seal.part.connector, CURSOR)))
            .update_expression(set)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(build_error)
    }
}

fn build_error(error: aws_sdk_dynamodb::error::BuildError) -> PortError {
    PortError::Bug { what: "building the sealing transaction", source: Box::new(error) }
}
