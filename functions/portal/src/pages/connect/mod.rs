//! Connect: one task, from nothing to the first file in the customer's bucket.
//!
//! `begin` creates the draft, once for each page that offered it. `page` shows the four steps, `submit`
//! answers the form: it reads what was pasted, tries a destination without saving it, saves, activates.
//! `waiting` shows when the first file comes, and the file once it is there.
//!
//! Everything works without a script: then the answer to the form comes when the check has ended. With one
//! the page asks for the check's record each second (`progress`), and shows each stage as it ends.

mod begin;
mod conflict;
mod fields;
mod page;
mod progress;
mod reader_step;
mod role_step;
mod stages;
mod submit;
#[cfg(test)]
mod tests;
mod waiting;

pub(crate) use begin::{begin, create};
pub(crate) use page::show;
pub(crate) use progress::show as show_check;
pub(crate) use submit::submit;
pub(crate) use waiting::show as show_waiting;

use archive::names::ConnectorId;
use protocol::connector::State;

use crate::address::of_connector;

/// Whether a connector is still to be connected. An active one has its settings elsewhere.
const fn is_unfinished(state: State) -> bool {
    matches!(state, State::Draft | State::Ready)
}

/// Where a connector goes on that is not to be connected any more.
fn next_page(id: &ConnectorId, state: State) -> String {
    match state {
        State::Active | State::Paused => of_connector(id, "waiting"),
        _ => of_connector(id, ""),
    }
}
