//! How often files come, in words.

use archive::frequency::Frequency;

/// `hour`, `6 hours`: what stands after *every*.
pub(crate) fn hours(frequency: Frequency) -> String {
    match frequency.hours() {
        1 => "hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}

/// `every hour`, `every 6 hours`.
pub(crate) fn every(frequency: Frequency) -> String {
    format!("every {}", hours(frequency))
}

/// Each frequency to choose, as the value of a field and in words.
pub(crate) fn choices() -> Vec<(String, String)> {
    let all = Frequency::RANGE.filter_map(|hours| Frequency::try_from(hours).ok());
    all.map(|frequency| (frequency.hours().to_string(), hours(frequency))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hour_of_a_day_is_a_choice() {
        assert_eq!(every(Frequency::HOURLY), "every hour");
        assert_eq!(every(Frequency::try_from(6).unwrap()), "every 6 hours");
        let choices = choices();
        assert_eq!(choices.len(), 24);
        assert_eq!(choices.first().unwrap(), &("1".to_owned(), "hour".to_owned()));
        assert_eq!(choices.last().unwrap(), &("24".to_owned(), "24 hours".to_owned()));
    }
}
