//! The embedded DynamoDB: `dynoxide`, in memory or in one `SQLite` file.
//!
//! It is served as it is. Tables are made by the caller through the ordinary API. Two things to know: it doesn't
//! check signatures, and tables must be made without a stream, since writes get slow with one.

use std::io;
use std::path::Path;

use dynoxide::Database;

use crate::error::StackError;
use crate::server::Server;

/// What a power cut does to what was just written to a folder. The end of this process harms neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// It is there: each write waits for the disk. The usual way.
    Lasting,
    /// The last of it may be gone, as if it had not been written; nothing is damaged. For an import, which can be
    /// done again, that is many times faster.
    Repeatable,
}

/// Starts the database and its server.
///
/// # Errors
///
/// [`StackError::Database`] when the file isn't a database that it can open, [`StackError::Listen`].
pub(crate) async fn start(file: Option<&Path>, writes: Writes) -> Result<Server, StackError> {
    let database = open(file)?;
    if writes == Writes::Repeatable {
        // What it sets is SQLite's `synchronous = NORMAL`: with the write-ahead log, which is in use, the disk is
        // waited for at checkpoints alone. Source: SQLite's documentation, "PRAGMA Statements", synchronous.
        database.disable_bulk_loading().map_err(|error| StackError::Database(error.to_string()))?;
    }
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
