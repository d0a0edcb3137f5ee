//! One tenant's partitions of the events table.

use std::ops::Range;

use archive::names::TenantId;
use archive::sort_key::SortKeyForm;
use async_trait::async_trait;
use ports::{PageReader, PortError, Source};
use protocol::connector::{Connector, Shards};
use protocol::events_source::EventsSource;
use protocol::machine::Span;
use tokio::sync::OnceCell;

use super::sessions::DataRole;
use crate::dynamodb::events::{DynamoSource, EventsTable};

const READING: &str = "reading a tenant's partition of the events table";

/// The events table, as far as one connector's sessions go. A tenant with many shards needs several sessions;
/// those after the first one start when their shards are read.
#[derive(Debug)]
pub(super) struct SessionSource {
    pub(super) tenant: TenantId,
    pub(super) shards: Shards,
    pub(super) layout: EventsTable,
    pub(super) groups: Vec<ShardGroup>,
}

/// The shards that one session may read.
#[derive(Debug)]
pub(super) struct ShardGroup {
    pub(super) shards: Range<u8>,
    /// Role, session name and policy, if the session is not started yet.
    pub(super) start: Option<(DataRole, String, String)>,
    pub(super) source: OnceCell<DynamoSource>,
}

impl SessionSource {
    /// All shards by one source.
    pub(super) fn of(connector: &Connector, layout: EventsTable, source: DynamoSource) -> Self {
        let group = ShardGroup {
            shards: 0..connector.shards.get(),
            start: None,
            source: OnceCell::new_with(Some(source)),
        };
        Self { tenant: connector.tenant.clone(), shards: connector.shards, layout, groups: vec![group] }
    }

    async fn source(&self, shard: u8) -> Result<&DynamoSource, PortError> {
        let group = self.groups.iter().find(|group| group.shards.contains(&shard));
        let no_session = || PortError::bug(READING, format!("shard {shard} is in no session"));
        let group = group.ok_or_else(no_session)?;
        let start = || async {
            let (role, name, policy) = group.start.as_ref().ok_or_else(no_session)?;
            let keys = role.assume(name, policy).await?;
            Ok(DynamoSource::new(role.clients.dynamodb(keys), self.layout.clone()))
        };
        group.source.get_or_try_init(start).await
    }
}

#[async_trait]
impl Source for SessionSource {
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError> {
        if *tenant != self.tenant || shards != self.shards {
            return Err(PortError::bug(READING, "this session is another tenant's, or has other shards"));
        }
        self.source(shard).await?.open(tenant, shards, shard, span).await
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        self.source(0).await?.identity().await
    }

    fn sort_key_form(&self) -> SortKeyForm {
        self.layout.sort_key_form
    }
}
