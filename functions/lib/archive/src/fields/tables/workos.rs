//! Audit log events of `WorkOS`.

use super::super::Field::{Action, Actor, Category, Id, Ip, Session, Target, Tenant, Time};
use super::super::Outcome;
use super::{FAILURE, SUCCESS, Table};

/// `WorkOS` docs, <https://workos.com/docs/audit-logs>: an audit log event. `context.location` is an address
/// or a place. An event has no outcome of its own; many products put one into `metadata`.
pub(super) const TABLE: Table = Table {
    paths: &[
        (Time, &["/occurred_at"]),
        (Id, &["/id", "/idempotency_key"]),
        (Action, &["/action"]),
        (Category, &["/targets/0/type"]),
        (Actor, &["/actor/name", "/actor/metadata/email", "/actor/id", "/actor/type"]),
        (Session, &["/metadata/session_id", "/actor/metadata/session_id"]),
        (Target, &["/targets/0/id", "/targets/0/name"]),
        (Ip, &["/context/location"]),
        (Tenant, &["/organization_id"]),
    ],
    rules: &[
        ("/metadata/outcome", SUCCESS, FAILURE),
        ("/metadata/status", SUCCESS, FAILURE),
        ("/metadata/success", SUCCESS, FAILURE),
    ],
    otherwise: Outcome::Unknown,
};
