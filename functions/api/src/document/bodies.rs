//! The bodies of requests. `crate::requests` and the modules of the resources read them field by field, so
//! that all errors are reported at once; a test holds the fields of both together.

use archive::frequency::Frequency;
use archive::names::{ConnectorId, EmailAddress, ReturnUrl, TenantId, WebhookUrl};
use archive::part::Encoding;
use archive::query::filter::Filter;
use archive::query::output::{Cells, Column, OutputFormat};
use archive::query::row::Order;
use protocol::connector::{S3Destination, Shards};
use protocol::exploration::{Chart, Columns, ExplorationName};
use protocol::portal::{Ability, Addressee, LinkKind};

use serde_json::Value;

use super::values::GivenTime;
use crate::schema::{Components, Schema};
use crate::views::FieldsAsSet;
use crate::wire::described;

/// The body of a creation.
pub(super) struct NewConnector;

described! {
    impl () for (NewConnector) as "NewConnector" {
        /// The tenant of the connector. A tenant's own callers can name no other; if they omit it, contrary
        /// to this schema, it is their own.
        tenant: TenantId,
        #[optional]
        shards: Shards,
        #[optional]
        frequency: Frequency,
        #[optional]
        encoding: Encoding,
        /// Export events from this time on; by default, from the activation on. RFC 3339 in UTC, not before
        /// 1970.
        #[optional]
        start_from: GivenTime,
        #[optional]
        destination: S3Destination,
    }
}

/// The body of a change.
pub(super) struct Edit;

described! {
    impl () for (Edit) as "Edit" {
        #[optional]
        shards: Shards,
        #[optional]
        frequency: Frequency,
        #[optional]
        encoding: Encoding,
        #[optional]
        destination: S3Destination,
    }
}

/// The contacts that replace the present ones.
pub(super) struct NewContacts;

described! {
    impl () for (NewContacts) as "NewContacts" {
        /// Addresses that get mails once they are confirmed, if the deployment has a sender. Case is ignored.
        #[optional]
        emails: Vec<EmailAddress> => {"maxItems": protocol::contacts::MAX_ADDRESSES},
        #[optional]
        webhook: WebhookUrl,
    }
}

/// The address that an operator confirms.
pub(super) struct AddressToConfirm;

described! {
    impl () for (AddressToConfirm) {
        email: EmailAddress,
    }
}

/// The body of a new link.
pub(super) struct NewPortalLink;

described! {
    impl () for (NewPortalLink) as "NewPortalLink" {
        /// The tenant whose pages it opens. Either this or `operators`.
        #[optional]
        tenant: TenantId,
        /// A link for the vendor's own people, to every tenant's pages.
        #[optional]
        operators: bool,
        /// `invite`, unless it says `redirect`.
        #[optional]
        kind: LinkKind,
        /// By default all. Every link can `view`.
        #[optional]
        abilities: Vec<Ability>,
        #[serde(rename = "for")]
        addressee: Addressee,
        #[optional]
        return_url: ReturnUrl,
        /// How long it can be redeemed: at least a minute; a `redirect` 300 seconds, which is its default, an
        /// `invite` 14 days, by default 72 hours.
        #[optional]
        valid_seconds: u64 => {"minimum": 60, "maximum": LinkKind::MAX_VALIDITY.as_secs()},
    }
}

/// The body of a download.
pub(super) struct NewDownload;

described! {
    impl () for (NewDownload) as "NewDownload" {
        /// Which connector's archive, if the tenant has several.
        #[optional]
        connector: ConnectorId,
        /// By default all events.
        #[optional]
        filter: Filter,
        /// Only events of this time or later.
        #[optional]
        from: GivenTime,
        /// Only events before this time.
        #[optional]
        to: GivenTime,
        /// By default `newest`.
        #[optional]
        order: Order,
        format: OutputFormat,
        /// The columns of CSV; part, position and the whole event follow. By default time, action, actor,
        /// target, outcome and ip.
        #[optional]
        columns: Vec<Column>,
        /// By default `safe`.
        #[optional]
        cells: Cells,
    }
}

/// The body of a new exploration.
pub(super) struct NewExploration;

described! {
    impl () for (NewExploration) as "NewExploration" {
        name: ExplorationName,
        /// By default all events.
        #[optional]
        filter: Filter,
        #[optional]
        columns: Columns,
        #[optional]
        chart: Chart,
        /// Which connector's events it searches, if the tenant has several.
        #[optional]
        connector: ConnectorId,
    }
}

/// The body of a change of an exploration.
pub(super) struct ExplorationEdit;

described! {
    impl () for (ExplorationEdit) as "ExplorationEdit" {
        #[optional]
        name: ExplorationName,
        #[optional]
        filter: Filter,
        #[optional]
        columns: Columns,
        /// Null removes it.
        #[optional]
        chart: Removable,
    }
}

/// A chart, or null.
struct Removable;

impl Schema for Removable {
    fn schema(components: &mut Components) -> Value {
        Option::<Chart>::schema(components)
    }
}

/// The body of a mapping.
pub(super) struct NewEventFields;

described! {
    impl () for (NewEventFields) as "NewEventFields" {
        fields: FieldsAsSet,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::response::IntoResponse as _;
    use control::partition::PartitionFormat;
    use protocol::caller::Caller;
    use serde_json::json;

    use super::*;
    use crate::fields::Fields;
    use crate::problem::Problem;
    use crate::requests::{parse_create, parse_update};

    fn properties<T: Schema>() -> Vec<String> {
        T::schema(&mut Components::default())["properties"].as_object().unwrap().keys().cloned().collect()
    }

    /// The fields that a parser knows: it lists them when it meets another one.
    async fn known(problem: Problem) -> Vec<String> {
        let body = to_bytes(problem.into_response().into_body(), usize::MAX).await.unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        let mut details =
            problem["errors"].as_array().unwrap().iter().map(|error| error["detail"].as_str().unwrap());
        let list = details.find_map(|detail| detail.split_once("; valid fields: ")).unwrap().1;
        let mut names: Vec<String> = list.split(", ").map(ToOwned::to_owned).collect();
        names.sort();
        names
    }

    fn unknown(name: &str) -> Fields {
        Fields::new([(name.to_owned(), json!(1))].into_iter().collect())
    }

    #[tokio::test]
    async fn a_body_has_the_fields_that_are_read() {
        let operator = Caller::Operator { name: "ops".into() };
        let created = parse_create(unknown("typo"), &operator, None, &PartitionFormat::default());
        assert_eq!(known(created.unwrap_err()).await, properties::<NewConnector>());
        assert_eq!(known(parse_update(unknown("typo")).unwrap_err()).await, properties::<Edit>());
        let link = crate::portal_links::new_link(unknown("typo"));
        assert_eq!(known(link.unwrap_err()).await, properties::<NewPortalLink>());
        let download = crate::downloads::download(unknown("typo"));
        assert_eq!(known(download.unwrap_err()).await, properties::<NewDownload>());
        let acme = "acme".parse().unwrap();
        let exploration = crate::explorations::new_exploration(unknown("typo"), acme);
        assert_eq!(known(exploration.unwrap_err()).await, properties::<NewExploration>());
        let change = crate::explorations::change(unknown("typo"));
        assert_eq!(known(change.unwrap_err()).await, properties::<ExplorationEdit>());
        let mapping = crate::event_fields::fields(unknown("typo"));
        assert_eq!(known(mapping.unwrap_err()).await, properties::<NewEventFields>());
        let contacts = crate::contacts::new_contacts(unknown("typo"));
        assert_eq!(known(contacts.unwrap_err()).await, properties::<NewContacts>());
    }
}
