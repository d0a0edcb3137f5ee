//! An entry of the changes: who, when, what.

use archive::names::ConnectorId;
use archive::time::Time;
use maud::{Markup, html};
use protocol::caller::Caller;
use protocol::connector::{Change, Verb};
use protocol::portal::{OperatorVisit, PortalLink};

use super::difference::{Difference, differences};
use crate::address::of_connector;
use crate::connector_state::name;

/// An entry.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: Time,
    who: Who,
    what: What,
    /// What differs in the settings.
    pub(super) differences: Vec<Difference>,
}

/// Who it was, as far as the reader may see it.
#[derive(Debug, PartialEq, Eq)]
enum Who {
    Named(String),
    /// One of the vendor's people, not named to tenants.
    Vendor,
    /// Auditferry itself.
    System,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Changed { verb: Verb, id: ConnectorId, connector: String },
    Opened { network: String },
    HandedOn { to: String },
    Revoked { of: String },
    Looked,
}

impl Who {
    fn of(caller: &Caller, reader: &Caller) -> Self {
        match (caller, caller.name_visible_to(reader)) {
            (Caller::System, _) => Self::System,
            (_, Some(name)) => Self::Named(name.to_owned()),
            (_, None) => Self::Vendor,
        }
    }
}

impl Entry {
    pub(super) fn change(change: Change, reader: &Caller) -> Self {
        let sees_shards = !matches!(reader, Caller::Tenant { .. });
        let differences = differences(change.before.as_ref(), &change.after, sees_shards);
        let what = What::Changed { verb: change.what, connector: name(&change.after), id: change.after.id };
        Self { at: change.at, who: Who::of(&change.by, reader), what, differences }
    }

    /// What happened to a link: it was handed on, opened, revoked.
    pub(super) fn of_link(link: &PortalLink, reader: &Caller) -> Vec<Self> {
        let addressee = link.addressee.as_str().to_owned();
        let entry = |at, who, what| Self { at, who, what, differences: Vec::new() };
        let handed_on = link.hand_over.as_ref().map(|hand_over| {
            let what = What::HandedOn { to: addressee.clone() };
            entry(link.created_at, Who::Named(hand_over.by.as_str().to_owned()), what)
        });
        let opened = link.session.as_ref().map(|session| {
            let what = What::Opened { network: session.network.as_str().to_owned() };
            entry(session.started_at, Who::Named(addressee.clone()), what)
        });
        let revoked = link.revoked.as_ref().map(|revoked| {
            entry(revoked.at, Who::of(&revoked.by, reader), What::Revoked { of: addressee.clone() })
        });
        [handed_on, opened, revoked].into_iter().flatten().collect()
    }

    pub(super) fn visit(visit: &OperatorVisit, reader: &Caller) -> Self {
        Self { at: visit.at, who: Who::of(&visit.by, reader), what: What::Looked, differences: Vec::new() }
    }

    /// `Dana Ruiz opened a link from 203.0.113.0/24.` `names` says that the connector is named too.
    pub(super) fn sentence(&self, vendor: &str, names: bool) -> Markup {
        html! {
            strong {
                @match &self.who {
                    Who::Named(name) => (name),
                    Who::Vendor => (vendor),
                    Who::System => "The service itself",
                }
            }
            " "
            @match &self.what {
                What::Changed { verb, id, connector } => {
                    (words(*verb))
                    @if names { ": " a href=(of_connector(id, "")) { (connector) } }
                }
                What::Opened { network } => { "opened a link from " (network) },
                What::HandedOn { to } => { "handed a link on to " (to) },
                What::Revoked { of } => { "revoked the link of " (of) },
                What::Looked => "looked at these pages",
            }
        }
    }
}

fn words(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "began a connection",
        Verb::Update => "changed settings",
        Verb::Verify => "verified the connection",
        Verb::RefuseDestination => "found the role unsafe: it lets anyone in",
        Verb::Activate => "activated the export",
        Verb::Pause => "paused delivery",
        Verb::Resume => "resumed delivery",
        Verb::Disable => "disabled the connector",
        Verb::Enable => "enabled the connector again",
        Verb::Delete => "deleted the connector",
        Verb::RotateExternalId => "made a new external ID",
        Verb::SetContacts => "changed who is notified",
        Verb::RotateWebhookSecret => "made a new webhook secret",
        Verb::TestContacts => "sent a test to the contacts",
        Verb::AskContacts => "asked addresses again to confirm",
    }
}

#[cfg(test)]
mod tests {
    use ::tests::fixtures::{self, at};

    use super::*;

    #[test]
    fn tenants_do_not_see_which_of_the_vendors_people_it_was_and_every_name_is_text() {
        let tenant = fixtures::tenant("acme");
        let reader = Caller::Tenant { tenant: tenant.clone(), name: "ann".into() };
        let operator = Caller::Operator { name: "ops <b>".into() };
        let connector = fixtures::connector(&tenant, at("2026-11-20T20:00:00Z"));
        let change = |by: &Caller| Change {
            version: 2,
            at: at("2026-11-20T20:00:00Z"),
            by: by.clone(),
            what: Verb::Pause,
            before: Some(connector.clone()),
            after: connector.clone(),
        };
        let shown = |by: &Caller, reader: &Caller| {
            Entry::change(change(by), reader).sentence("<i>North", true).into_string()
        };
        assert!(shown(&operator, &reader).starts_with("<strong>&lt;i&gt;North</strong> paused delivery"));
        assert!(shown(&operator, &operator).contains("ops &lt;b&gt;"));
        let named = Caller::Tenant { tenant, name: "<script>".into() };
        assert!(shown(&named, &reader).starts_with("<strong>&lt;script&gt;</strong>"));
    }
}
