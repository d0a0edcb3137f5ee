//! The addresses of the pages of the log.

use archive::names::TenantId;
use maud::{Markup, html};

use super::view::View;
use crate::address::with_tenant;

/// The page of the log.
pub(crate) const LOG: &str = "/portal/log";

/// Makes the addresses. An operator's name the tenant, a person's do not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    tenant: Option<TenantId>,
}

impl Links {
    /// Those of an operator who looks at this tenant.
    pub(crate) fn of_tenant(tenant: &TenantId) -> Self {
        Self { tenant: Some(tenant.clone()) }
    }

    /// The page of the log in this state.
    pub(crate) fn to(&self, view: &View) -> String {
        self.path(&view.address(LOG))
    }

    /// Another page below the log.
    pub(crate) fn path(&self, path: &str) -> String {
        self.tenant.as_ref().map_or_else(|| path.to_owned(), |tenant| with_tenant(tenant, path))
    }

    /// The state of the page as hidden fields, without these: a form changes some of it and keeps the rest.
    /// What was selected, and the page of rows, begin anew.
    pub(crate) fn hidden(&self, view: &View, but: &[&str]) -> Markup {
        let pairs = view.first_page().pairs();
        html! {
            @for (name, value) in pairs.into_iter().filter(|(name, _)| !but.contains(name)) {
                input type="hidden" name=(name) value=(value);
            }
            (self.tenant_field())
        }
    }

    /// The tenant as a hidden field: the fields of a form with `get` replace the query of its address.
    pub(crate) fn tenant_field(&self) -> Markup {
        html! {
            @if let Some(tenant) = &self.tenant { input type="hidden" name="tenant" value=(tenant); }
        }
    }
}
