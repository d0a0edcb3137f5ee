//! Amazon SQS: the queue of exports, and the own queues of notifier and reader.

pub mod download_queue;
pub mod notice_queue;
pub mod queue;
