//! The addresses of the portal's pages.

use archive::names::{ConnectorId, TenantId};
use archive::part::PartNumber;
use control::portal::Visitor;

/// A text for a query.
pub(crate) fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A page about a tenant at `path`, which may have a query. An operator's address also names the tenant.
pub(crate) fn of_tenant(visitor: &Visitor, tenant: &TenantId, path: &str) -> String {
    if visitor.is_operator() { with_tenant(tenant, path) } else { path.to_owned() }
}

/// The same with the tenant in its query.
pub(crate) fn with_tenant(tenant: &TenantId, path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}tenant={}", encode(tenant.as_str()))
}

/// A page of a connector, such as `settings`; its first page if that is empty.
pub(crate) fn of_connector(id: &ConnectorId, page: &str) -> String {
    let separator = if page.is_empty() { "" } else { "/" };
    format!("/portal/connectors/{id}{separator}{page}")
}

/// The page of a part.
pub(crate) fn of_part(id: &ConnectorId, part: PartNumber) -> String {
    of_connector(id, &format!("exports/{}", part.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_connector_is_below_its_first_page() {
        let id = ConnectorId::new(1);
        let first = "/portal/connectors/con_0000000000000001";
        assert_eq!(of_connector(&id, ""), first);
        assert_eq!(of_connector(&id, "settings"), format!("{first}/settings"));
        assert_eq!(of_part(&id, PartNumber::new(7)), format!("{first}/exports/7"));
        assert_eq!(encode("a&b =\u{e9}"), "a%26b+%3D%C3%A9");
    }
}
