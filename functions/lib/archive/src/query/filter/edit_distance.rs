//! What somebody meant who mistyped a word.

/// The longest word that is compared, characters.
const LONGEST: usize = 20;

/// The candidate that is nearest to the word, the first of equally near ones. `None` if it is none: if more
/// than a third of its characters, and one more, would have to change.
pub(super) fn nearest(
    word: &str,
    candidates: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let word: Vec<char> = word.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    if word.len() > LONGEST {
        return None;
    }
    let limit = 1 + word.len() / 3;
    let distances = candidates.into_iter().map(|candidate| (distance(&word, candidate), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= limit && distance < word.len()).then_some(candidate)
}

/// How many characters must be inserted, removed, replaced, or swapped with their neighbour (optimal string
/// alignment, a form of the Damerau-Levenshtein distance).
fn distance(from: &[char], to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, char) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let replaced = at(&last, column) + usize::from(char != other);
            let inserted = at(&current, column) + 1;
            let removed = at(&last, column + 1) + 1;
            let is_swap =
                column > 0 && row > 0 && to.get(column - 1) == Some(char) && from.get(row - 1) == Some(other);
            let swapped = if is_swap { at(&before_last, column - 1) + 1 } else { usize::MAX };
            current.push(replaced.min(inserted).min(removed).min(swapped));
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Field;

    #[test]
    fn a_mistyped_word_has_a_nearest_one() {
        for (word, expected) in [
            ("acton", Some("action")),
            ("ACTOR", Some("actor")),
            ("aciton", Some("action")),
            ("tiem", Some("time")),
            ("ips", Some("ip")),
            ("outcmoe", Some("outcome")),
            ("tennant", Some("tenant")),
            ("https", None),
            ("arn", None),
            ("user", None),
            ("x", None),
            ("", None),
            ("category_category_category", None),
        ] {
            assert_eq!(nearest(word, Field::ALL.map(Field::as_str)), expected, "{word}");
        }
    }

    #[test]
    fn the_distance_counts_changes_of_characters() {
        for (from, to, expected) in
            [("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abcd", "acbd", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(&from.chars().collect::<Vec<_>>(), to), expected, "{from} {to}");
        }
    }
}
