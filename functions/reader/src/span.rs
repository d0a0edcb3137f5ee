//! The span of a request.

use archive::query::Span;
use archive::time::Time;
use control::explorer::ExplorerError;

use crate::mapping::invalid;

/// The span between two times, if given.
pub(crate) fn span_of(from: Option<Time>, to: Option<Time>) -> Result<Span, ExplorerError> {
    let Span { from: first, to: end } = Span::WHOLE;
    let span = Span { from: from.unwrap_or(first), to: to.unwrap_or(end) };
    match (from, to) {
        (Some(from), Some(to)) if from >= to => {
            Err(invalid(format!("from ({from}) must be before to ({to})")))
        }
        _ => Ok(span),
    }
}
