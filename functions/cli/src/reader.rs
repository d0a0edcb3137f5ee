//! How the command line reaches the reader, which alone may read events: in this process for a folder, by an
//! invocation of the deployment's function on AWS. This is the one place that knows.

use std::sync::Arc;

use aws::clients::ClientFactory;
use aws::settings::ReaderFunction;
use control::explorer::Explorer;
use control::portal_events::PortalEvents;
use ports::ReaderClient;
use sandbox::wiring::Sandbox;

use crate::error::CliError;

/// The reader of a folder. Its events are the user's own.
pub(crate) fn in_folder(embedded: &Sandbox) -> Explorer {
    Explorer::new(Some(Arc::new(embedded.reader(PortalEvents::Events))))
}

/// The deployment's function, invoked with the operator's credentials; `None` without the variable
/// `READER_FUNCTION`. Other commands need no reader.
///
/// # Errors
/// If this build can't invoke functions.
pub(crate) fn of_deployment(
    function: ReaderFunction,
    services: &ClientFactory,
) -> Result<Option<Explorer>, CliError> {
    let reader = function.name.map(|name| client(services, name)).transpose()?;
    Ok(reader.map(|reader| Explorer::new(Some(reader))))
}

/// Why a question can't be asked without `READER_FUNCTION`. Whether the deployment has a reader, this process
/// does not know.
pub(crate) fn not_set() -> CliError {
    CliError::usage(
        "READER_FUNCTION is not set, and only the reader may read events",
        "Set it to the stack's output ReaderFunctionName. A stack without this output has no reader, since its \
         parameter PortalEvents is off. In the environment of `auditferry serve`, ask its API instead.",
    )
}

#[cfg(feature = "aws")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn client(services: &ClientFactory, name: String) -> Result<Arc<dyn ReaderClient>, CliError> {
    Ok(Arc::new(aws::reader::LambdaReader::new(&services.config(|_| None), name)))
}

#[cfg(not(feature = "aws"))]
#[expect(clippy::needless_pass_by_value, reason = "with the feature it is kept")]
fn client(_: &ClientFactory, name: String) -> Result<Arc<dyn ReaderClient>, CliError> {
    Err(CliError::usage(
        format!("this build can't invoke {name}"),
        "Build it with AWS's other services: cargo build --release --features auditferry/aws.",
    ))
}
