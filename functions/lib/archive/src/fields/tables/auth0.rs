//! Tenant logs of Auth0.

use super::super::Field::{Action, Actor, Category, Id, Ip, Session, Target, Tenant, Time};
use super::super::Outcome;
use super::Table;

/// Auth0 docs: "Log Type Codes" and "Get a log event by id" of the Management API. A log stream wraps the
/// event in `data` (Auth0 docs, "Log Streams"). Older codes of successes begin with `s`, those of failures
/// with `f`. Newer codes end in words, such as `flows_execution_completed`, so these are looked at first.
pub(super) const TABLE: Table = Table {
    paths: &[
        (Time, &["/date", "/data/date"]),
        (Id, &["/log_id", "/_id", "/data/log_id"]),
        (Action, &["/type", "/data/type"]),
        (Category, &["/strategy_type", "/connection", "/data/strategy_type", "/data/connection"]),
        (
            Actor,
            &[
                "/user_name",
                "/user_id",
                "/details/request/auth/user/email",
                "/details/request/auth/user/user_id",
                "/client_name",
                "/client_id",
                "/data/user_name",
                "/data/user_id",
                "/data/details/request/auth/user/email",
                "/data/details/request/auth/user/user_id",
                "/data/client_name",
                "/data/client_id",
            ],
        ),
        (Session, &["/session_id", "/details/session_id", "/data/session_id", "/data/details/session_id"]),
        (
            Target,
            &[
                "/details/request/path",
                "/audience",
                "/client_name",
                "/client_id",
                "/data/details/request/path",
                "/data/audience",
                "/data/client_name",
                "/data/client_id",
            ],
        ),
        (Ip, &["/ip", "/data/ip"]),
        (Tenant, &["/organization_id", "/data/organization_id", "/tenant_name", "/data/tenant_name"]),
    ],
    rules: &[
        ("/type", SUCCESSES, FAILURES),
        ("/type", &["s*"], &["f*"]),
        ("/data/type", SUCCESSES, FAILURES),
        ("/data/type", &["s*"], &["f*"]),
    ],
    otherwise: Outcome::Unknown,
};
/// The ends of newer codes of successes.
const SUCCESSES: &[&str] = &["*_succeeded", "*_succeed", "*_success", "*_completed", "*_complete"];
/// The ends of newer codes of failures, and those for blocked accounts and addresses, leaked passwords, and
/// too many requests.
const FAILURES: &[&str] = &[
    "*_failed",
    "*_failure",
    "*_rejected",
    "*_error",
    "*_exceed",
    "*_leak",
    "limit_*",
    "api_limit",
    "gd_auth_fail_*",
];
