//! A part being staged: the encoded file and its key list, written concurrently as they grow.

use archive::encode::FileWriter;
use archive::item::{EventKey, SourceItem, Unreadable};
use archive::key_list::KeyListWriter;
use archive::part::{Encoding, PartLimits};
use archive::time::Time;
use bytes::Bytes;
use futures_util::future::try_join;
use ports::{PortError, Staging, StagingWrite};
use protocol::machine::StagedPart;

/// The staging bucket is written in chunks of about this size.
const WRITE_SIZE: usize = 1 << 20;

pub(super) struct DraftWriter<'a> {
    staging: &'a dyn Staging,
    limits: PartLimits,
    encoding: Encoding,
    data: String,
    keys: String,
    upload: Option<StagedUpload>,
    events: u64,
    late: u64,
    unreadable: u64,
    first_unreadable: Option<Box<Unreadable>>,
    first: Option<Time>,
    last: Option<Time>,
}

/// The two uploads, opened with the first event, so that a window without events stages nothing.
struct StagedUpload {
    file: FileWriter,
    list: KeyListWriter,
    data: Box<dyn StagingWrite>,
    keys: Box<dyn StagingWrite>,
}

impl<'a> DraftWriter<'a> {
    /// An empty draft, to be staged under these two keys.
    pub(super) const fn new(
        staging: &'a dyn Staging,
        limits: PartLimits,
        encoding: Encoding,
        data: String,
        keys: String,
    ) -> Self {
        Self {
            staging,
            limits,
            encoding,
            data,
            keys,
            upload: None,
            events: 0,
            late: 0,
            unreadable: 0,
            first_unreadable: None,
            first: None,
            last: None,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether one more event of `length` bytes would exceed the part's limits.
    pub(super) fn would_exceed_limits(&self, length: usize) -> bool {
        let size = self.upload.as_ref().map_or(0, |open| open.file.raw_size());
        self.events >= self.limits.events || size.saturating_add(length as u64) > self.limits.bytes
    }

    pub(super) async fn push(&mut self, item: &SourceItem, line: &[u8], late: bool) -> Result<(), PortError> {
        let open = self.get_or_open().await?;
        open.file.push(line).map_err(encoding_error)?;
        if open.file.ready() >= WRITE_SIZE {
            open.data.write(open.file.take()).await?;
        }
        open.list_key(&item.key).await?;
        self.events += 1;
        self.late += u64::from(late);
        if let Err(why) = &item.content {
            self.unreadable += 1;
            self.first_unreadable.get_or_insert_with(|| Box::new(why.clone()));
        }
        self.first = earliest(self.first, item.time);
        self.last = self.last.max(item.time);
        Ok(())
    }

    /// Adds the key of an event of an earlier part to the key list only.
    pub(super) async fn push_key(&mut self, key: &EventKey) -> Result<(), PortError> {
        self.get_or_open().await?.list_key(key).await
    }

    async fn get_or_open(&mut self) -> Result<&mut StagedUpload, PortError> {
        let open = match self.upload.take() {
            Some(open) => open,
            None => StagedUpload {
                file: FileWriter::new(self.encoding).map_err(encoding_error)?,
                list: KeyListWriter::new().map_err(encoding_error)?,
                data: self.staging.create(&self.data).await?,
                keys: self.staging.create(&self.keys).await?,
            },
        };
        Ok(self.upload.insert(open))
    }

    /// Completes both uploads. Once this returns, the part can be sealed.
    pub(super) async fn finish(self, cut: Option<Time>) -> Result<StagedPart, PortError> {
        let Some(StagedUpload { file, list, data, keys }) = self.upload else {
            return Err(PortError::bug("staging a part", "cannot stage a part without events"));
        };
        let (rest, encoded) = file.finish().map_err(encoding_error)?;
        let listed = list.finish().map_err(encoding_error)?;
        try_join(finish_upload(data, rest), finish_upload(keys, listed)).await?;
        Ok(StagedPart {
            cut,
            events: self.events,
            late: self.late,
            unreadable: self.unreadable,
            first_unreadable: self.first_unreadable,
            first: self.first,
            last: self.last,
            encoded,
            data: self.data,
            keys: self.keys,
        })
    }

    /// Aborts both uploads. If that fails, the bucket's lifecycle rule removes the uploaded pieces.
    pub(super) async fn abort(self) {
        let Some(StagedUpload { data, keys, .. }) = self.upload else { return };
        for aborted in [data.abort().await, keys.abort().await] {
            if let Err(error) = aborted {
                tracing::warn!(error = %error.chain(), "failed to abort a staged upload");
            }
        }
    }
}

impl StagedUpload {
    async fn list_key(&mut self, key: &EventKey) -> Result<(), PortError> {
        self.list.push(key).map_err(encoding_error)?;
        if self.list.ready() >= WRITE_SIZE {
            self.keys.write(self.list.take()).await?;
        }
        Ok(())
    }
}

async fn finish_upload(mut object: Box<dyn StagingWrite>, rest: Bytes) -> Result<(), PortError> {
    if !rest.is_empty() {
        object.write(rest).await?;
    }
    object.finish().await
}

fn earliest(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    a.into_iter().chain(b).min()
}

fn encoding_error(error: std::io::Error) -> PortError {
    PortError::bug("encoding a part", error)
}
