//! Answers one request: who asks, what the deployment shows, the answer, and the record that it was given.

use archive::names::TenantId;
use archive::query::filter::Filter;
use control::explorer::{Answer, Ask, ExplorerError, ExplorerRequest, check_privacy, without_persons};
use ports::PortError;
use protocol::caller::Caller;
use protocol::exploration::{FilterText, SearchKind, SearchRecord};

use crate::context::Reader;
use crate::opened::Opened;

impl Reader {
    /// Answers a request. A refusal is an answer too.
    ///
    /// # Errors
    /// If a port fails.
    pub async fn answer(&self, request: &ExplorerRequest) -> Result<Answer, PortError> {
        match self.try_answer(request).await {
            Ok(answer) => Ok(answer),
            Err(error) => error.refusal().map(Answer::Refused),
        }
    }

    async fn try_answer(&self, request: &ExplorerRequest) -> Result<Answer, ExplorerError> {
        let caller = self.authorize(&request.by, &request.tenant).await?;
        if request.ask.is_for_operators() && !matches!(caller, Caller::Operator { .. }) {
            return Err(ExplorerError::Forbidden("only operators may ask this".to_owned()));
        }
        check_privacy(self.shown, &request.ask)?;
        let (connector, cursor) = self.connector_of(&request.tenant, request.connector.as_ref()).await?;
        let opened = self.open(connector, cursor).await?;
        // Recorded first: what can't be recorded is not shown.
        self.record(&request.tenant, &opened, &caller, &request.ask).await?;
        Ok(match &request.ask {
            Ask::Rows(rows) => Answer::Rows(self.rows(&opened, rows).await?),
            Ask::Counts(counts) => Answer::Counts(self.counts(&opened, counts).await?),
            Ask::Facets(facets) => Answer::Facets(self.facets(&opened, facets).await?),
            Ask::Event(event) => Answer::Event(Box::new(self.event(&opened, *event).await?)),
            Ask::Fields => Answer::Fields(self.show_fields(&opened).await?),
            Ask::Download(download) => {
                Answer::Download(self.start_download(&opened, &caller, download).await?)
            }
            Ask::DownloadStatus(status) => Answer::Download(self.download_status(&opened, &status.id).await?),
            Ask::Rebuild(rebuild) => Answer::Rebuilt(self.rebuild(&opened, rebuild).await?),
        })
    }

    /// Records who searched for what, once an hour for the same. The values of persons are left out.
    async fn record(
        &self,
        tenant: &TenantId,
        opened: &Opened,
        caller: &Caller,
        ask: &Ask,
    ) -> Result<(), PortError> {
        let (kind, filter) = match ask {
            Ask::Rows(rows) => (SearchKind::Rows, rows.filter.clone()),
            Ask::Event(event) => (SearchKind::Rows, event.filter()),
            Ask::Counts(counts) => (SearchKind::Counts, counts.filter.clone()),
            Ask::Facets(facets) => (SearchKind::Facets, facets.filter.clone()),
            Ask::Fields => (SearchKind::Fields, Filter::default()),
            Ask::Download(download) => (SearchKind::Download, download.rows.filter.clone()),
            // The file was recorded when it was asked for, and indexes say nothing of events.
            Ask::DownloadStatus(_) | Ask::Rebuild(_) => return Ok(()),
        };
        let record = SearchRecord {
            tenant: tenant.clone(),
            connector: opened.connector.id.clone(),
            by: caller.clone(),
            kind,
            filter: FilterText::cut(&without_persons(&filter)),
            at: self.clock.now(),
        };
        self.searches.record_search(&record).await.map(drop)
    }
}
