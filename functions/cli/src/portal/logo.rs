//! `portal logo`: stores the vendor's logo in the staging bucket, or removes it.

use std::sync::Arc;

use aws::clients::ClientFactory;
use aws::s3::staging::S3Staging;
use aws::settings::{S3Settings, StagingSettings};
use control::logo::Logo;
use ports::LogoStore;
use sandbox::Durability;
use serde::Serialize;

use super::args::LogoArgs;
use crate::backend::open_folder;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit, io_error};
use crate::table::grouped;

#[derive(Serialize)]
struct LogoOutput {
    /// `null` if the logo was removed.
    media_type: Option<&'static str>,
    bytes: usize,
}

/// `portal logo`.
pub(super) async fn logo(args: &LogoArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    // Before anything is opened, since a file is easily the wrong one.
    let logo = match &args.file {
        None => None,
        Some(file) => {
            let bytes = std::fs::read(file).map_err(io_error(file.display()))?;
            let logo = Logo::parse(bytes.into()).map_err(|refused| {
                CliError::usage(
                    format!("{}: {refused}", file.display()),
                    "Save it as PNG, JPEG or WebP with at most 20 kB.",
                )
            })?;
            Some(logo)
        }
    };
    let (store, embedded): (Arc<dyn LogoStore>, _) = if let Some(dir) = &args.target.local {
        let embedded = open_folder(dir, &args.target, Durability::Sync).await?;
        (embedded.logo_store(), Some(embedded))
    } else {
        let (staging, s3) = context.settings::<(StagingSettings, S3Settings)>()?;
        let services = ClientFactory::from_environment(s3).await;
        (Arc::new(S3Staging::new(services.s3(), staging.bucket.to_string())), None)
    };
    let stored = match &logo {
        Some(logo) => store.store_logo(logo.media_type(), logo.bytes().clone()).await,
        None => store.remove_logo().await,
    };
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    stored?;
    let (media_type, bytes) =
        logo.as_ref().map_or((None, 0), |logo| (Some(logo.media_type()), logo.bytes().len()));
    match media_type {
        Some(media_type) => {
            let size = grouped(bytes as u64);
            context.output.line(format_args!("the portal shows this logo: {media_type}, {size} bytes"));
        }
        None => context.output.line("the portal shows no logo"),
    }
    context.output.object(&LogoOutput { media_type, bytes });
    Ok(Exit::Done)
}
