//! Finds a pattern with wildcards, in time that grows with the value alone.

use memchr::memmem::Finder;

/// A normalized pattern with at least one wildcard: what is before the first wildcard, between two of them,
/// and after the last.
#[derive(Debug)]
pub(super) struct Glob {
    head: Box<[u8]>,
    inner: Vec<Finder<'static>>,
    tail: Box<[u8]>,
}

impl Glob {
    /// The pattern of these normalized pieces, between which the wildcards are.
    pub(super) fn new(pieces: &[impl AsRef<[u8]>]) -> Self {
        let (head, rest) =
            pieces.split_first().map_or((&[][..], &[][..]), |(head, rest)| (head.as_ref(), rest));
        let (tail, inner) =
            rest.split_last().map_or((&[][..], &[][..]), |(tail, inner)| (tail.as_ref(), inner));
        let inner = inner.iter().map(|piece| Finder::new(piece.as_ref()).into_owned()).collect();
        Self { head: head.into(), inner, tail: tail.into() }
    }

    /// Whether a normalized value fits it.
    ///
    /// Each inner piece is taken where it is found first: if the value fits at all, it fits so. No byte is
    /// searched twice, and one search is linear whatever it searches (two-way string matching).
    pub(super) fn matches(&self, value: &[u8]) -> bool {
        self.matches_by(value, Finder::find)
    }

    fn matches_by(
        &self,
        value: &[u8],
        mut find: impl FnMut(&Finder<'static>, &[u8]) -> Option<usize>,
    ) -> bool {
        let rest = value.strip_prefix(&*self.head).and_then(|rest| rest.strip_suffix(&*self.tail));
        let Some(mut rest) = rest else { return false };
        for finder in &self.inner {
            let Some(start) = find(finder, rest) else { return false };
            rest = rest.get(start + finder.needle().len()..).unwrap_or_default();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: a wildcard is nothing, or a character and a wildcard.
    fn fits(pattern: &[u8], value: &[u8]) -> bool {
        match (pattern, value) {
            ([], value) => value.is_empty(),
            ([b'*', rest @ ..], value) => {
                fits(rest, value) || !value.is_empty() && fits(pattern, &value[1..])
            }
            ([first, rest @ ..], [same, value @ ..]) => first == same && fits(rest, value),
            _ => false,
        }
    }

    fn glob(pattern: &str) -> Glob {
        Glob::new(&pattern.split('*').collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_its_definition_says(pattern in "[ab]{0,3}(\\*[ab]{1,2}){0,3}\\*[ab]{0,3}",
            value in "[ab]{0,12}")
        {
            let expected = fits(pattern.as_bytes(), value.as_bytes());
            prop_assert_eq!(glob(&pattern).matches(value.as_bytes()), expected);
        }
    }

    #[test]
    fn no_byte_is_searched_twice_whatever_the_pattern() {
        let value = "a".repeat(400 * 1024);
        for pattern in
            ["a*a*a*a*a*a*a*a*a*a*b", "*aa*aa*aa*aa*aa*aa*aa*aa*aa*ab*", "*a*a*a*a*a*a*a*a*a*", "*b*b*"]
        {
            let mut searched = 0;
            let fits = glob(pattern).matches_by(value.as_bytes(), |finder, rest| {
                let found = finder.find(rest);
                searched += found.map_or(rest.len(), |start| start + finder.needle().len());
                found
            });
            assert_eq!(fits, !pattern.contains('b'), "{pattern}");
            assert!(searched <= value.len(), "{pattern}: {searched}");
        }
    }
}
