//! The vendor's logo: which files are one.

use bytes::Bytes;

/// An image that browsers show and that can contain no script. Its type is read from its first bytes, never
/// from a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    media_type: &'static str,
    bytes: Bytes,
}

/// Why a file is no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// It is too large: each first page would carry it.
    #[error("the file has {0} bytes; a logo has at most 20,000")]
    TooLarge(usize),
    /// It is of another type, such as SVG, which can contain scripts.
    #[error("the file is no PNG, JPEG or WebP image")]
    OtherType,
}

impl Logo {
    /// The maximum size in bytes.
    pub const MAX_BYTES: usize = 20_000;

    /// A logo of these bytes.
    ///
    /// # Errors
    /// If they are too many, or do not begin as a PNG, JPEG or WebP image does. Sources: PNG specification,
    /// third edition, section 5.2; ITU-T T.81, annex B; RFC 9649, section 2.4.
    pub fn parse(bytes: Bytes) -> Result<Self, LogoError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(LogoError::TooLarge(bytes.len()));
        }
        let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice());
        let media_type = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            "image/png"
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            "image/jpeg"
        } else if is_webp {
            "image/webp"
        } else {
            return Err(LogoError::OtherType);
        };
        Ok(Self { media_type, bytes })
    }

    /// The media type: `image/png`, `image/jpeg` or `image/webp`.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The file.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_a_small_image_by_its_first_bytes() {
        for (bytes, media_type) in [
            (b"\x89PNG\r\n\x1a\n....".as_slice(), "image/png"),
            (b"\xff\xd8\xff\xe0....", "image/jpeg"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        ] {
            let logo = Logo::parse(Bytes::copy_from_slice(bytes)).unwrap();
            assert_eq!((logo.media_type(), logo.bytes().as_ref()), (media_type, bytes));
        }
        for other in [
            b"".as_slice(),
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            b"GIF89a",
            b"\x89PNG",
            b"RIFF\x10\0\0\0WAVE",
            b"RIFF",
            b"<html>\x89PNG\r\n\x1a\n",
        ] {
            assert_eq!(Logo::parse(Bytes::copy_from_slice(other)), Err(LogoError::OtherType));
        }
    }

    #[test]
    fn a_logo_has_at_most_20_kilobytes() {
        let of = |size: usize| {
            let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
            bytes.resize(size, 0);
            Logo::parse(bytes.into()).map(|logo| logo.bytes().len())
        };
        assert_eq!(of(Logo::MAX_BYTES), Ok(Logo::MAX_BYTES));
        assert_eq!(of(Logo::MAX_BYTES + 1), Err(LogoError::TooLarge(20_001)));
    }
}
