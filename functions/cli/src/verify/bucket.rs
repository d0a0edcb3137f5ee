//! An archive in a bucket, read with whatever credentials the SDK finds.

use std::io::{self, Read};

use adapters::archive::S3Archive;
use domain::ports::PortError;
use futures_util::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::archive::{Archive, Entry, Found};

/// So many chunks of an object wait for the thread that looks at them.
const AHEAD: usize = 8;

/// A folder of a bucket. The verifier's threads block on it; the requests run on the runtime.
#[derive(Debug)]
pub(crate) struct Bucket {
    archive: S3Archive,
    runtime: Handle,
}

impl Bucket {
    /// That archive, on the runtime that this is called in.
    pub(crate) fn new(archive: S3Archive) -> Self {
        Self { archive, runtime: Handle::current() }
    }
}

impl Archive for Bucket {
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        let mut from = None;
        loop {
            let page = self.runtime.block_on(self.archive.page(from)).map_err(|error| failed(&error))?;
            for (name, size) in page.objects {
                each(Entry { name, found: Found::File(size) })?;
            }
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut stream = self.runtime.block_on(self.archive.read(name)).map_err(|error| failed(&error))?;
        let (hand_over, chunks) = mpsc::channel(AHEAD);
        self.runtime.spawn(async move {
            while let Some(chunk) = stream.next().await {
                // Whoever wanted the object has seen enough.
                if hand_over.send(chunk).await.is_err() {
                    return;
                }
            }
        });
        Ok(Box::new(Chunks { chunks, chunk: bytes::Bytes::new() }))
    }

    fn at_once(&self) -> usize {
        16
    }
}

fn failed(error: &PortError) -> io::Error {
    io::Error::other(error.chain())
}

/// The chunks of an object, for a thread.
struct Chunks {
    chunks: mpsc::Receiver<Result<bytes::Bytes, PortError>>,
    chunk: bytes::Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(|error| failed(&error))?,
            }
        }
        let length = buffer.len().min(self.chunk.len());
        let piece = self.chunk.split_to(length);
        for (to, from) in buffer.iter_mut().zip(&piece) {
            *to = *from;
        }
        Ok(length)
    }
}
