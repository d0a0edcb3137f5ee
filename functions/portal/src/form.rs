//! A submitted form, as it was typed. Pages parse its fields into types and show the errors beside them.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;

use crate::error::PageError;

/// The fields of a form: each name with its values in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, Vec<String>>);

impl Form {
    /// Parses `application/x-www-form-urlencoded` (WHATWG URL standard, section 5.1).
    pub(crate) fn parse(body: &[u8]) -> Self {
        let mut fields = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(body) {
            fields.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self(fields)
    }

    /// The value of a field as it was typed, without blanks at its ends; empty if it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.last()).map_or("", |value| value.trim())
    }

    /// The same with its blanks, for a value that is compared as it is.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.last()).map_or("", String::as_str)
    }

    /// The form with this value of a field, and no other.
    pub(crate) fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.0.insert(name.to_owned(), vec![value.to_string()]);
        self
    }

    /// All values of a field, such as of checkboxes.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    /// Whether the field was sent, as a checked box is.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The version that the form's page showed, for concurrent edits.
    ///
    /// # Errors
    /// If it is missing or no number: the form was not made by the page.
    pub(crate) fn version(&self) -> Result<u64, PageError> {
        self.text("version").parse().map_err(|_| PageError::Malformed("The form is incomplete.".to_owned()))
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &S) -> Result<Self, PageError> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form =
            kind.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded";
        let body = to_bytes(request.into_body(), usize::MAX).await;
        let body = body.map_err(|_| PageError::Malformed("The form is incomplete.".to_owned()))?;
        if !is_form && !body.is_empty() {
            return Err(PageError::Malformed("A form must be sent as a browser sends it.".to_owned()));
        }
        Ok(Self::parse(&body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_what_was_typed() {
        let form = Form::parse(b"bucket=+acme+&ability=view&ability=set-up&on=&version=7");
        assert_eq!((form.text("bucket"), form.text("none")), ("acme", ""));
        assert_eq!(form.all("ability").collect::<Vec<_>>(), ["view", "set-up"]);
        assert!(form.has("on") && !form.has("off"));
        assert_eq!(form.version().unwrap(), 7);
        assert!(Form::parse(b"version=x").version().is_err());
    }
}
