//! What pages share: times, badges, text to copy, and messages.

use std::time::Duration;

use archive::time::Time;
use maud::{Markup, html};

/// A time with its date: `Nov 30, 13:06 UTC`.
pub(crate) fn moment(time: Time) -> String {
    format!("{}, {} UTC", date(time), hour(time))
}

/// The same as markup. A script adds the local time.
pub(crate) fn date_time(time: Time) -> Markup {
    html! { time datetime=(time) { (moment(time)) } }
}

/// A time with its whole date, for records that are read years later: `Nov 30, 2026, 13:06 UTC`.
pub(crate) fn full_time(time: Time) -> Markup {
    let iso = time.date();
    let year = iso.split('-').next().unwrap_or_default();
    html! { time datetime=(time) { (date(time)) ", " (year) ", " (hour(time)) " UTC" } }
}

/// The time of day alone, `13:06`, where the day is clear.
pub(crate) fn clock_time(time: Time) -> Markup {
    html! { time datetime=(time) { (hour(time)) } }
}

/// `Nov 30`.
pub(crate) fn date(time: Time) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let iso = time.date();
    let mut parts = iso.split('-').skip(1).map(|part| part.parse::<usize>().unwrap_or_default());
    let (month, day) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{} {day}", MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or("?"))
}

/// `13:06`.
pub(crate) fn hour(time: Time) -> String {
    time.to_string().get(11..16).unwrap_or_default().to_owned()
}

/// A span in words: `5 min`, `3 h`, `2 days`.
pub(crate) fn span(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2_880 if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        60..1_440 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

/// A number with separators: `12,345`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with its thing: `1 file`, `6 files`.
pub(crate) fn count(number_of: u64, thing: &str) -> String {
    let plural = if number_of == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", number(number_of))
}

/// A size: `812 B`, `1.4 MB` (powers of ten).
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1_000, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS.get(unit).copied().unwrap_or_default())
}

/// How a state feels. Each has a shape beside its colour, so that nobody needs the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Something waits, or could be better.
    Warn,
    /// Somebody must act.
    Bad,
    /// Neither.
    Neutral,
}

impl Tone {
    /// The name of its class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Neutral => "neutral",
        }
    }

    const fn shape(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warn => "!",
            Self::Bad => "✕",
            Self::Neutral => "–",
        }
    }
}

/// A state in a frame: shape, word, colour.
pub(crate) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span.badge.(tone.class()) { span aria-hidden="true" { (tone.shape()) } " " (text) } }
}

/// The shape of a state alone, beside a word that says it.
pub(crate) fn mark(tone: Tone) -> Markup {
    html! { span.mark.(tone.class()) aria-hidden="true" { (tone.shape()) } }
}

/// Text to copy: selectable, and with a button where a script can copy. `label` says what it is.
pub(crate) fn copyable(label: &str, text: &str) -> Markup {
    html! {
        div.copyable {
            pre tabindex="0" role="group" aria-label=(label) { code { (text) } }
            button.small type="button" data-copy hidden { "Copy" span.hidden { " " (label) } }
        }
    }
}

/// A text whose names of actions and resources stand between backticks.
pub(crate) fn with_code(text: &str) -> Markup {
    html! {
        @for (index, piece) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// A message on top of a page: what was done, or what to know.
pub(crate) fn notice(tone: Tone, body: &Markup) -> Markup {
    html! { div.notice.(tone.class()) role="status" { (mark(tone)) div { (body) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sizes_and_numbers_read_as_people_write_them() {
        let time: Time = "2026-11-30T13:06:09Z".parse().unwrap();
        assert_eq!((date(time), hour(time)), ("Nov 30".to_owned(), "13:06".to_owned()));
        assert_eq!(
            date_time(time).into_string(),
            "<time datetime=\"2026-11-30T13:06:09.000Z\">Nov 30, 13:06 UTC</time>"
        );
        assert!(full_time(time).into_string().contains(">Nov 30, 2026, 13:06 UTC<"));
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
        for (bytes, text) in [
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_999, "999.9 kB"),
            (1_400_000, "1.4 MB"),
            (5_000_000_000, "5.0 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        for (minutes, text) in [
            (0, "less than a minute"),
            (5, "5 min"),
            (60, "1 h"),
            (90, "1 h 30 min"),
            (1_440, "24 h"),
            (4_320, "3 days"),
        ] {
            assert_eq!(span(Duration::from_mins(minutes)), text);
        }
        assert_eq!((count(1, "file"), count(6, "file")), ("1 file".to_owned(), "6 files".to_owned()));
    }
}
