//! The shape of the made-up events: what a product would write, in names that the preset `generic` reads.

use archive::time::Time;
use serde::Serialize;

use super::TENANT;
use super::accounts::Account;

/// An event of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) time: Time,
    tenant: &'static str,
    pub(super) action: &'static str,
    pub(super) category: &'static str,
    pub(super) actor: Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    pub(super) target: Target,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    pub(super) context: Context,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Actor {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'static str,
    pub(super) email: &'static str,
}

/// What an action was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) name: String,
}

impl Target {
    pub(super) fn new(kind: &'static str, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: name.into() }
    }

    /// An account, which is what somebody logs in to.
    pub(super) fn account(account: &Account) -> Self {
        Self::new("account", account.id, account.email)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Success,
    Failure,
}

/// From where a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Context {
    pub(super) ip: &'static str,
    pub(super) user_agent: &'static str,
}

/// What the product records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Login,
    Logout,
    View,
    Update,
    Share,
    Export,
    GrantRole,
    InviteMember,
    RemoveMember,
    ChangeSetting,
    CreateApiKey,
}

impl Action {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Login => "user.login",
            Self::Logout => "user.logout",
            Self::View => "document.view",
            Self::Update => "document.update",
            Self::Share => "document.share",
            Self::Export => "report.export",
            Self::GrantRole => "admin.role.granted",
            Self::InviteMember => "admin.member.invited",
            Self::RemoveMember => "admin.member.removed",
            Self::ChangeSetting => "admin.setting.changed",
            Self::CreateApiKey => "admin.api_key.created",
        }
    }

    const fn category(self) -> &'static str {
        match self {
            Self::Login | Self::Logout => "authentication",
            Self::View | Self::Update | Self::Share => "document",
            Self::Export => "data",
            Self::GrantRole
            | Self::InviteMember
            | Self::RemoveMember
            | Self::ChangeSetting
            | Self::CreateApiKey => "administration",
        }
    }
}

/// Who acts in a session, and from where. A failed log-in and a service account have no session.
#[derive(Debug, Clone)]
pub(super) struct Session<'a> {
    pub(super) account: &'a Account,
    pub(super) id: Option<String>,
    pub(super) context: Context,
}

impl Session<'_> {
    /// An event of this session that succeeded.
    pub(super) fn event(&self, id: String, time: Time, action: Action, target: Target) -> Event {
        let Account { id: actor, email, kind, .. } = *self.account;
        Event {
            id,
            time,
            tenant: TENANT,
            action: action.name(),
            category: action.category(),
            actor: Actor { kind: kind.actor_type(), id: actor, email },
            session_id: self.id.clone(),
            target,
            outcome: Outcome::Success,
            reason: None,
            context: self.context,
        }
    }
}

impl Event {
    /// The same event, failed for this reason.
    pub(super) fn failed(self, reason: &'static str) -> Self {
        Self { outcome: Outcome::Failure, reason: Some(reason), ..self }
    }

    #[cfg(test)]
    pub(super) fn is_failure(&self) -> bool {
        self.outcome == Outcome::Failure
    }

    /// The same event outside of a session.
    pub(super) fn without_session(self) -> Self {
        Self { session_id: None, ..self }
    }
}
