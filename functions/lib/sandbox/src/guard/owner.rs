//! Authentication for servers without signatures: only the user who started them may use them.
//!
//! On Linux a connection of the same user is recognized by [`Peer`]. On other systems, and for other users
//! who were given it, the token counts, which is in the folder and is printed.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use subtle::ConstantTimeEq as _;

use super::peer::Peer;
use super::rejection::{Dialect, GuardError};
use crate::error::StackError;
use crate::private_files;

/// The file of the token, in the folder of the stand-ins.
const FILE: &str = "token";
/// The length of a token, in hexadecimal digits.
const DIGITS: usize = 64;

/// A secret that authorizes its sender to use the API.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A secret never gets into a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

impl Token {
    /// A new token, for the lifetime of this process.
    #[must_use]
    pub fn random() -> Self {
        Self(hex::encode(rand::random::<[u8; DIGITS / 2]>()))
    }

    /// The token of a folder, created if it is missing. After its file is removed, the next start creates
    /// another.
    ///
    /// # Errors
    /// [`StackError::Io`] if the file can't be read or created, or contains no token.
    pub fn read_or_create(dir: &Path) -> Result<Self, StackError> {
        let path = dir.join(FILE);
        let read = || -> io::Result<Self> {
            let mut text = String::new();
            if path.exists() {
                private_files::open_file(&path)?;
                std::fs::File::open(&path)?.read_to_string(&mut text)?;
            }
            if text.is_empty() {
                // Only this process uses the folder. A crash leaves an empty file, which is filled the next
                // time.
                let token = Self::random();
                writeln!(private_files::open_file(&path)?, "{}", token.0)?;
                return Ok(token);
            }
            let token = text.trim();
            let is_valid = token.len() == DIGITS && token.bytes().all(|digit| digit.is_ascii_hexdigit());
            let message = "it contains no token: remove it, and the next start creates another";
            if is_valid {
                Ok(Self(token.to_owned()))
            } else {
                Err(io::Error::new(io::ErrorKind::InvalidData, message))
            }
        };
        read().map_err(StackError::io(&path))
    }

    /// The text to send as `authorization: Bearer TEXT`.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    fn matches(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
        sent.is_some_and(|(scheme, secret)| {
            scheme.eq_ignore_ascii_case("bearer")
                && bool::from(secret.trim().as_bytes().ct_eq(self.0.as_bytes()))
        })
    }
}

/// Accepts the user who runs this process, and requests with the token.
#[derive(Debug, Clone)]
pub struct OwnerAuth {
    token: Token,
    dialect: Dialect,
}

impl OwnerAuth {
    /// Accepts this token, with error responses in this format.
    #[must_use]
    pub const fn new(token: Token, dialect: Dialect) -> Self {
        Self { token, dialect }
    }

    /// Whether the system reveals the user of a connection, so that the owner needs no token.
    #[must_use]
    pub const fn is_peer_user_known() -> bool {
        cfg!(target_os = "linux")
    }

    /// Whether the owner sent a request.
    pub async fn is_owner(&self, request: &Parts) -> bool {
        if self.token.matches(&request.headers) {
            return true;
        }
        let Some(ConnectInfo(peer)) = request.extensions.get::<ConnectInfo<Peer>>().cloned() else {
            return false;
        };
        // Reading the system's tables may take long if there are many connections.
        tokio::task::spawn_blocking(move || peer.is_same_user()).await.unwrap_or(false)
    }

    /// Protects all routes of a router. The router must be served with [`Peer`] as its connect info.
    pub fn protect(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, require_owner))
    }
}

async fn require_owner(State(auth): State<OwnerAuth>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if auth.is_owner(&parts).await {
        return next.run(Request::from_parts(parts, body)).await;
    }
    auth.dialect.response(&GuardError::Unauthenticated)
}
