//! The staged objects of the reader, from a verified archive: a part's key is a file of the archive, and all
//! others are objects of the cache.
//!
//! Only files that were found as sealed are opened. Of one that is missing or could not be read there is
//! nothing. Of one that differs no byte is given: the reader compares what it is given with the part's
//! record, and answers that the part is altered. It compares again with each read, so a file that changes
//! later is not shown either.

use std::io::{self, ErrorKind, Read, Seek as _, SeekFrom};
use std::sync::Arc;

use archive::part::Part;
use archive::staging_keys::{downloads_prefix, is_readable_for, is_writable_for};
use archive::verify::archive::Archive;
use archive::verify::observer::ObjectState;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use ports::{ByteStream, PortError, StagedObjects, StagedPage, is_plain_file_name};
use tokio::sync::{mpsc, oneshot};

use super::cache::Cache;
use super::file_links::FileLinks;
use super::parts::{VerifiedPart, VerifiedParts};

const READING: &str = "reading the archive or the cache";
const STORING: &str = "writing to the cache";
const LINKING: &str = "making the address of a download";
/// How many bytes of an object are handed over at once.
const PIECE: usize = 256 << 10;
/// How many pieces are read ahead.
const PIECES_AHEAD: usize = 4;

/// The objects of the archive's connector.
#[derive(Clone)]
pub(super) struct ArchiveObjects {
    pub(super) archive: Arc<dyn Archive>,
    pub(super) parts: Arc<VerifiedParts>,
    pub(super) cache: Arc<Cache>,
    pub(super) links: Arc<FileLinks>,
}

/// What is to be read.
enum Object {
    /// An object of the archive.
    File(Box<Part>),
    /// An object of the cache.
    Cached(String),
    /// No bytes: they differ from what was sealed.
    Withheld,
    Missing,
}

type Reader<'a> = Box<dyn Read + Send + 'a>;

impl ArchiveObjects {
    fn object(&self, key: &str) -> Result<Object, PortError> {
        let own = is_readable_for(&self.parts.connector, key);
        check(READING, own)?;
        if is_writable_for(&self.parts.connector, key) {
            return Ok(Object::Cached(key.to_owned()));
        }
        Ok(match self.parts.by_key(key) {
            Some(VerifiedPart { part, object: ObjectState::AsSealed }) => {
                Object::File(Box::new(part.clone()))
            }
            Some(VerifiedPart { object: ObjectState::Differs, .. }) => Object::Withheld,
            Some(VerifiedPart { object: ObjectState::Missing | ObjectState::NotRead, .. }) | None => {
                Object::Missing
            }
        })
    }

    /// Opens a piece; blocks. `None` if there is no such object (any more).
    fn open(&self, object: &Object, offset: u64, length: u64) -> io::Result<Option<Reader<'_>>> {
        let opened = match object {
            Object::File(part) => self.archive.open_range(&part.name(), offset, length),
            Object::Cached(key) => {
                let Some(mut file) = self.cache.open(key)? else { return Ok(None) };
                file.seek(SeekFrom::Start(offset))?;
                Ok(Box::new(file.take(length)) as Reader<'_>)
            }
            Object::Withheld => Ok(Box::new(io::empty()) as Reader<'_>),
            Object::Missing => return Ok(None),
        };
        match opened {
            Ok(reader) => Ok(Some(reader)),
            // It was deleted, made unreadable, or replaced by a link or a folder.
            Err(error) if is_gone(error.kind()) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

const fn is_gone(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory)
}

fn check(what: &'static str, is_right: bool) -> Result<(), PortError> {
    is_right.then_some(()).ok_or_else(|| PortError::bug(what, "it is no key of this archive's connector"))
}

fn failed(error: io::Error) -> PortError {
    PortError::transient(READING, error)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(PortError::bug(READING, error)))
}

#[async_trait]
impl StagedObjects for ArchiveObjects {
    async fn range(&self, key: &str, offset: u64, length: u64) -> Result<Option<Bytes>, PortError> {
        let (this, object) = (self.clone(), self.object(key)?);
        blocking(move || {
            let Some(mut reader) = this.open(&object, offset, length).map_err(failed)? else {
                return Ok(None);
            };
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(failed)?;
            Ok(Some(Bytes::from(bytes)))
        })
        .await
    }

    async fn whole(&self, key: &str) -> Result<Option<ByteStream>, PortError> {
        let (this, object) = (self.clone(), self.object(key)?);
        // Of a file that has grown one byte more shows that it is another.
        let length = if let Object::File(part) = &object { part.size.saturating_add(1) } else { u64::MAX };
        let (opened, is_opened) = oneshot::channel();
        let (pieces, mut read) = mpsc::channel(PIECES_AHEAD);
        let work = tokio::task::spawn_blocking(move || {
            let mut reader = match this.open(&object, 0, length) {
                Ok(reader) => {
                    // Nobody waits for what was given up.
                    let _ = opened.send(Ok(reader.is_some()));
                    reader
                }
                Err(error) => {
                    let _ = opened.send(Err(failed(error)));
                    None
                }
            };
            while let Some(reader) = &mut reader {
                let piece = next_piece(reader).map_err(failed).transpose();
                let Some(piece) = piece else { return };
                let is_last = piece.is_err();
                if pieces.blocking_send(piece).is_err() || is_last {
                    return;
                }
            }
        });
        match is_opened.await {
            Ok(Ok(true)) => Ok(Some(Box::pin(stream::poll_fn(move |context| read.poll_recv(context))))),
            Ok(Ok(false)) => Ok(None),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(match work.await {
                Ok(()) => PortError::bug(READING, "it ended early"),
                Err(error) => PortError::bug(READING, error),
            }),
        }
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), PortError> {
        check(STORING, is_writable_for(&self.parts.connector, key))?;
        let (cache, key) = (Arc::clone(&self.cache), key.to_owned());
        blocking(move || {
            cache.store(&key, &bytes).map_err(|error| {
                let place = format!("{}: {error}", cache.path().display());
                PortError::transient(STORING, place)
            })
        })
        .await
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        check(READING, is_writable_for(&self.parts.connector, prefix) && prefix.ends_with('/'))?;
        let (cache, prefix, after) = (Arc::clone(&self.cache), prefix.to_owned(), start_after.to_owned());
        let keys = blocking(move || cache.list(&prefix, &after).map_err(failed)).await?;
        Ok(StagedPage { items: keys, next: None })
    }

    async fn url(&self, key: &str, file_name: &str) -> Result<String, PortError> {
        let is_download = key.starts_with(&downloads_prefix(&self.parts.connector));
        check(LINKING, is_download && is_plain_file_name(file_name))?;
        Ok(self.links.add(key, file_name))
    }
}

/// The next bytes; `None` at the end.
fn next_piece(reader: &mut impl Read) -> io::Result<Option<Bytes>> {
    let mut piece = Vec::with_capacity(PIECE);
    reader.take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(Some(piece).filter(|piece| !piece.is_empty()).map(Bytes::from))
}
