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

/// A logo: an image of a form that its bytes show, of at most 20 kB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Its media type, such as `image/png`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why bytes are no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// It is too large for the head of every page.
    #[error("the logo has {0} bytes; it may have at most {max}", max = Logo::MAX_BYTES)]
    TooLarge(usize),
    /// Its bytes begin like none of the known forms.
    #[error("the logo is neither PNG, JPEG, WebP nor SVG")]
    UnknownForm,
}

impl Logo {
    /// The greatest size, bytes.
    pub const MAX_BYTES: usize = 20_000;

    /// The logo with these bytes. Its media type follows from them, never from a name. An SVG can contain a
    /// script; none runs, since pages show it as an image, and the policy of every answer allows none.
    ///
    /// # Errors
    /// If it is too large, or of another form.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, LogoError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(LogoError::TooLarge(bytes.len()));
        }
        let media_type = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            bytes if is_svg(bytes) => "image/svg+xml",
            _ => return Err(LogoError::UnknownForm),
        };
        Ok(Self { media_type, bytes })
    }
}

/// XML whose first element is `svg`. Comments and a document type before it are of tools that draw.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!DOCTYPE") => ">",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    rest.strip_prefix("<svg").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n', '>', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logos_form_is_that_of_its_bytes() {
        let media_type = |bytes: &[u8]| Logo::parse(bytes.to_vec()).map(|logo| logo.media_type);
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\nrest"), Ok("image/png"));
        assert_eq!(media_type(b"\xff\xd8\xff\xe0"), Ok("image/jpeg"));
        assert_eq!(media_type(b"RIFF\0\0\0\0WEBPVP8 "), Ok("image/webp"));
        for svg in [
            "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- a tool -->\n<!DOCTYPE svg>\n<svg>",
        ] {
            assert_eq!(media_type(svg.as_bytes()), Ok("image/svg+xml"), "{svg}");
        }
        for other in ["", "<html><svg>", "<svgx>", "<!-- <svg>", "GIF89a", "#!/bin/sh", "<script>"] {
            assert_eq!(media_type(other.as_bytes()), Err(LogoError::UnknownForm), "{other}");
        }
    }

    #[test]
    fn a_logo_of_more_than_20_kb_is_refused() {
        let png = |size: usize| {
            let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
            bytes.resize(size, 0);
            Logo::parse(bytes)
        };
        assert!(png(20_000).is_ok());
        let error = png(20_001).unwrap_err();
        assert_eq!(error.to_string(), "the logo has 20001 bytes; it may have at most 20000");
    }
}
