//! One file: its window, counts, hashes and names, its manifest's text, and how to check it.

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use archive::shell::quoted;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::Portal;
use crate::components::{copyable, count, full_time, number, size, span};
use crate::connector_state::name;
use crate::error::PageError;
use crate::layout::{ApiTwin, Section};
use crate::pages::connector::head;
use crate::pages::exports::{state, window};
use crate::pages::proof::verify_command;
use crate::path::PathPair;
use crate::tenant::OfConnector;

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    of: OfConnector,
    PathPair(id, wanted): PathPair<ConnectorId, u64>,
) -> Result<Response, PageError> {
    let wanted = PartNumber::new(wanted);
    let found = portal.onboarding.exports(&of.visitor.caller(), &id, Some(wanted.next()), 1).await?;
    let part = found.into_iter().find(|part| part.number == wanted).ok_or(PageError::NotFound)?;
    let keys = portal.onboarding.keys().await?;
    let cursor = of.view.cursor.as_ref();
    let delivered = cursor.map_or(PartNumber::NONE, |cursor| cursor.delivered);
    let has_next = cursor.is_some_and(|cursor| part.number.next() < cursor.next);
    let body = html! {
        (head(&of, "exports", &html! { "File " (number(part.number.get())) " of " (name(&of.view.connector)) }))
        div.stack {
            section.card aria-label="What it contains" {
                (facts(&part, delivered))
                nav.pages aria-label="Neighbours" {
                    @if part.number > PartNumber::FIRST { a href=(part.number.get() - 1) rel="prev" { "← File before" } }
                    @if has_next { a href=(part.number.get() + 1) rel="next" { "File after →" } }
                }
            }
            section.card {
                h2 { "Names and hashes" }
                (names(&part))
            }
            section.card {
                h2 { "Check it" }
                (checks(&of, &part, &verify_command(&keys, &of.view.connector.id, None)))
            }
            (manifest(&part))
        }
    };
    // The API lists parts; the listing that begins with this one has it first.
    let twin = ApiTwin::get(format!("/v1/connectors/{id}/exports"));
    let layout = of.layout(&portal).section(Section::Connectors).twin(twin);
    Ok(layout.page(&format!("File {}", part.number.get()), &body))
}

fn facts(part: &Part, delivered: PartNumber) -> Markup {
    let waited = part.delivered_at.map(|at| at.since(part.sealed_at)).filter(|wait| wait.as_secs() >= 60);
    html! {
        dl.facts {
            div { dt { "State" } dd {
                (state(part, delivered))
                @if let Some(waited) = waited { " " span.quiet { "after " (span(waited)) } }
            } }
            div { dt { "Window" } dd { (window(part)) } }
            div { dt { "Events" } dd {
                @if part.events == 0 { "none: it is quiet, and the file says so" } @else { (number(part.events)) }
            } }
            @if part.late > 0 { div { dt { "Of them late" } dd { (number(part.late)) ", from before this window" } } }
            @if part.unreadable > 0 {
                div { dt { "Of them unreadable" } dd { (count(part.unreadable, "record")) " with the exact text of what is no event" } }
            }
            @if let (Some(first), Some(last)) = (part.first, part.last) {
                div { dt { "First event" } dd { (full_time(first)) } }
                div { dt { "Last event" } dd { (full_time(last)) } }
            }
            div { dt { "Size" } dd { (size(part.size)) @if part.raw_size != part.size { ", " (size(part.raw_size)) " uncompressed" } } }
            div { dt { "Sealed" } dd { (full_time(part.sealed_at)) } }
        }
    }
}

fn names(part: &Part) -> Markup {
    html! {
        dl.facts.wide {
            div { dt { "File, below the connector's folder" } dd.mono { (part.name()) } }
            @if let Some(manifest) = part.manifest_name() { div { dt { "Manifest" } dd.mono { (manifest) } } }
            div { dt { "SHA-256 of the file" } dd.mono { (part.sha256) } }
            @if part.raw_sha256 != part.sha256 { div { dt { "SHA-256 of its uncompressed content" } dd.mono { (part.raw_sha256) } } }
            @if let Some(manifest) = &part.manifest { div { dt { "SHA-256 of the manifest's text" } dd.mono { (manifest.sha256()) } } }
        }
    }
}

fn checks(of: &OfConnector, part: &Part, verify: &str) -> Markup {
    let command = of.view.connector.destination.s3().map(|to| {
        let key = to.prefix.key(&part.name());
        format!("aws s3 cp {} - | sha256sum", quoted(&format!("s3://{}/{key}", to.bucket)))
    });
    html! {
        @if let Some(command) = &command {
            p { "The hash of the file in your bucket. It must be the one above." }
            (copyable("command for the hash", command))
        }
        p { "The whole bucket, every file against its signed manifest. Copy it first with " code { "aws s3 sync" } "." }
        (copyable("command for the bucket", verify))
    }
}

fn manifest(part: &Part) -> Markup {
    html! {
        @if let Some(manifest) = &part.manifest {
            section.card {
                h2 { "Manifest" }
                p.quiet { "The vendor signed this text when the file was sealed. It names the manifest before it, so no file can be taken out." }
                pre tabindex="0" role="group" aria-label="Manifest" { code { (String::from_utf8_lossy(&manifest.note().bytes())) } }
            }
        }
    }
}
