//! The options of `portal`.

use std::path::PathBuf;
use std::time::Duration;

use archive::names::{PortalUrl, ReturnUrl, TenantId};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use protocol::portal::{Ability, Addressee, LinkId, LinkKind};

use crate::target::Target;

/// The commands on the portal.
#[derive(Debug, Subcommand)]
pub(crate) enum PortalCommand {
    /// Make a link that lets one person into the portal, without an account
    #[command(after_help = LINK_HELP)]
    Link(LinkArgs),
    /// List links, newest first
    #[command(after_help = LINKS_HELP)]
    Links(LinksArgs),
    /// Revoke a link, or all of a tenant: their sessions end at once
    #[command(after_help = REVOKE_HELP)]
    Revoke(RevokeArgs),
    /// Show your logo on the portal's pages
    #[command(after_help = LOGO_HELP)]
    Logo(LogoArgs),
}

impl PortalCommand {
    /// The command's target.
    pub(crate) const fn target(&self) -> &Target {
        match self {
            Self::Link(args) => &args.target,
            Self::Links(args) => &args.target,
            Self::Revoke(args) => &args.target,
            Self::Logo(args) => &args.target,
        }
    }
}

/// The options of `portal link`.
#[derive(Debug, Clone, Args)]
pub(crate) struct LinkArgs {
    /// The tenant whose pages it opens
    #[arg(long, value_name = "TENANT", required_unless_present = "operators")]
    pub(crate) tenant: Option<TenantId>,
    /// A link for your own people, to every tenant's pages
    #[arg(long, conflicts_with = "tenant")]
    pub(crate) operators: bool,
    /// The name or e-mail address of the person whom it is for
    #[arg(long = "for", value_name = "NAME")]
    pub(crate) addressee: Addressee,
    /// What it allows, besides seeing; may be repeated; by default everything
    #[arg(long = "ability", value_name = "ABILITY", value_parser = abilities())]
    pub(crate) abilities: Vec<Ability>,
    /// How it reaches the person: redirect lasts 5 minutes; by default invite, with --operators redirect
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(crate) kind: Option<LinkKind>,
    /// How long it can be opened, such as 90m, 72h or 14d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) valid_for: Option<Duration>,
    /// The page of your product that the portal leads back to
    #[arg(long, value_name = "URL")]
    pub(crate) return_url: Option<ReturnUrl>,
    /// Where `serve` shows the portal of the folder (only with --local)
    #[arg(long, value_name = "URL", default_value = LOCAL_URL, help_heading = "Where")]
    pub(crate) portal_url: PortalUrl,
    /// Where to make it.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Where `serve` listens by default.
const LOCAL_URL: &str = "http://127.0.0.1:8080";

/// The options of `portal links`.
#[derive(Debug, Clone, Args)]
pub(crate) struct LinksArgs {
    /// The links of this tenant
    #[arg(long, value_name = "TENANT", required_unless_present = "operators")]
    pub(crate) tenant: Option<TenantId>,
    /// The links of your own people
    #[arg(long, conflicts_with = "tenant")]
    pub(crate) operators: bool,
    /// Maximum number of results
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) limit: u32,
    /// Only links older than this one
    #[arg(long, value_name = "LINK")]
    pub(crate) before: Option<LinkId>,
    /// Where the links are.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The options of `portal revoke`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RevokeArgs {
    /// The link, as `portal links` shows it
    #[arg(value_name = "LINK", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) id: Option<LinkId>,
    /// All links of a tenant, or of your own people
    #[arg(long)]
    pub(crate) all: bool,
    /// The tenant whose links are revoked
    #[arg(long, value_name = "TENANT", requires = "all")]
    pub(crate) tenant: Option<TenantId>,
    /// Revoke those of your own people
    #[arg(long, requires = "all", conflicts_with = "tenant")]
    pub(crate) operators: bool,
    /// Where the links are.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The options of `portal logo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct LogoArgs {
    /// A PNG, JPEG or WebP file of at most 20 kB
    #[arg(value_name = "FILE", required_unless_present = "remove", conflicts_with = "remove")]
    pub(crate) file: Option<PathBuf>,
    /// Show no logo any more
    #[arg(long)]
    pub(crate) remove: bool,
    /// Where the portal is.
    #[command(flatten)]
    pub(crate) target: Target,
}

fn abilities() -> impl TypedValueParser<Value = Ability> {
    PossibleValuesParser::new(Ability::ALL.map(Ability::as_str)).try_map(|name| name.parse::<Ability>())
}

fn kinds() -> impl TypedValueParser<Value = LinkKind> {
    const KINDS: [LinkKind; 2] = [LinkKind::Redirect, LinkKind::Invite];
    PossibleValuesParser::new(KINDS.map(LinkKind::as_str))
        .map(|name| if name == LinkKind::Redirect.as_str() { LinkKind::Redirect } else { LinkKind::Invite })
}

/// A number of minutes, hours or days.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let is_number = number.bytes().all(|b| b.is_ascii_digit());
        number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(seconds)
    };
    let form = || "use a number of minutes, hours or days, such as 90m, 72h or 14d".to_owned();
    parsed().map(Duration::from_secs).ok_or_else(form)
}

const LINK_HELP: &str = "\
The link works once. Opening it changes nothing; whoever presses the button on its page is the person whom it is for, \
and every change is recorded under that name. It is shown only now: only a hash of it is stored. The session lasts for \
30 minutes without use, and 8 hours at most. Revoke it at any time: auditferry portal revoke LINK.

Abilities: view (every link has it), explore (search the log), set-up (create, connect and activate connectors), operate \
(change, pause, disable and delete them), contacts, invite (hand a link on to a colleague; with --operators \
make links and revoke them).

In AWS it needs PORTAL_URL, as in the deployment's functions; --return-url must be one of PORTAL_RETURN_URLS or below. \
With --local the link opens while `auditferry serve --local DIR` runs; that locks the folder, so make the link before, \
or in the environment that `serve` prints.

Examples:
  auditferry portal link --tenant acme --for 'Dana Ruiz'
  auditferry portal link --tenant acme --for dana@acme.example --ability set-up --valid-for 24h
  auditferry portal link --operators --for 'On call'";

const LINKS_HELP: &str = "\
Links are listed for 90 days after their end. What was handed on is revoked with the link that it came from.

Example:
  auditferry portal links --tenant acme";

const REVOKE_HELP: &str = "\
The link's session ends at once, and so does everything that was handed on from it. Revoking again changes nothing.

Examples:
  auditferry portal revoke lnk_0193f2a5c8e07d1b4a6f90c2e8d5
  auditferry portal revoke --all --tenant acme";

const LOGO_HELP: &str = "\
The logo is an object in the staging bucket, and the portal serves it itself. The type is read from the file's first \
bytes, whatever the file is called. SVG is not accepted, since it can contain scripts. A function reads the logo when it \
starts, so running ones show the former one for a while.

In AWS it needs STAGING_BUCKET, as in the deployment's functions.

Examples:
  auditferry portal logo ./logo.png
  auditferry portal logo --remove";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        for (text, seconds) in [("1m", 60), ("90m", 5_400), ("72h", 259_200), ("14d", 1_209_600)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for bad in ["", "h", "72", "72 h", "1.5h", "-1h", "+1h", "72H", "1w", "1ü", "99999999999999999999d"]
        {
            assert!(duration(bad).unwrap_err().contains("72h"), "{bad}");
        }
    }
}
