//! `portal link`, `portal links` and `portal revoke`.

use archive::names::{ReturnUrl, TenantId};
use archive::time::Time;
use control::portal::{Credential, NewLink};
use protocol::caller::Caller;
use protocol::portal::{Abilities, Addressee, LinkId, LinkKind, LinkScope, LinkStatus, Network, PortalLink};
use serde::Serialize;

use super::args::{LinkArgs, LinksArgs, RevokeArgs};
use super::{Links, scope, scope_flags};
use crate::error::{CliError, Exit};
use crate::output::{Output, Style};
use crate::table::{Column, counted, table};

/// A link in the JSON output, with the names of the API. It has neither the link's text nor a hash of it.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a LinkId,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a TenantId>,
    kind: LinkKind,
    abilities: &'a Abilities,
    #[serde(rename = "for")]
    addressee: &'a Addressee,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a ReturnUrl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_on_from: Option<&'a LinkId>,
    created_by: &'a Caller,
    created_at: Time,
    expires_at: Time,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a Network>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_ends_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<&'a Caller>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_requested_at: Option<Time>,
}

impl<'a> Entry<'a> {
    fn of(link: &'a PortalLink, now: Time) -> Self {
        let (session, revoked) = (link.session.as_ref(), link.revoked.as_ref());
        Self {
            id: &link.id,
            tenant: link.scope.tenant(),
            kind: link.kind,
            abilities: &link.abilities,
            addressee: &link.addressee,
            return_url: link.return_url.as_ref(),
            handed_on_from: link.hand_over.as_ref().map(|hand_over| &hand_over.from),
            created_by: &link.created_by,
            created_at: link.created_at,
            expires_at: link.expires_at,
            status: status(link, now).0,
            redeemed_at: session.map(|session| session.started_at),
            network: session.map(|session| &session.network),
            session_ends_at: session.map(|session| session.left_at.unwrap_or_else(|| session.ends_at())),
            revoked_at: revoked.map(|revoked| revoked.at),
            revoked_by: revoked.map(|revoked| &revoked.by),
            new_requested_at: link.new_requested_at,
        }
    }
}

#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    link: Entry<'a>,
    /// The link's text, which is shown only here.
    url: &'a str,
}

#[derive(Serialize)]
struct ListOutput<'a> {
    portal_links: Vec<Entry<'a>>,
    /// The last link, if there are more: the value for `--before`.
    next: Option<&'a LinkId>,
}

#[derive(Serialize)]
struct Revoked {
    revoked: u64,
}

/// The status in a word, and its time.
fn status(link: &PortalLink, now: Time) -> (&'static str, Time) {
    match link.status(now) {
        LinkStatus::Open { until } => ("open", until),
        LinkStatus::Redeemed { at } => ("redeemed", at),
        LinkStatus::Expired { at } => ("expired", at),
        LinkStatus::Revoked { at } => ("revoked", at),
    }
}

/// `portal link`.
pub(super) async fn link(links: &Links, args: &LinkArgs, output: Output) -> Result<Exit, CliError> {
    let scope = scope(args.tenant.as_ref());
    let abilities = args.abilities.as_slice();
    let usual = if scope == LinkScope::Operators { LinkKind::Redirect } else { LinkKind::Invite };
    let new = NewLink {
        kind: args.kind.unwrap_or(usual),
        abilities: if abilities.is_empty() { Abilities::all() } else { abilities.iter().copied().collect() },
        addressee: args.addressee.clone(),
        return_url: args.return_url.clone(),
        validity: args.valid_for,
        scope,
    };
    // The caller signs with AWS credentials, or owns the folder.
    let made = links.access.create(&links.caller, Credential::Iam, new).await?;
    let (link, url) = (&made.link, made.url.as_str());
    let pages = link.scope.tenant().map_or_else(
        || "every tenant's pages".to_owned(),
        |tenant| format!("the pages of tenant {}", tenant.escaped()),
    );
    output.line(format_args!("a link for {} to {pages}: {}", link.addressee, link.abilities));
    output.line(format_args!("\n{}\n", output.styled(Style::Bold, url)));
    output.line(format_args!("It works once, until {}, and is not shown again.", link.expires_at));
    if links.embedded.is_some() {
        let serve = with_flag("auditferry serve", &links.target_flag);
        output.line(format_args!("Nothing listens there yet: it opens while this runs: {serve}"));
    }
    output.line(format_args!("Revoke it: {}", links.command(format_args!("revoke {}", link.id))));
    output.object(&Made { link: Entry::of(link, links.access.clock.now()), url });
    Ok(Exit::Done)
}

fn with_flag(command: &str, flag: &str) -> String {
    crate::target::with_target_flag(command, flag)
}

/// `portal links`.
pub(super) async fn list(links: &Links, args: &LinksArgs, output: Output) -> Result<Exit, CliError> {
    let scope = scope(args.tenant.as_ref());
    let page = links.access.list(&links.caller, &scope, args.before.as_ref(), args.limit).await?;
    let now = links.access.clock.now();
    if page.items.is_empty() {
        let more = if args.before.is_some() { "no more links" } else { "no links" };
        let command = links.command(format_args!("link {} --for NAME", scope_flags(&scope)));
        output.line(format_args!("there are {more}; make one: {command}"));
    } else {
        let columns = ["LINK", "FOR", "KIND", "STATUS", "SINCE OR UNTIL", "ABILITIES", "NETWORK"];
        let rows: Vec<[String; 7]> = page.items.iter().map(|link| row(link, now)).collect();
        for line in table(columns.map(Column::Left), &rows) {
            output.line(line);
        }
    }
    if let Some(next) = &page.next {
        let arguments = format!("links {} --before {next}", scope_flags(&scope));
        output.line(format_args!("\nMore: {}", links.command(arguments)));
    }
    let portal_links = page.items.iter().map(|link| Entry::of(link, now)).collect();
    output.object(&ListOutput { portal_links, next: page.next.as_ref() });
    Ok(Exit::Done)
}

fn row(link: &PortalLink, now: Time) -> [String; 7] {
    let (status, time) = status(link, now);
    [
        link.id.to_string(),
        link.addressee.to_string(),
        link.kind.as_str().to_owned(),
        status.to_owned(),
        time.to_string(),
        link.abilities.to_string(),
        link.session.as_ref().map(|session| session.network.as_str().to_owned()).unwrap_or_default(),
    ]
}

/// `portal revoke`.
pub(super) async fn revoke(links: &Links, args: &RevokeArgs, output: Output) -> Result<Exit, CliError> {
    let Some(id) = &args.id else { return revoke_all(links, args, output).await };
    let revoked = links.access.revoke(&links.caller, id).await?;
    let at = revoked.revoked.as_ref().map_or(revoked.created_at, |revoked| revoked.at);
    output.line(format_args!("link {id}, for {}, is revoked since {at}", revoked.addressee));
    output.object(&Entry::of(&revoked, links.access.clock.now()));
    Ok(Exit::Done)
}

async fn revoke_all(links: &Links, args: &RevokeArgs, output: Output) -> Result<Exit, CliError> {
    // Nobody revokes the operators' links by leaving something out.
    if args.tenant.is_none() && !args.operators {
        return Err(CliError::usage(
            "--all needs to know whose links",
            "Add --tenant TENANT, or --operators for those of your own people.",
        ));
    }
    let revoked = links.access.revoke_all(&links.caller, &scope(args.tenant.as_ref())).await?;
    output.line(format_args!("{} revoked", counted(revoked, "link")));
    output.object(&Revoked { revoked });
    Ok(Exit::Done)
}
