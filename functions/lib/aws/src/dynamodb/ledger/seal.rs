//! The seal: the one write that fixes a part forever.

use aws_sdk_dynamodb::types::TransactWriteItem;
use ports::PortError;
use protocol::machine::{Seal, SealAnswer};

use super::expression::{Check, part_number, time};
use super::keys::{BLOCK, CHAIN_HEAD, NEXT, READING, RECONCILE, SOURCE, WATERMARK};
use super::write::{Put, Update};
use super::write_outcome::TransactionOutcome;
use super::{DynamoLedger, records};

impl DynamoLedger {
    /// One transaction: puts the part if its number is free, and advances the cursor if it has the values
    /// that the sealing worker read. Of two workers with the same number DynamoDB commits one. The other
    /// fails, and finds the first one's part under that number. Of two attempts of one worker the second
    /// fails too, or is recognized by the token that the SDK sends with all attempts of a request. Either way
    /// the part under the number has the worker's own ID.
    pub(super) async fn seal_in_one_transaction(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        let writes = vec![
            self.transact_put(Put::if_absent(records::part_item(&seal.part)?))?,
            self.advance_cursor(seal)?,
        ];
        Ok(match self.transact("sealing a part", writes).await? {
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

    fn advance_cursor(&self, seal: &Seal) -> Result<TransactWriteItem, PortError> {
        let number = seal.part.number;
        let attribute = |reading| records::attribute("writing read progress", reading);
        let mut change = Update::on_cursor(&seal.part.connector)
            .set(NEXT, part_number(number.next()))
            .set(WATERMARK, time(seal.watermark_after))
            .set_or_remove(READING, seal.read_progress.as_ref().map(attribute).transpose()?)
            .when(Check::Equal(NEXT, part_number(number)))
            .when(Check::Equal(WATERMARK, time(seal.watermark_before)));
        if let Some(reconcile) = &seal.reconcile {
            change = change.set(RECONCILE, records::attribute("writing a reconcile", reconcile)?);
        }
        if let Some(head) = &seal.chain_state {
            change = change.set(CHAIN_HEAD, records::attribute("writing the chain head", head)?);
        }
        if let Some(source) = &seal.source {
            // The first seal stores it. If an operator accepts another one in the meantime, this run's
            // sealing ends.
            let source = records::attribute("writing the source", source)?;
            change = change
                .set(SOURCE, source.clone())
                .when_any([Check::Absent(SOURCE), Check::Equal(SOURCE, source)]);
        }
        if seal.unblock {
            change = change.remove(BLOCK);
        }
        self.transact_update(change)
    }
}
