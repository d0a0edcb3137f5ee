//! The portal's settings.

use archive::names::{PortalUrl, ReturnUrl};
use control::branding::{Accent, Branding, DisplayName};
use control::portal_events::PortalEvents;

use super::env::{Env, FromEnv, ReportedError};
use super::links::{PORTAL_URL, return_urls};
use super::onboarding::OnboardingSettings;
use super::reader::ReaderFunction;
use super::resources::{S3Settings, StagingSettings};
use super::signing::SigningSettings;
use super::stack::StackSettings;

/// The portal's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalSettings {
    /// The settings of the operations behind its pages.
    pub onboarding: OnboardingSettings,
    /// Its own URL, in the links that it makes.
    pub url: PortalUrl,
    /// The pages to which, and below which, a link may lead back. None if empty.
    pub return_urls: Vec<ReturnUrl>,
    /// The vendor's name and color.
    pub branding: Branding,
    /// What it may show of events.
    pub events: PortalEvents,
    /// How it asks about them.
    pub reader: ReaderFunction,
    /// The staging bucket, which has the vendor's logo.
    pub staging: StagingSettings,
    /// How S3 buckets are addressed.
    pub s3: S3Settings,
    /// The signing keys, whose public halves are shown.
    pub signing: SigningSettings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl FromEnv for PortalSettings {
    /// Reads what each setting reads; here `PORTAL_URL` is required.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the portal's URL, such as https://audit.vendor.example";
        let url = env.required(PORTAL_URL, form, |value| value.parse().ok());
        let return_urls = return_urls(env);
        let read = env.read::<(OnboardingSettings, Appearance, _, _, _, _, SigningSettings, _)>();
        let (onboarding, appearance, events, reader, staging, s3, signing, stack) = read?;
        let (url, return_urls) = (url?, return_urls?);
        let name = appearance.name.unwrap_or_else(|| DisplayName::from(&signing.vendor));
        let branding = Branding { name, accent: appearance.accent };
        Ok(Self { onboarding, url, return_urls, branding, events, reader, staging, s3, signing, stack })
    }
}

/// What the operator has chosen of the [`Branding`].
struct Appearance {
    name: Option<DisplayName>,
    accent: Accent,
}

impl FromEnv for Appearance {
    /// Reads `PORTAL_NAME`, absent means `VENDOR_DOMAIN`, and `PORTAL_ACCENT`, absent means `#1f5fc2`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let name = env.parsed("PORTAL_NAME", |value| {
            let form = "your name: 1 to 60 visible characters, or empty for VENDOR_DOMAIN";
            value.parse::<DisplayName>().map_err(|wrong| format!("{form} (it {})", wrong.problem))
        });
        let accent = env.parsed("PORTAL_ACCENT", |value| {
            let form = format!("a color as #rrggbb, or empty for {}", Accent::default());
            value.parse::<Accent>().map_err(|wrong| format!("{form} (it {})", wrong.problem))
        });
        Ok(Self { name: name?, accent: accent?.unwrap_or_default() })
    }
}

impl FromEnv for PortalEvents {
    /// Reads `PORTAL_EVENTS`; absent means `off`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "`off`, `counts` or `events`, or empty for `off`";
        Ok(env.optional("PORTAL_EVENTS", form, Self::named)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read as settings;

    /// The environment of a portal, with these variables set to something else.
    fn read(changed: &[(&str, &str)]) -> Result<PortalSettings, String> {
        let lookup = |name: &str| {
            let changed = changed.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
            let given = match name {
                "LEDGER_TABLE" => "ledger",
                "EVENT_BUS_NAME" => "bus",
                "STAGING_BUCKET" => "staging",
                "VENDOR_DOMAIN" => "vendor.example",
                "SIGNING_KEY" => "alias/auditferry-signing",
                "PORTAL_URL" => "https://audit.vendor.example",
                _ => "",
            };
            Some(changed.unwrap_or(given).to_owned())
        };
        settings::<PortalSettings>(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn a_portal_needs_its_url_and_everything_else_has_a_default() {
        let portal = read(&[]).unwrap();
        assert_eq!(portal.branding.name.as_str(), "vendor.example");
        assert_eq!((portal.branding.accent, portal.events), (Accent::default(), PortalEvents::Off));
        assert!(portal.return_urls.is_empty());
        let error = read(&[("PORTAL_URL", "")]).unwrap_err();
        assert!(error.contains("PORTAL_URL is not set; it must be the portal's URL, such as"), "{error}");
    }

    #[test]
    fn the_vendors_appearance_is_read_and_a_bad_one_refused_with_the_reason() {
        let chosen =
            [("PORTAL_NAME", "M\u{fc}ller"), ("PORTAL_ACCENT", "#B00020"), ("PORTAL_EVENTS", "counts")];
        let portal = read(&chosen).unwrap();
        assert_eq!(portal.branding.name.as_str(), "M\u{fc}ller");
        assert_eq!(
            (portal.branding.accent.to_string().as_str(), portal.events),
            ("#b00020", PortalEvents::Counts)
        );
        for (name, bad, why) in [
            ("PORTAL_NAME", "a\u{200b}b", "contains what is invisible"),
            ("PORTAL_ACCENT", "#ffd700", "has a contrast of 1.40:1 against white, and 4.5:1 is needed"),
            ("PORTAL_ACCENT", "red", "or empty for #1f5fc2"),
            ("PORTAL_EVENTS", "true", "`off`, `counts` or `events`"),
        ] {
            let error = read(&[(name, bad)]).unwrap_err();
            assert!(error.contains(&format!("{name} is `")) && error.contains(why), "{error}");
        }
    }
}
