//! What an operation has because of its handler's signature: each extractor says which parameters it reads
//! and with which problems it, or what follows from it, can end the request.

use axum::extract::State;

use super::operation::Operation;
use crate::Api;
use crate::body::{EmptyBody, JsonBody};
use crate::caller::AuthenticatedCaller;
use crate::downloads::PathDownload;
use crate::event_fields::Mapping;
use crate::explorations::PathExploration;
use crate::log::{Log, TenantRecords};
use crate::pagination::QueryParams;
use crate::path::PathId;
use crate::portal_links::{Links, PathLink};
use crate::preconditions::{IdempotencyKeyHeader, IfMatch};
use crate::target::{Action, Target};

/// An extractor.
pub(super) trait Input {
    fn describe(operation: Operation) -> Operation;
}

/// An async function whose arguments are extractors.
pub(super) trait Handler<Inputs> {
    fn describe(operation: Operation) -> Operation;
}

macro_rules! handler {
    ($($input:ident)*) => {
        impl<Function: Fn($($input),*) -> Response, Response, $($input: Input),*> Handler<($($input,)*)>
            for Function
        {
            fn describe(operation: Operation) -> Operation {
                $(let operation = $input::describe(operation);)*
                operation
            }
        }
    };
}
handler!(A);
handler!(A B);
handler!(A B C);
handler!(A B C D);
handler!(A B C D E);

impl Input for State<Api> {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

impl Input for AuthenticatedCaller {
    fn describe(operation: Operation) -> Operation {
        operation.problem(401)
    }
}

impl Input for PathId {
    fn describe(operation: Operation) -> Operation {
        operation.shared_parameter("Id").problem(404)
    }
}

impl Input for IfMatch {
    fn describe(operation: Operation) -> Operation {
        operation.shared_parameter("IfMatch")
    }
}

impl Input for IdempotencyKeyHeader {
    fn describe(operation: Operation) -> Operation {
        operation.shared_parameter("IdempotencyKey")
    }
}

impl Input for Links {
    fn describe(operation: Operation) -> Operation {
        AuthenticatedCaller::describe(operation).problem(409)
    }
}

impl Input for PathLink {
    fn describe(operation: Operation) -> Operation {
        operation.shared_parameter("Link").problem(404)
    }
}

impl Input for TenantRecords {
    fn describe(operation: Operation) -> Operation {
        let operation = operation.shared_parameter("Tenant").shared_parameter("TenantName");
        AuthenticatedCaller::describe(operation).problem(400).problem(404)
    }
}

/// What the reader refuses is 403, 404 or 422.
impl Input for Log {
    fn describe(operation: Operation) -> Operation {
        TenantRecords::describe(operation).problem(403).problem(422)
    }
}

impl Input for PathExploration {
    fn describe(operation: Operation) -> Operation {
        operation.shared_parameter("Exploration").problem(404)
    }
}

impl Input for PathDownload {
    fn describe(operation: Operation) -> Operation {
        operation.shared_parameter("Download").problem(404)
    }
}

/// What parameters it has is for the handler to say; an unknown one is malformed.
impl Input for QueryParams {
    fn describe(operation: Operation) -> Operation {
        operation.problem(400)
    }
}

/// What takes a body changes something, which the state of things can forbid.
impl Input for JsonBody {
    fn describe(operation: Operation) -> Operation {
        operation.problem(409).problem(413).problem(415).problem(422)
    }
}

impl Input for EmptyBody {
    fn describe(operation: Operation) -> Operation {
        JsonBody::describe(operation)
    }
}

impl Input for Target {
    fn describe(operation: Operation) -> Operation {
        PathId::describe(AuthenticatedCaller::describe(operation))
    }
}

impl Input for Mapping {
    fn describe(operation: Operation) -> Operation {
        Target::describe(operation)
    }
}

impl<B: Input> Input for Action<B> {
    fn describe(operation: Operation) -> Operation {
        B::describe(QueryParams::describe(IfMatch::describe(Target::describe(operation))))
    }
}
