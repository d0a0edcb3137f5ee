//! DynamoDB's numbers: decimals of up to 38 digits, more than any machine number has. They are parsed,
//! ordered and written as JSON without losing a digit.
//!
//! Source: DynamoDB developer guide, "Supported data types and naming rules".

use std::borrow::Cow;

/// Larger than any exponent in DynamoDB (−130 to 125). Numbers beyond are not from DynamoDB, and could be
/// written as gigabytes of zeros.
const MAX_EXPONENT: i32 = 1_000;

/// A decimal number: ±0.`digits` × 10^`exponent`, without leading or trailing zeros, so equal numbers have
/// equal values. Zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i32,
}

impl Decimal {
    /// Parses any usual notation: `-1.50`, `+7`, `.5`, `1E+20`. `None` if it is malformed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let written = || whole.bytes().chain(fraction.bytes());
        if written().next().is_none() || !written().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let leading = written().take_while(|b| *b == b'0').count();
        let mut digits: Vec<u8> = written().skip(leading).map(|b| b - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let point = i32::try_from(whole.len()).ok()?.checked_sub(i32::try_from(leading).ok()?)?;
        let exponent = exponent.checked_add(point)?;
        let negative = mantissa.starts_with('-');
        (exponent.abs() <= MAX_EXPONENT).then_some(Self { negative, digits, exponent })
    }

    /// Bytes that compare like the numbers do.
    ///
    /// First the sign (0, 1 for zero, 2), then the exponent, then the digits. For a negative number both are
    /// inverted and an end mark follows: of −1.2 and −1.25 the shorter one is larger.
    pub(super) fn ordered_bytes(&self) -> Vec<u8> {
        if self.digits.is_empty() {
            return vec![1];
        }
        let biased = u16::try_from(self.exponent + 2 * MAX_EXPONENT).unwrap_or_default();
        let size = biased.to_be_bytes().into_iter().chain(self.digits.iter().copied());
        if self.negative {
            std::iter::once(0).chain(size.map(|byte| !byte)).chain(std::iter::once(u8::MAX)).collect()
        } else {
            std::iter::once(2).chain(size).collect()
        }
    }

    /// The number without an exponent: `1500`, `-0.0015`.
    pub(super) fn plain(&self) -> String {
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let point = usize::try_from(self.exponent).unwrap_or_default();
        match digits.split_at_checked(point) {
            None => format!("{sign}{digits}{}", "0".repeat(point - digits.len())),
            Some((whole, "")) => format!("{sign}{whole}"),
            Some(("", fraction)) => {
                let zeros = usize::try_from(-self.exponent).unwrap_or_default();
                format!("{sign}0.{}{fraction}", "0".repeat(zeros))
            }
            Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// A number as JSON: unchanged wherever JSON allows that, in plain notation otherwise. `None` if it is
/// malformed.
pub(super) fn json(text: &str) -> Option<Cow<'_, str>> {
    if is_json(text) {
        return Some(Cow::Borrowed(text));
    }
    Decimal::parse(text).map(|number| Cow::Owned(number.plain()))
}

/// Whether a text is a JSON number (RFC 8259, section 6).
pub(super) fn is_json(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn order(text: &str) -> Vec<u8> {
        Decimal::parse(text).unwrap().ordered_bytes()
    }

    #[test]
    fn numbers_sort_as_on_the_number_line() {
        let line = [
            "-9.9999999999999999999999999999999999999E+125",
            "-100",
            "-99.9",
            "-1.25",
            "-1.2",
            "-1",
            "-0.5",
            "-1E-130",
            "0",
            "1E-130",
            "0.05",
            "0.5",
            "1",
            "1.2",
            "1.25",
            "9",
            "10",
            "10.5",
            "99999999999999999999999999999999999999",
            "1E+38",
            "9.9999999999999999999999999999999999999E+125",
        ];
        assert!(line.windows(2).all(|pair| order(pair[0]) < order(pair[1])));
    }

    #[test]
    fn equal_numbers_in_several_notations_have_equal_bytes() {
        for same in [["1.50", "1.5"], ["100", "1E2"], ["-0", "0.00"], ["+7", "0007."], [".5", "5e-1"]] {
            assert_eq!(order(same[0]), order(same[1]), "{same:?}");
        }
    }

    #[test]
    fn what_json_allows_stays_as_it_is_and_the_rest_becomes_plain() {
        for (text, written) in [
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            ("-0.10", "-0.10"),
            ("1E+2", "1E+2"),
            ("1E-130", "1E-130"),
            ("+7", "7"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-.05e1", "-0.5"),
            ("+1.5E+3", "1500"),
        ] {
            assert_eq!(json(text).unwrap(), written);
        }
        for bad in ["", "-", ".", "e5", "1e", "0x1", "NaN", "1 ", "1,5", "--1", "+1e99999999999", "+1e999999"]
        {
            assert_eq!(json(bad), None, "{bad}");
        }
    }

    /// Compares by scaling both to the same power of ten.
    fn compare((a, a_scale): (i64, u32), (b, b_scale): (i64, u32)) -> Ordering {
        let common = |value: i64, scale: u32| i128::from(value) * 10i128.pow(18 - scale);
        common(a, a_scale).cmp(&common(b, b_scale))
    }

    fn written((value, scale): (i64, u32), form: u8) -> String {
        match form % 3 {
            0 => format!("{value}E-{scale}"),
            1 => Decimal::parse(&format!("{value}e-{scale}")).unwrap().plain(),
            _ => format!("{value}0E-{}", scale + 1),
        }
    }

    proptest! {
        #[test]
        fn bytes_compare_as_numbers_do(
            a in (any::<i64>(), 0u32..=18), b in (any::<i64>(), 0u32..=18), small: bool,
            forms in any::<[u8; 2]>(),
        ) {
            let (a, b) = if small { ((a.0 % 1000, a.1 % 4), (b.0 % 1000, b.1 % 4)) } else { (a, b) };
            let (left, right) = (order(&written(a, forms[0])), order(&written(b, forms[1])));
            prop_assert_eq!(left.cmp(&right), compare(a, b));
        }

        #[test]
        fn plain_notation_is_the_same_number_and_json(
            digits in "[0-9]{1,38}", exponent in -130i32..=126, negative: bool,
        ) {
            let text = format!("{}{digits}E{exponent}", if negative { "-" } else { "" });
            let number = Decimal::parse(&text).unwrap();
            let plain = number.plain();
            prop_assert!(is_json(&plain), "{plain}");
            prop_assert_eq!(Decimal::parse(&plain).unwrap(), number);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+.eE0-9x]{0,12}") {
            let written = json(&text);
            let is_valid = |json: &str| serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
            prop_assert!(written.is_none_or(|json| is_valid(&json)));
        }
    }
}
