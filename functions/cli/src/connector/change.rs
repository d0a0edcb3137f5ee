//! The commands that make or change a connector. Each reads it, changes it as the domain allows, and stores it on
//! the condition that nobody else has changed it meanwhile.

use domain::connector::{Connector, Destination, State};
use domain::cursor::Cursor;
use domain::names::{ConnectorId, ExternalId};
use domain::part::Encoding;
use domain::ports::Saved;
use domain::time::Time;
use serde::Serialize;

use super::args::{ConnectArgs, CreateArgs};
use crate::backend::Backend;
use crate::output::Output;
use crate::problem::{Exit, Problem};

/// The answer of a command that changed a connector: its settings.
#[derive(Serialize)]
struct Changed<'a> {
    connector: &'a Connector,
    /// Events are exported from this time on, if it has just been activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// When it runs next, if it has just been activated or resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_at: Option<Time>,
}

impl<'a> Changed<'a> {
    const fn settings(connector: &'a Connector) -> Self {
        Self { connector, since: None, next_run_at: None }
    }
}

/// `connector create`.
pub(crate) async fn create(backend: &Backend, args: &CreateArgs, output: Output) -> Result<Exit, Problem> {
    let now = backend.clock.now();
    if let Some(start) = args.start_from.filter(|start| *start > now) {
        return Err(Problem::usage(
            format!("--start-from {start} is later than now, {now}"),
            "Leave it out to start with the activation.",
        ));
    }
    let connector = draft(backend, args, now);
    store_new(backend, &connector).await?;
    let (id, external_id) = (&connector.id, &connector.external_id);
    output.line(format_args!("{id} was made for {}", connector.tenant));
    output.line(format_args!("external ID {external_id}: the customer's trust policy must ask for it"));
    output.line(format_args!(
        "\nNext: auditferry connector connect {id}{} --role-arn ARN --bucket BUCKET --region REGION",
        backend.place
    ));
    output.object(&Changed::settings(&connector));
    Ok(Exit::Done)
}

fn draft(backend: &Backend, args: &CreateArgs, now: Time) -> Connector {
    let random = || backend.randomness.next_u64();
    Connector {
        id: ConnectorId::new(random()),
        tenant: args.tenant.clone(),
        shards: args.shards,
        external_id: ExternalId::new(random(), random()),
        state: State::Draft,
        frequency: args.frequency,
        encoding: Encoding { format: args.format.into(), compression: args.compression.into() },
        destination: None,
        start_from: args.start_from,
        created_at: now,
        activated_at: None,
        version: 1,
    }
}

/// Stores a new connector. An ID that is taken is either ours, after an answer that was lost, or a matter of
/// chance that no two commands will see.
pub(crate) async fn store_new(backend: &Backend, connector: &Connector) -> Result<(), Problem> {
    if backend.connectors.create(connector).await? == Saved::Stale {
        let (stored, _) = backend.connector(&connector.id).await?;
        if stored != *connector {
            return Err(Problem::failed(
                format!("{} exists already", connector.id),
                "Run the command again.",
            ));
        }
    }
    Ok(())
}

/// `connector connect`.
pub(crate) async fn connect(backend: &Backend, args: &ConnectArgs, output: Output) -> Result<Exit, Problem> {
    let (mut connector, _) = backend.connector(&args.id).await?;
    connector.connect(Destination {
        role: args.role_arn.clone(),
        bucket: args.bucket.clone(),
        region: args.region.clone(),
        prefix: args.prefix.clone(),
        kms_key: args.kms_key_arn.clone(),
    });
    // Before it is stored: a connector whose bucket could not be made is not connected to it.
    if let Some(embedded) = &backend.embedded {
        embedded.admit(&connector)?;
    }
    save(backend, &connector, None).await?;
    let id = &connector.id;
    output.line(format_args!("{id} writes to {}/{}", args.bucket, args.prefix));
    if backend.embedded.is_some() {
        output.line("the stand-in has the bucket, and the role that lets this connector in");
    }
    if connector.state == State::Draft {
        output.line(format_args!("\nNext: auditferry connector activate {id}{}", backend.place));
    }
    output.object(&Changed::settings(&connector));
    Ok(Exit::Done)
}

/// `connector activate`.
pub(crate) async fn activate(backend: &Backend, id: &ConnectorId, output: Output) -> Result<Exit, Problem> {
    let (mut connector, _) = backend.connector(id).await?;
    let cursor = start(backend, &mut connector)?;
    save(backend, &connector, Some(&cursor)).await?;
    let Cursor { since, next_run_at, .. } = cursor;
    output.line(format_args!("{id} is active and exports events from {since} on"));
    output.line(format_args!("the first run is due at {next_run_at}"));
    output.object(&Changed {
        since: Some(since),
        next_run_at: Some(next_run_at),
        ..Changed::settings(&connector)
    });
    Ok(Exit::Done)
}

/// Activates a connector as of now; returns the cursor with which it starts.
pub(crate) fn start(backend: &Backend, connector: &mut Connector) -> Result<Cursor, Problem> {
    let now = backend.clock.now();
    let since = connector.activate(now).map_err(|refusal| Problem::not_allowed(&refusal, &backend.place))?;
    let due = connector.grid().map_or(now, |grid| grid.due(since, None, backend.timing.settle));
    Ok(Cursor::new(since, now, due))
}

/// `connector pause`.
pub(crate) async fn pause(backend: &Backend, id: &ConnectorId, output: Output) -> Result<Exit, Problem> {
    let (mut connector, _) = backend.connector(id).await?;
    connector.pause().map_err(|refusal| Problem::not_allowed(&refusal, &backend.place))?;
    save(backend, &connector, None).await?;
    output.line(format_args!("{id} is paused: events are sealed on schedule, and nothing is delivered"));
    output.object(&Changed::settings(&connector));
    Ok(Exit::Done)
}

/// `connector resume`.
pub(crate) async fn resume(backend: &Backend, id: &ConnectorId, output: Output) -> Result<Exit, Problem> {
    let (mut connector, cursor) = backend.connector(id).await?;
    connector.resume().map_err(|refusal| Problem::not_allowed(&refusal, &backend.place))?;
    save(backend, &connector, None).await?;
    let mut changed = Changed::settings(&connector);
    output.line(format_args!("{id} is active again"));
    if let Some(cursor) = cursor.filter(|cursor| cursor.undelivered().is_some()) {
        // Due at once, with no window cut short. If this is lost, the schedule's next run delivers.
        let now = backend.clock.now();
        backend.connectors.request_run(id, now, cursor.watermark).await?;
        let waiting = cursor.next.get() - cursor.delivered.get() - 1;
        output.line(format_args!(
            "{} delivered with the next run, which is due now",
            if waiting == 1 { "1 part is".to_owned() } else { format!("{waiting} parts are") }
        ));
        changed.next_run_at = Some(now);
    }
    output.object(&changed);
    Ok(Exit::Done)
}

/// Stores what was changed, if nobody else has changed it since it was read.
pub(crate) async fn save(
    backend: &Backend,
    connector: &Connector,
    cursor: Option<&Cursor>,
) -> Result<(), Problem> {
    match backend.connectors.save(connector, cursor).await? {
        Saved::Yes => Ok(()),
        Saved::Stale => Err(Problem::failed(
            format!("{} was changed by someone else in the same moment", connector.id),
            format!(
                "Look at it, and run the command again: auditferry connector show {}{}",
                connector.id, backend.place
            ),
        )),
    }
}
