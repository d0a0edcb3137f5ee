//! A change of the settings, as listed in the changes.

use archive::names::TenantId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::connector::{Change, Verb};
use serde::Serialize;

use super::Settings;
use crate::pagination::Cursor;
use crate::wire::wire;

wire! {
    /// A change of the settings.
    #[derive(Debug, Serialize)]
    pub(crate) struct ChangeView<'a> as "Change" {
        /// The version that it created.
        version: u64 => {"minimum": 1},
        at: Time,
        /// The name of an operator is visible to operators only.
        by: Actor<'a>,
        what: Verb,
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Settings<'a>>,
        after: Settings<'a>,
    }
}

impl<'a> ChangeView<'a> {
    pub(crate) fn of(change: &'a Change, reader: &Caller) -> Self {
        Self {
            version: change.version,
            at: change.at,
            by: Actor::of(&change.by, reader),
            what: change.what,
            before: change.before.as_ref().map(Settings::of),
            after: Settings::of(&change.after),
        }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct Actor<'a> {
        kind: ActorKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        tenant: Option<&'a TenantId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    }
}

/// Who made a change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    Operator,
    Tenant,
    System,
}

impl<'a> Actor<'a> {
    pub(super) fn of(who: &'a Caller, reader: &Caller) -> Self {
        let (kind, tenant) = match who {
            Caller::Operator { .. } => (ActorKind::Operator, None),
            Caller::Tenant { tenant, .. } => (ActorKind::Tenant, Some(tenant)),
            Caller::System => (ActorKind::System, None),
        };
        Self { kind, tenant, name: who.name_visible_to(reader) }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct ChangePage<'a> {
        pub(crate) changes: Vec<ChangeView<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) next_cursor: Option<Cursor>,
    }
}
