//! A page of a list that is longer than one answer.

/// Some items of a list, and where to continue. The cursor `C` is the last item unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C = T> {
    /// The items; may be empty even if more follow.
    pub items: Vec<T>,
    /// The cursor after which the next page starts; `None` at the end.
    pub next: Option<C>,
}

impl<T: Clone> Page<T> {
    /// A page whose last item is the cursor, if `more` items follow.
    #[must_use]
    pub fn new(items: Vec<T>, more: bool) -> Self {
        let next = items.last().filter(|_| more).cloned();
        Self { items, next }
    }
}
