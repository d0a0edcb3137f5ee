//! The embedded DynamoDB: `dynoxide`, in memory or in one `SQLite` file.
//!
//! It is served as it is. Tables are made by the caller through the ordinary API. Two things to know: it doesn't
//! check signatures, and tables must be made without a stream, since writes get slow with one.

use std::io;
use std::path::Path;

use dynoxide::Database;

use crate::error::StackError;
use crate::server::Server;

/// Starts the database and its server.
///
/// # Errors
///
/// [`StackError::Database`] when the file isn't a database that it can open, [`StackError::Listen`].
pub(crate) async fn start(file: Option<&Path>) -> Result<Server, StackError> {
    let database = open(file)?;
    Server::start(|listener, stopped| async move {
        dynoxide::server::serve_with_shutdown(listener, database, stopped.wait())
            .await
            .map_err(io::Error::other)
    })
    .await
}

fn open(file: Option<&Path>) -> Result<Database, StackError> {
    let database = match file {
        None => Database::memory(),
        Some(file) => {
            let path =
                file.to_str().ok_or_else(|| StackError::Database("the folder's name is not UTF-8".into()))?;
            Database::new(path)
        }
    };
    database.map_err(|error| StackError::Database(error.to_string()))
}
