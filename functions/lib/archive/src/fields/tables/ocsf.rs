//! The Open Cybersecurity Schema Framework.

use super::super::Field::{Action, Actor, Category, Id, Ip, Session, Target, Tenant, Time};
use super::super::Outcome;
use super::Table;

/// The Open Cybersecurity Schema Framework, <https://schema.ocsf.io>, classes Authentication (3002) and API
/// Activity (6003) of 1.0 to 1.6. `time` is in milliseconds since 1970; `status_id` is 1 for a success, 2 for
/// a failure, 0 and 99 otherwise. In API Activity `activity_name` is only Create, Read, Update or Delete, and
/// `api.operation` is what was called. Some writers leave the names out (`MongoDB`): then the numbers count.
pub(super) const TABLE: Table = Table {
    paths: &[
        (Time, &["/time", "/time_dt"]),
        (Id, &["/metadata/uid", "/metadata/original_event_uid", "/finding_info/uid"]),
        (Action, &["/api/operation", "/activity_name", "/type_name", "/type_uid"]),
        (Category, &["/class_name", "/category_name", "/class_uid"]),
        (
            Actor,
            &[
                "/actor/user/name",
                "/actor/user/email_addr",
                "/actor/user/uid",
                "/actor/invoked_by",
                "/actor/app_name",
                "/user/name",
                "/user/email_addr",
                "/user/uid",
            ],
        ),
        (Session, &["/actor/session/uid", "/session/uid", "/actor/user/credential_uid"]),
        (
            Target,
            &[
                "/resources/0/uid",
                "/resources/0/name",
                "/resource/uid",
                "/resource/name",
                "/web_resources/0/url_string",
                "/web_resources/0/name",
                "/entity/name",
                "/entity/uid",
                "/group/name",
                "/service/name",
                "/dst_endpoint/hostname",
                "/dst_endpoint/svc_name",
                "/user/name",
            ],
        ),
        (Ip, &["/src_endpoint/ip", "/device/ip"]),
        (Tenant, &["/metadata/tenant_uid", "/actor/user/org/uid", "/cloud/account/uid"]),
    ],
    rules: &[("/status_id", &["1"], &["2"]), ("/status", &["Success"], &["Failure"])],
    otherwise: Outcome::Unknown,
};
