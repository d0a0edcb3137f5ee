//! Who looks at a log, and at which: a person with a session in the portal, or whoever has started the
//! program offline. The pages of the log take this extractor, and so are the same in both.

use std::sync::Arc;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use control::explorer::{Asker, Explorer, Proof};
use control::explorer_records::{ExplorerCaller, ExplorerRecords};
use control::portal_events::PortalEvents;
use ports::{Clock, ConnectorFilter};
use protocol::connector::State;

use super::links::Links;
use crate::connector_state::name;
use crate::error::PageError;
use crate::layout::{Layout, Section};
use crate::tenant::{NoTenant, OfTenant};
use crate::verified::Offline;
use crate::{Portal, cookie};

/// The most connectors whose logs one can choose from; a tenant has a few.
const MAX_ARCHIVES: u32 = 20;

/// Who looks, and what there is to see.
pub(crate) struct Viewer {
    pub(crate) explorer: Explorer,
    pub(crate) shown: PortalEvents,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tenant: TenantId,
    /// The tenant's connectors that export or have exported, the oldest first.
    pub(crate) archives: Vec<Archive>,
    by: Proof,
    side: Side,
}

/// A connector's archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Archive {
    pub(crate) id: ConnectorId,
    pub(crate) name: String,
    /// The beginning of its first window.
    pub(crate) since: Time,
}

/// Where the pages are.
enum Side {
    Portal(Box<(Portal, OfTenant)>),
    Offline(Offline),
}

impl Viewer {
    /// The archive with this ID, or the first one; `None` if there is no such one.
    pub(crate) fn archive(&self, id: Option<&ConnectorId>) -> Option<&Archive> {
        match id {
            Some(id) => self.archives.iter().find(|archive| archive.id == *id),
            None => self.archives.first(),
        }
    }

    /// Whoever asks about this archive.
    pub(crate) fn asker(&self, archive: &Archive) -> Asker {
        Asker { by: self.by.clone(), tenant: self.tenant.clone(), connector: Some(archive.id.clone()) }
    }

    /// The frame of the page.
    pub(crate) fn layout(&self) -> Layout<'_> {
        match &self.side {
            Side::Portal(portal) => portal.1.layout(&portal.0).section(Section::Log),
            Side::Offline(offline) => Layout::offline(offline),
        }
    }

    /// The addresses of the pages of the log. An operator's name the tenant.
    pub(crate) fn links(&self) -> Links {
        match &self.side {
            Side::Portal(portal) if portal.1.visitor.is_operator() => Links::of_tenant(&self.tenant),
            Side::Portal(_) | Side::Offline(_) => Links::default(),
        }
    }

    /// What people keep of their searches; there is nothing offline.
    pub(crate) fn records(&self) -> Option<Records<'_>> {
        let Side::Portal(portal) = &self.side else { return None };
        let by = ExplorerCaller::try_from(&portal.1.visitor).ok()?;
        Some(Records { records: &portal.0.log.records, by })
    }

    /// Whether this is a copy of a bucket, of which nothing is expected any more.
    pub(crate) const fn is_offline(&self) -> bool {
        matches!(self.side, Side::Offline(_))
    }
}

/// What people keep of their searches, for one person.
pub(crate) struct Records<'a> {
    pub(crate) records: &'a ExplorerRecords,
    pub(crate) by: ExplorerCaller,
}

impl FromRequestParts<Portal> for Viewer {
    type Rejection = NoTenant;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, NoTenant> {
        let of = OfTenant::from_request_parts(parts, portal).await?;
        // The gate has found the session by it. The reader looks it up itself, and believes nobody.
        let token = cookie::session(&parts.headers, &portal.access.url);
        let token = token.ok_or(PageError::NoSession { cause: None, link: None })?;
        Ok(Self {
            explorer: portal.log.explorer.clone(),
            shown: portal.log.shown,
            clock: Arc::clone(&portal.access.clock),
            tenant: of.tenant.clone(),
            archives: archives(portal, &of).await?,
            by: Proof::Session(token.expose()),
            side: Side::Portal(Box::new((portal.clone(), of))),
        })
    }
}

async fn archives(portal: &Portal, of: &OfTenant) -> Result<Vec<Archive>, PageError> {
    let caller = of.visitor.caller();
    let filter = ConnectorFilter { tenant: Some(&of.tenant), ..ConnectorFilter::default() };
    let connectors = portal.onboarding.list(&caller, filter, None, MAX_ARCHIVES).await?;
    let mut archives = Vec::new();
    for connector in connectors.into_iter().filter(|connector| connector.state != State::Draft) {
        let view = portal.onboarding.read(&caller, &connector.id).await?;
        let Some(cursor) = view.cursor else { continue };
        archives.push(Archive { id: connector.id.clone(), name: name(&connector), since: cursor.since });
    }
    archives.sort_by_key(|archive| archive.since);
    Ok(archives)
}

impl FromRequestParts<Offline> for Viewer {
    type Rejection = PageError;

    async fn from_request_parts(_: &mut Parts, offline: &Offline) -> Result<Self, PageError> {
        let log = &offline.log;
        let archive =
            Archive { id: log.connector.clone(), name: log.verdict.archive.clone(), since: log.since };
        Ok(Self {
            explorer: log.explorer.clone(),
            shown: PortalEvents::Events,
            clock: Arc::clone(&log.clock),
            tenant: log.tenant.clone(),
            archives: vec![archive],
            by: Proof::Caller(log.caller.clone()),
            side: Side::Offline(offline.clone()),
        })
    }
}
