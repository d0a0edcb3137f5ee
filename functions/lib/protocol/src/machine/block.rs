//! A block: the customer's side refuses, or reading found what it must not find. It is published once and
//! recorded, and the run goes on with what is not blocked.

use std::fmt::Debug;

use crate::delivery_error::{Block, DeliveryError};
use crate::notice::Notice;

use super::messages::Effect;
use super::outcome::InternalError;
use super::state::{Active, Blocking, Context, Flow};

impl<B: Clone + Debug> Active<B> {
    /// Publishes a notice of the block if it is a new one, then records it. The run ends with
    /// `internal_error`, if it is the vendor who must do something.
    pub(super) fn block(
        &mut self,
        error: &DeliveryError,
        internal_error: Option<InternalError>,
        context: Context<'_>,
    ) -> Flow<B> {
        self.progress.delivery.stopped = true;
        let (connector, cursor, at) = (&self.connector, &self.cursor, self.trusted_now(context));
        let block =
            Block::new(error, self.destination.diagnose(error), cursor.block.as_ref(), at, context.random);
        if cursor.block.as_ref().is_some_and(|before| before.same_cause_as(&block)) {
            return self.record_block(Box::new(block), internal_error);
        }
        let retention = context.settings.retention;
        let notice = Notice::blocked(&connector.tenant, &connector.id, block.clone(), cursor, retention);
        let phase = Blocking::Publishing(Box::new(block), internal_error);
        Flow::block(phase, Effect::Publish(Box::new(notice)))
    }

    pub(super) fn record_block(
        &mut self,
        block: Box<Block>,
        internal_error: Option<InternalError>,
    ) -> Flow<B> {
        self.cursor.block = Some((*block).clone());
        Flow::block(Blocking::Recording(internal_error), Effect::Block(block))
    }
}
