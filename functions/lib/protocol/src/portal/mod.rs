//! The portal's way in: a link that the vendor makes for one person, and the session that starts with it.
//!
//! Nobody has an account. A link ([`PortalLink`]) is for one tenant, or for an operator of the vendor; it has
//! abilities, the name of the person, and a time. It is redeemed once. Its session lives in the same record,
//! so redeeming is one conditional write, and revoking a link ends its session too. Only hashes of the two
//! secrets ([`PortalToken`]) are stored.
//!
//! Sources: OWASP Cheat Sheet Series, "Session Management" (entropy, a new ID after the login, idle and
//! absolute limits) and "Forgot Password" (single use, stored as a hash).

mod ability;
mod link;
mod names;
mod notice;
mod session;
#[cfg(test)]
mod tests;
mod token;
mod visit;

pub use ability::{Abilities, Ability};
pub use link::{
    HandOver, LinkKind, LinkRefusal, LinkScope, LinkStatus, NewPortalLink, PortalLink, Revocation,
};
pub use names::{Addressee, LinkId, Network};
pub use notice::{LinkFact, LinkNotice};
pub use session::{IDLE_LIMIT, PortalSession, SESSION_LIMIT, SessionRefusal};
pub use token::PortalToken;
pub use visit::OperatorVisit;
