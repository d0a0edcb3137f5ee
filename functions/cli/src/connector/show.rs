//! `connector show`: a connector's status, since when, and the next step.

use archive::manifest::{ChainState, KeyId};
use archive::names::ConnectorId;
use archive::sha256::Sha256;
use control::onboarding::{AddressView, ConnectorView};
use protocol::connector::{Connector, Destination, State};
use protocol::delivery_error::Block;
use protocol::health::{Health, Status};
use serde::Serialize;

use super::contacts;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::{Output, Style};
use crate::table::counted;

#[derive(Serialize)]
struct ShowOutput<'a> {
    connector: &'a Connector,
    #[serde(flatten)]
    status: &'a Status,
    signing: Option<SigningKeyOutput>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<AddressView>,
}

/// The key in charge of the chain, and the boundary from which on it signs. An auditor needs both after a key
/// was lost or stolen (`verify --boundary PART:HASH`).
#[derive(Serialize)]
struct SigningKeyOutput {
    key: KeyId,
    since_part: u64,
    /// The chain head before that part; missing where the chain begins.
    #[serde(rename = "hangs_on", skip_serializing_if = "Option::is_none")]
    chained_to: Option<Sha256>,
    /// The previous keys, which never sign again.
    retired: Vec<KeyId>,
}

impl SigningKeyOutput {
    fn of(state: &ChainState) -> Self {
        let ChainState { key, since, retired, .. } = state;
        Self { key: *key, since_part: since.part.get(), chained_to: since.head, retired: retired.clone() }
    }

    fn describe(&self) -> String {
        let Self { key, since_part, chained_to, .. } = self;
        match chained_to {
            Some(head) => format!("{key} since part {since_part}; its boundary is {since_part}:{head}"),
            None => format!("{key} since part {since_part}, where the chain begins"),
        }
    }
}

/// `connector show`.
pub(crate) async fn show(backend: &Backend, id: &ConnectorId, output: Output) -> Result<Exit, CliError> {
    let ConnectorView { connector, cursor } = backend.view(id).await?;
    let now = backend.onboarding.clock.now();
    let delivered = backend.onboarding.newest_delivered(&backend.caller, id, cursor.as_ref()).await?;
    let timing = backend.onboarding.timing;
    let status = Status::of(&connector, cursor.as_ref(), delivered.as_ref(), timing, now);
    let addresses = backend.onboarding.addresses(&backend.caller, &connector).await?;
    output.line(headline(&connector, &status, output));
    let signing = cursor.as_ref().and_then(|cursor| cursor.chain_state.as_ref()).map(SigningKeyOutput::of);
    let signed = signing.as_ref().map(|signing| ("signed by", signing.describe()));
    for (name, value) in facts(backend, &connector, &status, &addresses).into_iter().chain(signed) {
        output.line(format_args!("  {name:<12}  {value}"));
    }
    output.object(&ShowOutput { connector: &connector, status: &status, signing, addresses });
    Ok(Exit::Done)
}

/// `con_… of acme is active and healthy since 2026-11-20T20:15:00.000Z`
fn headline(connector: &Connector, status: &Status, output: Output) -> String {
    let state = connector.state.as_str();
    let health = status.health.map_or_else(String::new, |health| {
        let style = if health == Health::Healthy { Style::Success } else { Style::Failure };
        format!(" and {}", output.styled(style, health.as_str()))
    });
    let since = status.since.map_or_else(String::new, |since| format!(" since {since}"));
    let tenant = connector.tenant.escaped();
    format!("{} of {tenant} is {}{health}{since}", connector.id, output.styled(Style::Bold, state))
}

fn facts(
    backend: &Backend,
    connector: &Connector,
    status: &Status,
    addresses: &[AddressView],
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(block) = &status.block {
        facts.extend(block_facts(block));
    }
    if let Some(sealed_to) = status.sealed_to {
        let parts = match (status.sealed_parts, status.undelivered_parts) {
            (0, _) => "no part yet".to_owned(),
            (parts, 0) => format!("{}, all delivered", counted(parts, "part")),
            (parts, waiting) => format!("{}, {waiting} not delivered", counted(parts, "part")),
        };
        facts.push(("sealed", format!("up to {sealed_to}, {parts}")));
    }
    facts.extend(manifests(status));
    if let Some(next_run_at) = status.next_run_at {
        facts.push(("next run", next_run_at.to_string()));
    }
    facts.push(("every", format!("{} h, {}", connector.frequency.hours(), connector.encoding.suffix())));
    if let Destination::S3(to) = &connector.destination {
        facts.push(("bucket", format!("{} in {}, below {}/", to.bucket, to.region, to.prefix.key("events"))));
        facts.push(("role", to.role.to_string()));
    }
    if let Some(verified_at) = connector.verified_at {
        facts.push(("verified", verified_at.to_string()));
    }
    if let Some(next) = &connector.next_external_id {
        let pending = format!(
            "{next} (pending; {} stays valid until a verification with the new one passes)",
            connector.external_id
        );
        facts.push(("external ID", pending));
    } else {
        facts.push(("external ID", connector.external_id.to_string()));
    }
    if let Some(webhook) = &connector.contacts.webhook {
        facts.push(("webhook", webhook.url.to_string()));
    }
    facts.extend(
        addresses.iter().map(|view| ("e-mail", format!("{}, {}", view.email, contacts::status(view)))),
    );
    facts.push(("version", connector.version.to_string()));
    if let Some(step) = next_step(connector) {
        facts.push(("next step", backend.command(step)));
    }
    facts
}

/// The newest manifests. Only that of the newest delivered part is for auditors: the bucket must contain it.
fn manifests(status: &Status) -> Vec<(&'static str, String)> {
    let Some(sealed) = status.manifest else { return Vec::new() };
    let delivered = match status.delivered_manifest {
        Some(manifest) => format!(
            "{manifest}, the manifest of part {}, the newest delivered one (verify --newest)",
            status.delivered_parts
        ),
        None => "no manifest yet: nothing has been delivered".to_owned(),
    };
    let mut facts = vec![("for auditors", delivered)];
    if status.undelivered_parts > 0 {
        let waiting = format!(
            "{sealed}, the manifest of part {}, the newest sealed one; not for auditors yet",
            status.sealed_parts
        );
        facts.push(("waiting", waiting));
    }
    facts
}

/// The command for the next step of the onboarding, if there is one.
fn next_step(connector: &Connector) -> Option<String> {
    let id = &connector.id;
    match (connector.state, &connector.destination) {
        (State::Draft, Destination::None) => {
            Some(format!("connect {id} --role-arn ARN --bucket BUCKET --region REGION"))
        }
        (State::Draft, Destination::S3(_)) => Some(format!("verify {id}")),
        (State::Ready, _) => Some(format!("activate {id}")),
        (State::Paused, _) => Some(format!("resume {id}")),
        (State::Disabled, _) => Some(format!("enable {id}")),
        (State::Active | State::Deleted, _) => None,
    }
}

fn block_facts(block: &Block) -> [(&'static str, String); 4] {
    let attempts =
        if block.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", block.attempts) };
    [
        ("at", format!("{} ({})", block.stage.as_str(), block.code)),
        ("cause", block.cause.clone()),
        ("remedy", block.remedy.clone()),
        ("next attempt", format!("{}, after {attempts}", block.next_attempt)),
    ]
}
