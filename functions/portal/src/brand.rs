//! The vendor's clothes: name, accent colour and logo.

use control::branding::Branding;
use control::logo::Logo;

/// How the vendor's portal looks. Nothing is fetched from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// Name and accent colour.
    pub branding: Branding,
    /// The logo, if there is one.
    pub logo: Option<Logo>,
}
