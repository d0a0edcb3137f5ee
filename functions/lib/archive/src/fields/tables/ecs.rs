//! The Elastic Common Schema.

use super::super::Field::{Action, Actor, Category, Id, Ip, Session, Target, Tenant, Time};
use super::super::Outcome;
use super::Table;

/// The Elastic Common Schema 8, <https://www.elastic.co/docs/reference/ecs>: base, event, user, source,
/// client and organization fields. `event.category` is a list, `event.outcome` is success, failure or
/// unknown. A document may have objects or names with dots.
pub(super) const TABLE: Table = Table {
    paths: &[
        (Time, &["/@timestamp"]),
        (Id, &["/event/id", "/event.id"]),
        (Action, &["/event/action", "/event.action"]),
        (
            Category,
            &[
                "/event/category",
                "/event/category/0",
                "/event.category",
                "/event.category/0",
                "/event/dataset",
                "/event.dataset",
            ],
        ),
        (
            Actor,
            &[
                "/user/name",
                "/user.name",
                "/user/email",
                "/user.email",
                "/user/id",
                "/user.id",
                "/service/name",
                "/service.name",
            ],
        ),
        (Session, &["/session/id", "/session.id", "/trace/id", "/trace.id"]),
        (
            Target,
            &[
                "/user/target/name",
                "/user.target.name",
                "/user/target/id",
                "/user.target.id",
                "/file/path",
                "/file.path",
                "/url/full",
                "/url.full",
                "/url/path",
                "/url.path",
                "/destination/address",
                "/destination.address",
                "/destination/ip",
                "/destination.ip",
                "/host/name",
                "/host.name",
            ],
        ),
        (Ip, &["/source/ip", "/source.ip", "/client/ip", "/client.ip"]),
        (Tenant, &["/organization/id", "/organization.id", "/organization/name", "/organization.name"]),
    ],
    rules: &[("/event/outcome", &["success"], &["failure"]), ("/event.outcome", &["success"], &["failure"])],
    otherwise: Outcome::Unknown,
};
