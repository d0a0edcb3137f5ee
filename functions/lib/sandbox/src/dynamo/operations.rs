//! The operations of DynamoDB, each from the JSON of a request to the JSON of the response, by `dynoxide`.
//!
//! Not supported: streams and vector search, which nothing here uses. For a malformed request, which no SDK
//! sends, the error message may differ from DynamoDB's.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs an operation, blocking this thread.
///
/// # Errors
/// The error that DynamoDB would return.
pub(super) fn run(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    let result = match operation {
        "BatchExecuteStatement" => call(body, |request| database.batch_execute_statement(request)),
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "DeleteTable" => call(body, |request| database.delete_table(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "ExecuteStatement" => call(body, |request| database.execute_statement(request)),
        "ExecuteTransaction" => call(body, |request| database.execute_transaction(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "ListTables" => call(body, |request| database.list_tables(request)),
        "ListTagsOfResource" => call(body, |request| database.list_tags_of_resource(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "Scan" => call(body, |request| database.scan(request)),
        "TagResource" => call(body, |request| database.tag_resource(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "UntagResource" => call(body, |request| database.untag_resource(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "UpdateTable" => call(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        other => {
            let message = format!("this stand-in does not support the operation `{other}`");
            Err(DynoxideError::ValidationException(message))
        }
    };
    result.map_err(|error| enveloped(operation, error))
}

fn call<Request, Response>(
    body: &[u8],
    operation: impl FnOnce(Request) -> dynoxide::Result<Response>,
) -> Result<String, DynoxideError>
where
    Request: DeserializeOwned,
    Response: Serialize,
{
    let request = serde_json::from_slice(body).map_err(|error| parse_error(&error))?;
    let response = operation(request)?;
    serde_json::to_string(&response).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The error for a request that can't be parsed. The library marks DynamoDB's validation errors in its error
/// message.
fn parse_error(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    if message.starts_with("recursion limit exceeded") {
        let message = "Nesting Levels have exceeded supported limits: Attributes in the item have nested \
            levels beyond supported limit";
        return DynoxideError::ValidationException(message.to_owned());
    }
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    match message.split_once(':') {
        Some(("VALIDATION", message)) => DynoxideError::ValidationException(message.to_owned()),
        Some(("VALIDATION_REQUEST", message)) => DynoxideError::EnvelopedValidation(message.to_owned()),
        Some(("SERIALIZATION", message)) => DynoxideError::SerializationException(message.to_owned()),
        _ if error.is_data() => DynoxideError::ValidationException(message.to_owned()),
        _ => DynoxideError::SerializationException(message.to_owned()),
    }
}

/// Writes of one item wrap some messages in an envelope, and the other operations do not.
fn enveloped(operation: &str, error: DynoxideError) -> DynoxideError {
    match error {
        DynoxideError::EnvelopedValidation(message)
            if ["PutItem", "UpdateItem", "DeleteItem"].contains(&operation) =>
        {
            DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
        }
        DynoxideError::EnvelopedValidation(message) => DynoxideError::ValidationException(message),
        other => other,
    }
}
