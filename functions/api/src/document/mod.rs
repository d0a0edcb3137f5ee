//! `infra/openapi.yaml`, generated: the operations of `crate::routes`, their parameters and problems from the
//! handlers' extractors, the bodies from the types that are serialized, the patterns from the domain's
//! parsers.
//!
//! All of this is compiled for tests only, so that nothing of it gets into the Lambda or the command line. To
//! write the document anew: `UPDATE_OPENAPI=1 cargo test -p api --lib document`.

mod answers;
mod bodies;
mod connectors;
mod contacts;
mod downloads;
mod event_fields;
mod events;
mod explorations;
mod inputs;
mod keys;
mod operation;
mod parameters;
mod portal_links;
mod questions;
mod records;
mod responses;
mod searches;
mod structs;
mod values;
mod verbs;
mod yaml;

use serde_json::{Map, Value, json};

use self::operation::Operation;
use crate::routes::operations;
use crate::schema::{Components, Schema as _};
use crate::views::BlockDetail;

/// The file, from this package.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/openapi.yaml");

macro_rules! all {
    ($($method:ident $path:literal $module:ident :: $handler:ident,)*) => {
        /// Every operation: what a handler's signature says, completed by the function of the same name in
        /// the module of the same name here.
        fn all_operations() -> Vec<(&'static str, &'static str, Operation)> {
            vec![$((
                stringify!($method),
                $path,
                $module::$handler(Operation::of(crate::$module::$handler)),
            )),*]
        }
    };
}
operations!(all);

/// The document.
fn document() -> Value {
    let mut paths = Map::new();
    let mut components = Components::default();
    for (method, path, operation) in all_operations() {
        let (operation, schemas) = operation.finish();
        components.0.extend(schemas.0);
        paths.entry(path).or_insert_with(|| json!({}))[method.to_lowercase()] = operation;
    }
    let parameters = parameters::all(&mut components);
    let responses = responses::all(&mut components);
    only_a_block_explains_itself(&mut components);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Auditferry",
            "version": "1.0",
            "summary": "Connectors, which deliver a tenant's audit log to the tenant's own bucket.",
            "description": include_str!("introduction.md"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": servers(),
        "security": [{"sigv4": []}, {"jwt": []}],
        "tags": operation::tags(),
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "parameters": parameters,
            "headers": responses::headers(),
            "responses": responses,
            "schemas": components.0,
        },
    })
}

/// What no type says: a blocked connector's health has all fields of the block, any other one's has none.
fn only_a_block_explains_itself(components: &mut Components) {
    let block = BlockDetail::schema(&mut Components::default());
    let mut fields = vec![json!("since")];
    fields.extend(block["required"].as_array().unwrap().iter().cloned());
    let health = components.0.get_mut("Health").unwrap();
    health["if"] = json!({"properties": {"status": {"const": "blocked"}}});
    health["then"] = json!({"required": fields});
    health["else"] = json!({"maxProperties": 2});
}

fn servers() -> Value {
    json!([
        {
            "url": "https://{api}.execute-api.{region}.amazonaws.com",
            "description": "A deployment; its URL is the stack's output ApiUrl.",
            "variables": {"api": {"default": "api-id"}, "region": {"default": "eu-central-1"}},
        },
        {
            "url": "http://127.0.0.1:8080",
            "description": "`auditferry serve`, where only the user who started it is an operator: a web \
                            page of another origin gets 403, and another user of the machine 401, unless it \
                            sends the token that `serve` printed (`authorization: Bearer TOKEN`). On systems \
                            other than Linux the user can't be determined, so each request must send the \
                            token.",
        },
    ])
}

fn security_schemes() -> Value {
    json!({
        "sigv4": {
            "type": "http",
            "scheme": "AWS4-HMAC-SHA256",
            "description": "SigV4 for the service execute-api; the caller needs execute-api:Invoke and is an \
                            operator.",
        },
        "jwt": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the deployment's issuer and audience, with the claim that names the \
                            tenant (`tenant_id` unless the deployment names another), or with the scope of \
                            operators (`auditferry/operator`).",
        },
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who runs the test says whether it writes the file")]
fn the_document_that_is_checked_in_is_the_generated_one() {
    let generated = yaml::write(&document());
    let parsed: Value = serde_saphyr::from_str(&generated).unwrap();
    assert_eq!(parsed, document(), "the YAML says something else");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(FILE, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(FILE).unwrap();
    let differs = checked_in.lines().zip(generated.lines()).position(|(old, new)| old != new);
    let line = differs.map_or(checked_in.lines().count().min(generated.lines().count()), |index| index) + 1;
    assert!(
        checked_in == generated,
        "infra/openapi.yaml differs from the code, first in line {line}. If the change is meant, write it \
         anew: UPDATE_OPENAPI=1 cargo test -p api --lib document"
    );
}

#[test]
fn a_description_is_for_callers_who_have_no_code() {
    let text = document().to_string();
    assert!(!text.contains("[`") && !text.contains("crate::"), "a description links into the code");
}
