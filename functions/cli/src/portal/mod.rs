//! `portal`: makes, lists and revokes links to the portal, and stores the vendor's logo. Every command on
//! links calls one function of [`PortalAccess`], as the HTTP API does.

pub(crate) mod args;
mod links;
mod logo;

use archive::names::{PortalUrl, TenantId};
use args::PortalCommand;
use aws::clients::ClientFactory;
use aws::operations::Operations;
use aws::settings::{LinkSettings, OnboardingSettings, S3Settings};
use aws::sts::caller_identity::{CallerIdentity, caller_identity};
use control::portal::PortalAccess;
use protocol::caller::Caller;
use protocol::portal::LinkScope;
use sandbox::Durability;
use sandbox::wiring::Sandbox;

use crate::backend::open_folder;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};
use crate::target::{Target, with_target_flag};

/// The links of a deployment, and who runs the command.
struct Links {
    access: PortalAccess,
    caller: Caller,
    /// The embedded stand-ins, with `--local`.
    embedded: Option<Sandbox>,
    /// The flag for suggested commands to work on the same deployment.
    target_flag: String,
}

/// Runs a command on the portal.
pub(crate) async fn run(command: PortalCommand, context: &ProcessContext) -> Result<Exit, CliError> {
    let output = context.output;
    let url = match &command {
        PortalCommand::Logo(args) => return logo::logo(args, context).await,
        PortalCommand::Link(args) => Some(&args.portal_url),
        PortalCommand::Links(_) | PortalCommand::Revoke(_) => None,
    };
    let links = Links::open(command.target(), url, context).await?;
    let done = match &command {
        PortalCommand::Link(args) => links::link(&links, args, output).await,
        PortalCommand::Links(args) => links::list(&links, args, output).await,
        PortalCommand::Revoke(args) => links::revoke(&links, args, output).await,
        PortalCommand::Logo(_) => Ok(Exit::Done),
    };
    if let Some(embedded) = links.embedded {
        embedded.stop().await;
    }
    done
}

impl Links {
    /// Opens the target. `url` is the portal's of a folder; in AWS it is a variable.
    ///
    /// # Errors
    /// If the folder was not created by `init`, an environment variable is missing or malformed, or the
    /// credentials are missing or invalid.
    async fn open(
        target: &Target,
        url: Option<&PortalUrl>,
        context: &ProcessContext,
    ) -> Result<Self, CliError> {
        let Some(dir) = &target.local else { return Self::aws(context).await };
        // Only a new link shows the URL.
        let url = url.cloned().map_or_else(|| "http://127.0.0.1".parse(), Ok)?;
        let embedded = open_folder(dir, target, Durability::Sync).await?;
        Ok(Self {
            access: embedded.portal_access(url),
            caller: context.local_operator(),
            embedded: Some(embedded),
            target_flag: format!(" --local {}", dir.display()),
        })
    }

    /// The caller's own AWS credentials make links for operators, as through the API.
    async fn aws(context: &ProcessContext) -> Result<Self, CliError> {
        let (settings, links, s3) = context.settings::<(OnboardingSettings, LinkSettings, S3Settings)>()?;
        let LinkSettings { portal: Some(url), return_urls } = links else {
            return Err(CliError::usage(
                "PORTAL_URL is not set, so there is no portal to link to",
                "Set it as in the deployment's functions, such as https://audit.vendor.example; or work in a \
                 folder: --local DIR.",
            ));
        };
        let services = ClientFactory::from_environment(s3).await;
        let access = Operations::new(settings, &services, None).portal_access(url, return_urls);
        let CallerIdentity { arn, .. } = caller_identity(&services.sts()).await?;
        let caller = Caller::Operator { name: Caller::recorded_name(&arn).unwrap_or_default() };
        Ok(Self { access, caller, embedded: None, target_flag: String::new() })
    }

    /// Formats a `portal` command for the same deployment, to suggest to the user.
    fn command(&self, arguments: impl std::fmt::Display) -> String {
        with_target_flag(&format!("auditferry portal {arguments}"), &self.target_flag)
    }
}

/// Whose links are meant. The command line's grammar allows exactly one of both.
fn scope(tenant: Option<&TenantId>) -> LinkScope {
    tenant.map_or(LinkScope::Operators, |tenant| LinkScope::Tenant { tenant: tenant.clone() })
}

/// The options that name a scope.
fn scope_flags(scope: &LinkScope) -> String {
    scope.tenant().map_or_else(|| "--operators".to_owned(), |tenant| format!("--tenant {}", tenant.escaped()))
}
