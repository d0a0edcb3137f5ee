//! Request bodies: a new connector and a change of one.

use archive::frequency::Frequency;
use archive::names::{IdempotencyKey, Prefix, TenantId};
use archive::part::{Compression, Encoding, Format};
use control::onboarding::{ConnectorUpdate, NewConnector};
use control::partition::PartitionFormat;
use control::setup::DEFAULT_PREFIX;
use protocol::caller::Caller;
use protocol::connector::{Destination, Encryption, S3Destination, Shards};

use crate::fields::Fields;
use crate::problem::Problem;

/// A new connector. A caller of a tenant may omit the tenant.
pub(crate) fn parse_create(
    mut body: Fields,
    caller: &Caller,
    idempotency_key: Option<IdempotencyKey>,
    partitions: &PartitionFormat,
) -> Result<NewConnector, Problem> {
    let tenant: Option<TenantId> = match caller {
        Caller::Tenant { tenant, .. } => body.text("tenant").or_else(|| Some(tenant.clone())),
        Caller::Operator { .. } | Caller::System => body.required_text("tenant"),
    };
    // Checked here so that it is reported together with all other errors; onboarding enforces it.
    let check = |tenant: TenantId| partitions.check(&tenant, Shards::ONE).map(|()| tenant);
    let tenant = tenant.and_then(|tenant| body.accept("tenant", check(tenant)));
    let shards = body.number("shards", str::parse::<Shards>);
    let frequency = body.number("frequency", str::parse);
    let encoding = body.object("encoding", encoding);
    let start_from = body.text("start_from");
    let destination = body.object("destination", destination);
    let result = body.finish();
    // Without a tenant the body is invalid, and its errors are the response.
    let Some(tenant) = tenant else { return Err(result.err().unwrap_or_else(Problem::not_found)) };
    result?;
    Ok(NewConnector {
        tenant,
        shards: shards.unwrap_or(Shards::ONE),
        frequency: frequency.unwrap_or(Frequency::HOURLY),
        encoding: encoding.unwrap_or_default(),
        start_from,
        destination: destination.map_or(Destination::None, Destination::S3),
        idempotency_key,
    })
}

/// A change of settings; omitted fields stay. An object is replaced as a whole.
pub(crate) fn parse_update(mut body: Fields) -> Result<ConnectorUpdate, Problem> {
    let edit = ConnectorUpdate {
        shards: body.number("shards", str::parse::<Shards>),
        frequency: body.number("frequency", str::parse),
        encoding: body.object("encoding", encoding),
        destination: body.object("destination", destination),
    };
    body.finish()?;
    Ok(edit)
}

fn encoding(fields: &mut Fields) -> Option<Encoding> {
    let format = fields.one_of("format", &Format::ALL.map(Format::as_str).join(", "));
    let format = fields.required("format", format);
    let compression = fields.one_of("compression", &Compression::ALL.map(Compression::as_str).join(", "));
    let compression = fields.required("compression", compression);
    Some(Encoding { format: format?, compression: compression? })
}

fn destination(fields: &mut Fields) -> Option<S3Destination> {
    let role = fields.required_text("role");
    let bucket = fields.required_text("bucket");
    let region = fields.required_text("region");
    let prefix: Option<Prefix> = fields.text("prefix");
    let kind = fields.one_of("encryption", "default, aes256, kms");
    let kms_key = fields.text("kms_key");
    let encryption = fields.accept("encryption", Encryption::new(kind, kms_key));
    let prefix = prefix.or_else(|| DEFAULT_PREFIX.parse().ok());
    Some(S3Destination {
        role: role?,
        bucket: bucket?,
        region: region?,
        prefix: prefix?,
        encryption: encryption?,
    })
}
