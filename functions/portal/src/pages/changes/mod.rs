//! Who changed what, and when; who opened a link; and when the vendor's own people looked.

mod difference;
mod entry;

use std::cmp::Reverse;

use archive::time::Time;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use ports::ConnectorFilter;
use protocol::portal::{LinkId, LinkScope};

use crate::Portal;
use crate::address::encode;
use crate::components::full_time;
use crate::connector_state::name;
use crate::error::PageError;
use crate::layout::{ApiTwin, Section};
use crate::pages::connector::head;
use crate::tenant::{OfConnector, OfTenant, Query};
use entry::Entry;

/// How many entries a page has.
const PAGE: usize = 50;
/// The most connectors whose changes are on a tenant's page; a tenant has a few.
const MAX_CONNECTORS: u32 = 100;
/// The most records of one kind, or of one connector, that a tenant's page is made of. Older changes are on
/// the connector's own page.
const MAX_RECORDS: u32 = 200;
/// About how many changes such a page reads at most. A change has the settings before and after it, and all
/// tenants share the portal's time.
const MAX_CHANGES: usize = 2_000;

/// The changes of one connector.
pub(crate) async fn of_connector(
    State(portal): State<Portal>,
    of: OfConnector,
    Query(query): Query,
) -> Result<Response, PageError> {
    let (connector, caller) = (&of.view.connector, of.visitor.caller());
    let before: Option<u64> = query.text("before").parse().ok();
    let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
    let changes = portal.onboarding.changes(&caller, &connector.id, before, limit).await?;
    let older = changes.last().filter(|change| changes.len() == PAGE && change.version > 1);
    let older = older.map(|change| format!("?before={}", change.version));
    let entries: Vec<Entry> = changes.into_iter().map(|change| Entry::change(change, &caller)).collect();
    let vendor = portal.branding.name.as_str();
    let body = html! {
        (head(&of, "changes", &html! { "Changes of " (name(connector)) }))
        (list(&entries, vendor, false, before.map(|_| "?"), older.as_deref()))
    };
    let twin = ApiTwin::get(format!("/v1/connectors/{}/changes?limit={PAGE}", connector.id));
    let layout = of.layout(&portal).section(Section::Connectors).twin(twin);
    Ok(layout.page("Changes", &body))
}

/// The changes of all of a tenant's connectors, with links and visits.
pub(crate) async fn of_tenant(
    State(portal): State<Portal>,
    of: OfTenant,
    Query(query): Query,
) -> Result<Response, PageError> {
    let before: Option<Time> = query.text("before").parse().ok();
    let mut entries = entries(&portal, &of).await?;
    entries.retain(|entry| before.is_none_or(|before| entry.at < before));
    entries.sort_by_key(|entry| Reverse(entry.at));
    let older = entries.get(PAGE).and_then(|_| entries.get(PAGE - 1)).map(|last| last.at);
    // Entries of the same millisecond stay together, so the next page leaves none out.
    let shown =
        older.map_or(entries.len(), |last| entries.iter().take_while(|entry| entry.at >= last).count());
    entries.truncate(shown);
    let first = of.path("/portal/changes");
    let older = older.map(|last| of.path(&format!("/portal/changes?before={last}")));
    let newest = before.map(|_| first);
    let vendor = portal.branding.name.as_str();
    let body = html! {
        div.head.with-actions {
            h1 { "Changes" }
            div.actions { a.button href=(of.path("/portal/access")) { "Who has access" } }
            p.quiet { "Who changed what, who opened a link, and when the vendor's own people looked at these pages." }
        }
        (list(&entries, vendor, true, newest.as_deref(), older.as_deref()))
    };
    let twin = ApiTwin::get(format!("/v1/connectors?tenant={}", encode(of.tenant.as_str())));
    let layout = of.layout(&portal).section(Section::Changes).twin(twin);
    Ok(layout.page("Changes", &body))
}

async fn entries(portal: &Portal, of: &OfTenant) -> Result<Vec<Entry>, PageError> {
    let (onboarding, access, caller) = (&portal.onboarding, &portal.access, of.visitor.caller());
    let filter = ConnectorFilter { tenant: Some(&of.tenant), include_deleted: true };
    let mut entries = Vec::new();
    let connectors = onboarding.list(&caller, filter, None, MAX_CONNECTORS).await?;
    let of_each = changes_of_each(connectors.len());
    for connector in connectors {
        let changes = onboarding.changes(&caller, &connector.id, None, of_each).await?;
        entries.extend(changes.into_iter().map(|change| Entry::change(change, &caller)));
    }
    let scope = LinkScope::Tenant { tenant: of.tenant.clone() };
    let before: Option<&LinkId> = None;
    let links = access.list(&caller, &scope, before, MAX_RECORDS).await?;
    entries.extend(links.items.iter().flat_map(|link| Entry::of_link(link, &caller)));
    let visits = access.visits(&caller, &of.tenant, MAX_RECORDS).await?;
    entries.extend(visits.iter().map(|visit| Entry::visit(visit, &caller)));
    Ok(entries)
}

/// How many changes of each connector are read: the more connectors, the fewer, but always enough for the
/// first page, and one more, which says that others follow.
fn changes_of_each(connectors: usize) -> u32 {
    let first_page = u32::try_from(PAGE + 1).unwrap_or(MAX_RECORDS);
    let share = u32::try_from(MAX_CHANGES / connectors.max(1)).unwrap_or(MAX_RECORDS);
    share.clamp(first_page, MAX_RECORDS)
}

fn list(entries: &[Entry], vendor: &str, names: bool, newest: Option<&str>, older: Option<&str>) -> Markup {
    html! {
        section.card aria-label="Changes" {
            @if entries.is_empty() { p { "No change yet." } } @else {
                ol.changes {
                    @for entry in entries {
                        li {
                            p.when { (full_time(entry.at)) }
                            div {
                                p { (entry.sentence(vendor, names)) }
                                @if !entry.differences.is_empty() {
                                    dl.differences { @for difference in &entry.differences {
                                        div {
                                            dt { (difference.what) }
                                            dd {
                                                @if let Some(before) = &difference.before { del { (before) } " → " }
                                                ins { (difference.after) }
                                            }
                                        }
                                    } }
                                }
                            }
                        }
                    }
                }
            }
            nav.pages aria-label="Pages" {
                @if let Some(newest) = newest { a href=(newest) { "Newest" } }
                @if let Some(older) = older { a href=(older) rel="next" { "Older" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_with_many_connectors_makes_no_page_of_all_their_changes() {
        assert_eq!([0, 1, 10, 20, 100].map(changes_of_each), [200, 200, 200, 100, 51]);
    }
}
