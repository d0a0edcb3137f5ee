//! Proof: the keys, the end of each chain for auditors, the command to copy, and what it proves.

use archive::names::ConnectorId;
use archive::note::RingKey;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use archive::shell::quoted;
use axum::extract::State;
use axum::response::Response;
use control::onboarding::ConnectorView;
use maud::{Markup, html};
use ports::ConnectorFilter;

use crate::Portal;
use crate::address::of_part;
use crate::components::{copyable, full_time, number};
use crate::connector_state::name;
use crate::error::PageError;
use crate::layout::{ApiTwin, Section};
use crate::tenant::OfTenant;

/// The most connectors on the page; a tenant has a few.
const MAX_CONNECTORS: u32 = 100;

/// The end of a chain in the bucket.
struct ChainHead {
    view: ConnectorView,
    part: PartNumber,
    manifest: Sha256,
}

/// The page.
pub(crate) async fn show(State(portal): State<Portal>, of: OfTenant) -> Result<Response, PageError> {
    let keys = portal.onboarding.keys().await?;
    let heads = heads(&portal, &of).await?;
    let body = html! {
        div.head {
            h1 { "Proof" }
            p.quiet { "Anyone with a copy of your bucket can check it offline, without an account and without us." }
        }
        div.stack {
            (key_list(&keys))
            (chains(&keys, &heads))
            (meaning())
        }
    };
    let layout = of.layout(&portal).section(Section::Proof).twin(ApiTwin::get("/v1/keys"));
    Ok(layout.page("Proof", &body))
}

/// The newest delivered manifest of each of the tenant's connectors that has one.
async fn heads(portal: &Portal, of: &OfTenant) -> Result<Vec<ChainHead>, PageError> {
    let (onboarding, caller) = (&portal.onboarding, of.visitor.caller());
    let filter = ConnectorFilter { tenant: Some(&of.tenant), ..ConnectorFilter::default() };
    let mut heads = Vec::new();
    for connector in onboarding.list(&caller, filter, None, MAX_CONNECTORS).await? {
        let view = onboarding.read(&caller, &connector.id).await?;
        let newest = onboarding.newest_delivered(&caller, &connector.id, view.cursor.as_ref()).await?;
        if let Some((part, manifest)) = newest.and_then(|part| Some((part.number, part.manifest?.sha256()))) {
            heads.push(ChainHead { view, part, manifest });
        }
    }
    Ok(heads)
}

/// The command that checks a copy of a bucket.
pub(crate) fn verify_command(keys: &[RingKey], id: &ConnectorId, newest: Option<Sha256>) -> String {
    let keys = keys.iter().map(|key| format!("--key '{key}'"));
    let connector = format!("--connector {id}");
    let newest = newest.map(|newest| format!("--newest {newest}"));
    let arguments = keys.chain([connector]).chain(newest);
    let start = "auditferry-verify ./copy-of-the-bucket".to_owned();
    std::iter::once(start).chain(arguments).collect::<Vec<_>>().join(" \\\n  ")
}

fn key_list(keys: &[RingKey]) -> Markup {
    html! {
        section.card {
            h2 { "The vendor's public keys" }
            @if keys.is_empty() {
                p { "This deployment names no key here. Ask the vendor for it." }
            } @else {
                p { "Every manifest is signed with one of these. Keep them somewhere else than in the bucket: a key that lies there proves nothing, since whoever can write there can put another one." }
                @for (index, key) in keys.iter().enumerate() {
                    div {
                        p.hint {
                            @if index == 0 { "Signs new manifests" } @else { "The one before" }
                            @if let Some(from) = key.from { ", since " (full_time(from)) }
                            @if let Some(until) = key.until { ", until " (full_time(until)) }
                        }
                        (copyable("public key", &key.key.to_string()))
                    }
                }
            }
        }
    }
}

fn chains(keys: &[RingKey], heads: &[ChainHead]) -> Markup {
    html! {
        @if heads.is_empty() {
            section.card { h2 { "Your chain" } p { "No signed file is in a bucket yet. The first one begins the chain." } }
        }
        @for ChainHead { view, part, manifest } in heads {
            @let id = &view.connector.id;
            section.card {
                h2 { "Chain of " (name(&view.connector)) }
                dl.facts.wide {
                    div { dt { "Newest delivered file" } dd { a href=(of_part(id, *part)) { "File " (number(part.get())) } } }
                    div { dt { "Its manifest, for auditors" } dd.mono { (manifest) } }
                }
                p { "Copy the bucket, then check it. With " code { "--newest" } " the check also shows that nothing was cut off at the end." }
                @if let Some(to) = view.connector.destination.s3() {
                    (copyable("command to copy the bucket", &format!("aws s3 sync {} ./copy-of-the-bucket", quoted(&format!("s3://{}/{}", to.bucket, to.prefix)))))
                }
                (copyable("command to check it", &verify_command(keys, id, Some(*manifest))))
            }
        }
    }
}

fn meaning() -> Markup {
    html! {
        div.columns.even {
            section.card {
                h2 { "What this proves" }
                ul.steps {
                    li { strong { "No file is missing, changed, added or out of order" } " since it was written, whoever had access to the bucket. Numbers have no gap, and each manifest has the hash of the one before." }
                    li { strong { "Quiet hours were quiet at the time." } " They have a signed manifest of their own." }
                    li { strong { "No event is there twice" } ", and all files belong to one connector." }
                }
            }
            section.card {
                h2 { "What it does not prove" }
                ul.steps {
                    li { strong { "That the vendor recorded everything." } " What was never recorded leaves no trace. But what was signed can't be taken back." }
                    li { strong { "That an event is true." } " It is what the vendor's product wrote, unchanged since." }
                    li { strong { "Who signed, without the key." } " Without " code { "--key" } " the best result is \"consistent, signer not confirmed\"." }
                    li { strong { "That the end was not cut off, without the newest hash." } " A chain does not know what comes after it." }
                }
            }
        }
    }
}
