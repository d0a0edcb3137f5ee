//! The portal in the vendor's clothes: name and color. The logo is an object in staging.

use std::fmt;
use std::str::FromStr;

use archive::names::{InvalidValueError, escape_invisible};
use archive::note::VendorDomain;

/// How the vendor appears on the portal's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    /// The vendor's name.
    pub name: DisplayName,
    /// The color of buttons, links and marks.
    pub accent: Accent,
}

/// The vendor's name as customers know it: 1 to 60 visible characters, without a blank at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// The greatest length of a name that an operator chooses, in characters.
    pub const MAX_CHARS: usize = 60;
    const FORM: &str = "use 1 to 60 visible characters, without a backslash";

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A vendor without a chosen name is known by its domain, however long it is.
impl From<&VendorDomain> for DisplayName {
    fn from(domain: &VendorDomain) -> Self {
        Self(domain.as_str().to_owned())
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DisplayName {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |problem: &str| Err(InvalidValueError::new("vendor name", text, problem, Self::FORM));
        if text.is_empty() {
            return invalid("is empty");
        }
        if text.chars().count() > Self::MAX_CHARS {
            return invalid("is longer than 60 characters");
        }
        if escape_invisible(text) != text {
            return invalid("contains what is invisible");
        }
        Ok(Self(text.to_owned()))
    }
}

/// The accent: a color of sRGB with enough contrast against white, in which the text of buttons is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    red: u8,
    green: u8,
    blue: u8,
}

impl Accent {
    /// The least contrast of text against its background. Source: WCAG 2.2, success criterion 1.4.3 (AA).
    pub const MIN_CONTRAST: f64 = 4.5;
    const FORM: &str = "use #rrggbb, such as #1f5fc2, dark enough for a contrast of 4.5:1 against white";

    /// The ratio of the luminances of white and this color, from 1 to 21.
    /// Source: WCAG 2.2, "contrast ratio".
    #[must_use]
    pub fn contrast_against_white(self) -> f64 {
        1.05 / (self.relative_luminance() + 0.05)
    }

    /// From 0 (black) to 1 (white). Source: WCAG 2.2, "relative luminance".
    fn relative_luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

/// A blue of contrast 6.0:1.
impl Default for Accent {
    fn default() -> Self {
        Self { red: 0x1f, green: 0x5f, blue: 0xc2 }
    }
}

/// As CSS has it: `#rrggbb`.
impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl FromStr for Accent {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |problem: String| InvalidValueError::new("accent", text, problem, Self::FORM);
        let [_, red, green, blue] = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| invalid("is not a color of six hexadecimal digits".to_owned()))?
            .to_be_bytes();
        let accent = Self { red, green, blue };
        let contrast = accent.contrast_against_white();
        if contrast < Self::MIN_CONTRAST {
            // Rounded down: 4.496 must not read as 4.50.
            let found = (contrast * 100.0).floor() / 100.0;
            return Err(invalid(format!(
                "has a contrast of {found:.2}:1 against white, and 4.5:1 is needed"
            )));
        }
        Ok(accent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let against_white = |text: &str| text.parse::<Accent>().map(Accent::contrast_against_white);
        assert!((against_white("#000000").unwrap() - 21.0).abs() < 1e-9);
        // The lightest grey that passes, and the next one: https://webaim.org/resources/contrastchecker
        assert!((against_white("#767676").unwrap() - 4.54).abs() < 0.005);
        assert!(against_white("#777777").unwrap_err().to_string().contains("contrast of 4.47:1"));
        let default = Accent::default();
        assert!(
            (default.contrast_against_white() - 6.0).abs() < 0.05,
            "{}",
            default.contrast_against_white()
        );
        assert_eq!("#1F5FC2".parse::<Accent>().unwrap(), default);
        assert_eq!(default.to_string(), "#1f5fc2");
    }

    #[test]
    fn a_color_that_is_too_light_is_refused_with_what_it_has_and_what_it_needs() {
        for (light, found) in [("#ffffff", "1.00:1"), ("#ffd700", "1.40:1"), ("#00ff00", "1.37:1")] {
            let error = light.parse::<Accent>().unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("4.5:1 is needed"), "{error}");
        }
        for bad in
            ["", "1f5fc2", "#1f5", "#1f5fc2ff", "#1f5fcg", "blue", "#1f5fc2;", "#\u{e4}1f5f", " #1f5fc2"]
        {
            let error = bad.parse::<Accent>().unwrap_err().to_string();
            assert!(error.contains("six hexadecimal digits") && error.contains("#1f5fc2"), "{error}");
        }
    }

    #[test]
    fn a_name_is_what_a_reader_sees() {
        for good in ["Acme", "M\u{fc}ller & S\u{f6}hne GmbH", "株式会社", &"x".repeat(60)] {
            assert_eq!(good.parse::<DisplayName>().unwrap().as_str(), good);
        }
        for bad in ["", " Acme", "Acme\n", "Ac\u{202e}me", "Ac\u{200b}me", "A\\cme", &"x".repeat(61)] {
            assert!(
                bad.parse::<DisplayName>().unwrap_err().to_string().contains("1 to 60 visible"),
                "{bad:?}"
            );
        }
        let domain: VendorDomain = "vendor.example".parse().unwrap();
        assert_eq!(DisplayName::from(&domain).as_str(), "vendor.example");
    }
}
