//! Renders the errors of all pages as pages.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use control::portal::Visitor;

use crate::Portal;
use crate::error::{PageError, SharedPageError};
use crate::layout::Layout;

/// A handler that fails knows neither the vendor's clothes nor the person, so its answer carries only the
/// error. This turns it into a page.
pub(crate) async fn render(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(SharedPageError(error)) = response.extensions_mut().remove() else { return response };
    let visitor = response.extensions_mut().remove::<Visitor>();
    let return_url = match &*error {
        PageError::NoSession { link: Some(link), .. } => {
            // Best effort: without the record the page has no way back, and is shown all the same.
            portal.access.links.portal_link(link).await.ok().flatten().and_then(|link| link.return_url)
        }
        _ => None,
    };
    let layout = Layout::new(&portal, visitor.as_ref());
    let mut page = layout.error(&error, return_url.as_ref());
    *page.status_mut() = error.status();
    page
}
