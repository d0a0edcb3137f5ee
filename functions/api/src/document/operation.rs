//! One operation of the document, described by its handler and by what the handler's signature doesn't say.

use serde_json::{Map, Value, json};

use super::inputs::Handler;
use super::parameters;
use super::responses::{self, json_content};
use crate::schema::{Components, Schema};

pub(super) const CONNECTORS: &str = "connectors";
pub(super) const LIFE: &str = "life";
pub(super) const RECORDS: &str = "records";
pub(super) const PORTAL: &str = "portal";
pub(super) const EVENTS: &str = "events";

/// The groups of operations.
pub(super) fn tags() -> Value {
    json!([
        {"name": CONNECTORS, "description": "Settings of connectors."},
        {"name": LIFE, "description": "Lifecycle of connectors."},
        {"name": RECORDS, "description": "Exports, timeline, changes, setup and keys."},
        {"name": EVENTS, "description": "Questions about a tenant's log, if the deployment shows events."},
        {"name": PORTAL, "description": "Links to the portal, where a customer's people need no account."},
    ])
}

/// An operation, and the schemas that it refers to.
pub(super) struct Operation {
    about: Value,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    components: Components,
}

impl Operation {
    /// The operation of a handler. Its extractors say which parameters it has and which problems it answers.
    pub(super) fn of<Inputs, H: Handler<Inputs>>(_: H) -> Self {
        let operation = Self {
            about: json!({}),
            parameters: Vec::new(),
            responses: Map::new(),
            components: Components::default(),
        };
        H::describe(operation).problem(500).problem(503)
    }

    pub(super) fn about(mut self, tag: &str, id: &str, summary: &str) -> Self {
        self.about = json!({"tags": [tag], "operationId": id, "summary": summary});
        self
    }

    pub(super) fn description(mut self, text: &str) -> Self {
        self.about["description"] = text.into();
        self
    }

    /// A parameter of the query.
    pub(super) fn query(self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameter(json!({"name": name, "in": "query", "description": description, "schema": schema}))
    }

    /// A parameter of the query that has the schema of a type.
    pub(super) fn query_of<T: Schema>(mut self, name: &str, description: &str) -> Self {
        let schema = self.components.refer::<T>();
        self.query(name, description, &schema)
    }

    /// The parameters of a listing, which continues at this cursor.
    pub(super) fn page(self, cursor: &str) -> Self {
        self.shared_parameter("Limit").shared_parameter(cursor)
    }

    pub(super) fn shared_parameter(self, name: &str) -> Self {
        self.parameter(parameters::refer(name))
    }

    pub(super) fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// The JSON body of the request.
    pub(super) fn body<T: Schema>(mut self, example: Value) -> Self {
        let mut content = json_content(&self.components.refer::<T>());
        content["application/json"]["example"] = example;
        self.about["requestBody"] = json!({"required": true, "content": content});
        self
    }

    /// A successful response.
    pub(super) fn answer<T: Schema>(mut self, status: u16, description: &str) -> Self {
        let content = json_content(&self.components.refer::<T>());
        self.response(status, json!({"description": description, "content": content}))
    }

    /// A header of the successful response.
    pub(super) fn header(mut self, name: &str, header: Value) -> Self {
        let succeeded = self.responses.iter_mut().find(|(status, _)| status.starts_with('2'));
        succeeded.expect("a successful response").1["headers"][name] = header;
        self
    }

    /// The connector as it is after the request.
    pub(super) fn connector(self, status: u16) -> Self {
        self.response(status, responses::refer("Connector"))
    }

    /// A problem with this status.
    pub(super) fn problem(self, status: u16) -> Self {
        let name = responses::problem_name(status);
        self.response(status, responses::refer(name))
    }

    /// Without a problem that the handler's signature says, and this operation can't have.
    pub(super) fn never(mut self, status: u16) -> Self {
        self.responses.remove(&status.to_string());
        self
    }

    fn response(mut self, status: u16, response: Value) -> Self {
        self.responses.insert(status.to_string(), response);
        self
    }

    /// The operation as the document has it.
    pub(super) fn finish(self) -> (Value, Components) {
        let mut operation = self.about;
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        operation["responses"] = self.responses.into();
        (operation, self.components)
    }
}
