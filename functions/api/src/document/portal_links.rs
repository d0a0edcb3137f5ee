//! Links to the portal, as the document describes them.

use serde_json::json;

use super::bodies::NewPortalLink;
use super::operation::{Operation, PORTAL};
use crate::views::{CreatedPortalLink, PortalLinkPage, PortalLinkView, RevokedLinks, VisitList};

pub(super) fn create(operation: Operation) -> Operation {
    operation
        .about(PORTAL, "createPortalLink", "Make a link to the portal")
        .description(
            "Operators only. The link opens the pages of one tenant, for one person, once. A link for the \
             vendor's own people (`operators`) opens every tenant's pages: only a request that is signed \
             with SigV4 makes one, and it is a `redirect`.",
        )
        .body::<NewPortalLink>(json!({"tenant": "acme", "for": "Dana Ruiz", "abilities": ["set-up"]}))
        .answer::<CreatedPortalLink<'_>>(201, "Made. The `url` is shown only here.")
        .problem(403)
}

pub(super) fn list(operation: Operation) -> Operation {
    operation
        .about(PORTAL, "listPortalLinks", "List links to the portal")
        .description("Those of one tenant, or of the vendor's own people; newest first, for 90 days.")
        .query(
            "tenant",
            "The tenant, by its exact ID, percent-encoded. A tenant may omit itself.",
            &json!({"$ref": "#/components/schemas/TenantId"}),
        )
        .query(
            "operators",
            "List the links of the vendor's own people instead.",
            &json!({"type": "boolean", "default": false}),
        )
        .page("PortalLinkCursor")
        .answer::<PortalLinkPage<'_>>(200, "A page.")
        .problem(403)
}

pub(super) fn revoke(operation: Operation) -> Operation {
    operation
        .about(PORTAL, "revokePortalLink", "Revoke a link")
        .description(
            "Its session ends at once, and so do all links that were handed on from it. A repeated request \
             changes nothing.",
        )
        .answer::<PortalLinkView<'_>>(200, "The link as it is now.")
}

pub(super) fn revoke_all(operation: Operation) -> Operation {
    operation
        .about(PORTAL, "revokePortalLinks", "Revoke all links of a tenant, or of the vendor's own people")
        .description("Every session of theirs ends at once.")
        .query(
            "tenant",
            "The tenant, by its exact ID, percent-encoded. A tenant may omit itself.",
            &json!({"$ref": "#/components/schemas/TenantId"}),
        )
        .query(
            "operators",
            "Revoke the links of the vendor's own people instead.",
            &json!({"type": "boolean", "default": false}),
        )
        .answer::<RevokedLinks>(200, "Revoked.")
        .problem(403)
}

pub(super) fn visits(operation: Operation) -> Operation {
    operation
        .about(PORTAL, "listPortalVisits", "List when operators opened a tenant's pages")
        .description("Newest first, one for each session, for a year.")
        .query(
            "tenant",
            "The tenant, by its exact ID, percent-encoded. A tenant may omit itself.",
            &json!({"$ref": "#/components/schemas/TenantId"}),
        )
        .shared_parameter("Limit")
        .answer::<VisitList<'_>>(200, "The newest visits.")
        .problem(403)
}
