//! The reader on the stand-ins, over real events that the real exporter has exported.

use archive::names::TenantId;
use archive::part::{Compression, Encoding, Format};
use archive::query::filter::Filter;
use archive::time::Time;
use aws::dynamodb::events::NewEvent;
use control::explorer::{
    Answer, Ask, CountsAnswer, CountsRequest, ExplorerRefusal, ExplorerRequest, Proof, RowsAnswer,
    RowsRequest,
};
use control::onboarding::NewConnector;
use control::portal_events::PortalEvents;
use protocol::caller::Caller;
use protocol::connector::{Connector, Encryption, S3Destination, Shards};
use reader::Reader;
use samples::events::cloudtrail;
use sandbox::wiring::{REGION, Sandbox};
use tests::fixtures::at;

/// The real events are from 11:42 to 12:37 on this day.
pub(crate) const START: &str = "2023-07-10T11:00:00Z";

pub(crate) struct World {
    pub(crate) embedded: Sandbox,
    pub(crate) connector: Connector,
    pub(crate) reader: Reader,
}

impl World {
    /// A connector of `acme` that has exported the hour from 11:00 to 12:00, in this encoding. What came
    /// after it is not sealed.
    pub(crate) async fn new(encoding: Encoding) -> Self {
        let mut embedded = Sandbox::start(None, Some(at(START))).await.unwrap();
        let connector = activate(&embedded, "acme", encoding).await;
        let tenant = connector.tenant.clone();
        let events: Vec<_> = cloudtrail()
            .iter()
            .map(|event| NewEvent::new(event.time, event.id.clone(), event.json.clone()))
            .collect();
        embedded.events().write(&tenant, Shards::ONE, &events).await.unwrap();
        embedded.set_now(at("2023-07-10T12:45:00Z"));
        let tick = embedded.tick().await.unwrap();
        assert_eq!(tick.outcomes.len(), 1);
        let reader = embedded.reader(PortalEvents::Events);
        Self { embedded, connector, reader }
    }

    /// The same, compressed with gzip.
    pub(crate) async fn gzip() -> Self {
        Self::new(Encoding { format: Format::Json, compression: Compression::Gzip }).await
    }

    /// Exports until this time.
    pub(crate) async fn export_until(&mut self, now: &str) {
        self.embedded.set_now(at(now));
        for _ in 0..40 {
            self.embedded.tick().await.unwrap();
        }
        self.reader = self.embedded.reader(self.reader.shown);
    }

    pub(crate) async fn ask_as(&self, by: Proof, ask: Ask) -> Answer {
        let request = ExplorerRequest { by, tenant: self.connector.tenant.clone(), connector: None, ask };
        self.reader.answer(&request).await.unwrap()
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        self.ask_as(operator(), ask).await
    }

    pub(crate) async fn rows(&self, request: RowsRequest) -> RowsAnswer {
        match self.ask(Ask::Rows(request)).await {
            Answer::Rows(rows) => rows,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn counts(&self, request: CountsRequest) -> CountsAnswer {
        match self.ask(Ask::Counts(request)).await {
            Answer::Counts(counts) => counts,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn refused(&self, by: Proof, ask: Ask) -> ExplorerRefusal {
        match self.ask_as(by, ask).await {
            Answer::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn operator() -> Proof {
    Proof::Caller(Caller::Operator { name: "ops".into() })
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(crate) fn filter(text: &str) -> Filter {
    text.parse().unwrap()
}

pub(crate) async fn activate(embedded: &Sandbox, name: &str, encoding: Encoding) -> Connector {
    let (onboarding, caller) = (embedded.onboarding(), Caller::Operator { name: "ops".into() });
    let account = if name == "acme" { "222222222222" } else { "333333333333" };
    let destination = S3Destination {
        role: format!("arn:aws:iam::{account}:role/auditferry/AuditLog").parse().unwrap(),
        bucket: format!("{name}-audit-log").parse().unwrap(),
        region: REGION.parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    };
    let start: Time = at(START);
    let new = NewConnector {
        tenant: tenant(name),
        shards: Shards::ONE,
        frequency: archive::frequency::Frequency::HOURLY,
        encoding,
        start_from: Some(start),
        destination: destination.into(),
        idempotency_key: None,
    };
    let connector = onboarding.create(&caller, new).await.unwrap();
    embedded.grant_access(&connector).unwrap();
    onboarding.activate(&caller, &connector.id, None, |_| {}).await.unwrap()
}
