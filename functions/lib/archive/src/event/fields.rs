//! Finds the values of an event's fields by their paths: all values of each, since a name may be repeated.

use super::scan::{JsonString, Name, Visitor};

/// The path of a field: its name, or a JSON Pointer (RFC 6901) such as `/detail/id` or `/resources/0/arn`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// Parses a path. A text that begins with a slash is a JSON Pointer, any other the name of a top-level
    /// field. A `~` that is followed by neither `0` nor `1` is literal.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let Some(pointer) = text.strip_prefix('/') else { return Self(vec![text.to_owned()]) };
        // RFC 6901, section 4: in this order, so that `~01` is `~1`.
        Self(pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
    }

    /// The steps of the path, the outermost first; at least one.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.0
    }

    /// The path as a JSON Pointer, `/detail/id`.
    #[must_use]
    pub fn pointer(&self) -> String {
        let escape = |step: &String| format!("/{}", step.replace('~', "~0").replace('/', "~1"));
        self.0.iter().map(escape).collect()
    }

    /// The path of the same field in an event that contains this one as its field `name`.
    #[must_use]
    pub fn inside(&self, name: &str) -> Self {
        Self(std::iter::once(name).chain(self.0.iter().map(String::as_str)).map(str::to_owned).collect())
    }
}

/// The values of the requested fields. A path is identified by its index in the requested list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldValues<'t> {
    values: Vec<(usize, &'t str)>,
    repeated: Vec<usize>,
}

impl<'t> FieldValues<'t> {
    /// All values of a field as they are written, in the order of the event.
    pub fn all(&self, path: usize) -> impl Iterator<Item = &'t str> + '_ {
        self.values.iter().filter(move |(of, _)| *of == path).map(|(_, value)| *value)
    }

    /// The last value of a field, which is the one that most readers use.
    #[must_use]
    pub fn last(&self, path: usize) -> Option<&'t str> {
        self.all(path).last()
    }

    /// Whether the field, or one that contains it, is repeated in its object, so that readers differ in the
    /// value they use.
    #[must_use]
    pub fn is_repeated(&self, path: usize) -> bool {
        self.repeated.contains(&path)
    }
}

/// Collects the values of fields while an event is read.
pub(super) struct FieldFinder<'p, 't> {
    paths: Vec<PathState<'p>>,
    found: FieldValues<'t>,
}

/// The progress along one path.
struct PathState<'p> {
    steps: &'p [String],
    /// How many of its first steps the path before it in the list has too: their progress along these is the
    /// same, so it is looked up once. Mappings have many paths in one object.
    shared: usize,
    /// How many steps lead to the current position.
    matched: usize,
    /// One bit per level: whether the step was seen before in the current object. There are more bits than
    /// levels in an event.
    seen_levels: u128,
}

impl<'p> FieldFinder<'p, '_> {
    pub(super) fn new(paths: &'p [FieldPath]) -> Self {
        let mut before: &[String] = &[];
        let state = |path: &'p FieldPath| {
            let steps = path.steps();
            let shared = steps.iter().zip(before).take_while(|(step, before)| step == before).count();
            before = steps;
            PathState { steps, shared, matched: 0, seen_levels: 0 }
        };
        Self { paths: paths.iter().map(state).collect(), found: FieldValues::default() }
    }
}

impl<'t> FieldFinder<'_, 't> {
    pub(super) fn into_values(self) -> FieldValues<'t> {
        self.found
    }
}

impl<'t> Visitor<'t> for FieldFinder<'_, 't> {
    fn wants_members(&self, level: usize) -> bool {
        self.paths.iter().any(|path| path.matched + 1 == level && path.steps.len() >= level)
    }

    fn enter(&mut self, level: usize, name: Name<'t>) {
        let mut is_next = false;
        for (index, path) in self.paths.iter_mut().enumerate() {
            if path.shared < level {
                is_next = path.matched + 1 == level
                    && path.steps.get(level - 1).is_some_and(|step| name.equals(step));
            }
            if !is_next {
                continue;
            }
            let bit = 1u128.checked_shl(u32::try_from(level).unwrap_or(u32::MAX)).unwrap_or_default();
            if path.seen_levels & bit != 0 && !self.found.repeated.contains(&index) {
                self.found.repeated.push(index);
            }
            // The levels below belong to another object from here on.
            path.seen_levels = path.seen_levels & bit.wrapping_sub(1) | bit;
            path.matched = level;
        }
    }

    fn leave(&mut self, level: usize, value: &'t [u8]) {
        for (index, path) in self.paths.iter_mut().enumerate().filter(|(_, path)| path.matched == level) {
            path.matched -= 1;
            // It is UTF-8, since the whole event is.
            if path.steps.len() == level
                && let Ok(value) = std::str::from_utf8(value)
            {
                self.found.values.push((index, value));
            }
        }
    }
}

impl Name<'_> {
    fn equals(&self, step: &str) -> bool {
        match self {
            Self::Key(text) => JsonString::equals(*text, step),
            // RFC 6901, section 4: without leading zeros.
            Self::Index(index) => {
                step.parse() == Ok(*index) && (step == "0" || !step.starts_with(['0', '+']))
            }
        }
    }
}
