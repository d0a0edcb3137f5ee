//! The reader: makes the indexes of sealed parts, and answers questions about events.
//!
//! Beside the exporter it alone reads parts and events. It has no route: the queue, the schedule, and whoever
//! may invoke the function reach it ([`invocation`]), and it decides by itself what they may see
//! (`authorize`).
//!
//! - `answer` takes a question: `rows`, `event`, `counts`, `fields` and `download` answer it, over what
//!   `scope` plans and `fetch` reads. `sealing` says what vouches for the numbers.
//! - `indexing` says which indexes are missing, `index_job` makes them, and `rebuild` makes them again.
//! - `open` opens one connector's archive (`opened`) for one request; `mapping` says how its events are read,
//!   and `table` reads what only the events table has.

mod answer;
mod authorize;
mod context;
mod counts;
mod download;
mod event;
mod fetch;
mod fields;
mod file;
mod index_job;
mod indexing;
pub mod invocation;
mod lag;
mod mapping;
mod open;
mod opened;
mod rebuild;
mod rows;
mod scope;
mod sealing;
mod span;
mod table;

pub use context::{AT_ONCE, Reader};
pub use indexing::Indexed;
pub use invocation::{Entrance, Invocation, Job, handle};
