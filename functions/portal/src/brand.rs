//! The vendor's clothes: name, accent colour and logo.

use control::branding::Branding;

/// How the vendor's portal looks. Nothing is fetched from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// Name and accent colour.
    pub branding: Branding,
    /// The logo, if there is one.
    pub logo: Option<Logo>,
}

/// A logo of at most 20 kB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Its media type, such as `image/png`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}
