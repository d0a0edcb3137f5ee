//! The name that somebody probably meant.

/// The name that differs from a text in the fewest letters; `None` if that is every third letter or more.
pub(super) fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let text: Vec<char> = text.chars().take(64).flat_map(char::to_lowercase).collect();
    let nearest = names.into_iter().map(|name| (distance(&text, name), name)).min()?;
    (nearest.0 * 3 < text.len().max(nearest.1.len())).then_some(nearest.1)
}

/// Levenshtein's distance: how many letters must be inserted, removed or replaced.
fn distance(text: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (above, letter) in name.chars().enumerate() {
        let (mut diagonal, mut left) = (above, above + 1);
        let mut next = vec![left];
        for (other, up) in text.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(*other != letter)).min(left + 1).min(up + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_near_and_another_word_is_not() {
        let names = ["cloudtrail", "ocsf", "ecs", "auth0", "workos", "generic"];
        for (typo, right) in [
            ("cloudtrial", Some("cloudtrail")),
            ("CloudTrail", Some("cloudtrail")),
            ("cloud-trail", Some("cloudtrail")),
            ("autho", Some("auth0")),
            ("workos ", Some("workos")),
            ("ocfs", None),
            ("okta", None),
            ("", None),
        ] {
            assert_eq!(nearest(typo, names), right, "{typo}");
        }
        assert_eq!(nearest(&"a".repeat(100_000), names), None);
    }
}
