//! Health: does the log arrive?

use axum::extract::State;
use axum::response::Response;
use maud::html;
use ports::ConnectorFilter;

use crate::Portal;
use crate::error::PageError;
use crate::layout::{ApiTwin, Layout, Section};
use crate::session::Person;

/// The first page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    Person(visitor): Person,
) -> Result<Response, PageError> {
    let tenant = visitor.tenant(None)?;
    let filter = ConnectorFilter { tenant: Some(&tenant), ..ConnectorFilter::default() };
    let connectors = portal.onboarding.list(&visitor.caller(), filter, None, 100).await?;
    let body = html! {
        h1 { "Health" }
        ul { @for connector in &connectors { li { (connector.id) " " (connector.state.as_str()) } } }
    };
    let layout = Layout::new(&portal, Some(&visitor)).section(Section::Health);
    Ok(layout.twin(ApiTwin::get(format!("/v1/connectors?tenant={tenant}"))).page("Health", &body))
}
