//! Amazon SQS: the queue of exports, and the notifier's own queue.

pub mod notice_queue;
pub mod queue;
