//! What responses contain. Field names equal those of the CLI's `--json`.

mod change;
mod connector;
mod event_fields;
mod exploration;
mod export;
mod key;
mod portal_link;
mod search;
mod settings;
mod timeline;

pub(crate) use change::{ChangePage, ChangeView};
pub(crate) use connector::{Detail, DetailExtras};
pub(crate) use event_fields::EventFieldSetting;
pub(crate) use exploration::{DeletedExploration, ExplorationList, ExplorationView};
pub(crate) use export::{ExportPage, ExportView};
pub(crate) use key::{KeyList, PublicKey};
pub(crate) use portal_link::{
    CreatedPortalLink, PortalLinkPage, PortalLinkView, RevokedLinks, VisitList, VisitView,
};
pub(crate) use search::{SearchPage, SearchView};
pub(crate) use settings::{ConnectorPage, Deleted, RunAccepted, Settings};
pub(crate) use timeline::TimelineView;

#[cfg(test)]
pub(crate) use change::ActorKind;
#[cfg(test)]
pub(crate) use connector::BlockDetail;
#[cfg(test)]
pub(crate) use event_fields::{FieldsAsSet, FieldsSource};
#[cfg(test)]
pub(crate) use export::PartState;
#[cfg(test)]
pub(crate) use portal_link::LinkState;
