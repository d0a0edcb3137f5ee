//! S3 on a folder: uploads are written to files that the driver compares, and staged objects are read back.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Request};

use crate::Endpoint;
use crate::answer::{Answer, empty, text};

/// The number of bytes per read of a file.
const CHUNK: usize = 256 << 10;
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// The buckets, each a folder.
pub(crate) struct Buckets {
    folder: PathBuf,
    /// The checksums of the uploads, by file.
    checksums: Mutex<HashMap<PathBuf, HeaderValue>>,
}

impl Buckets {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, checksums: Mutex::default() }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.join(path.trim_start_matches('/').replace("..", "__"))
    }
}

pub(crate) async fn answer(endpoint: &Endpoint, request: Request<Incoming>) -> io::Result<Answer> {
    let file = endpoint.buckets.file(request.uri().path());
    let is_bucket = !request.uri().path().trim_matches('/').contains('/');
    let query: HashMap<String, String> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let count = |what: &str| endpoint.control.count(&format!("s3 {what}"), 0);
    match *request.method() {
        Method::HEAD if is_bucket => {
            count("HeadBucket");
            let mut answer = empty(200);
            answer.headers_mut().insert("x-amz-bucket-region", HeaderValue::from_static("us-east-1"));
            Ok(answer)
        }
        Method::GET if is_bucket => {
            count("ListObjectsV2");
            let listing =
                "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
            Ok(text(200, "application/xml", listing))
        }
        Method::GET => {
            count("GetObject");
            read(&endpoint.buckets, &file)
        }
        Method::PUT if query.contains_key("tagging") => {
            count("PutObjectTagging");
            Ok(empty(200))
        }
        Method::PUT => match (query.get("uploadId"), query.get("partNumber")) {
            (Some(_), Some(number)) => {
                count("UploadPart");
                // The parts of an upload are joined at the end.
                write(&endpoint.buckets, part_of(&file, number), request).await
            }
            _ => {
                count("PutObject");
                if request.headers().contains_key("if-none-match") && file.exists() {
                    let error = "<Error><Code>PreconditionFailed</Code><Message>it exists</Message></Error>";
                    return Ok(text(412, "application/xml", error));
                }
                write(&endpoint.buckets, file, request).await
            }
        },
        Method::POST if query.contains_key("uploads") => {
            count("CreateMultipartUpload");
            let started =
                "<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>";
            Ok(text(200, "application/xml", started))
        }
        Method::POST if query.contains_key("uploadId") => {
            count("CompleteMultipartUpload");
            complete(&file)?;
            let done =
                "<CompleteMultipartUploadResult><ETag>\"bench\"</ETag></CompleteMultipartUploadResult>";
            Ok(text(200, "application/xml", done))
        }
        Method::DELETE => {
            count("DeleteObject");
            Ok(empty(204))
        }
        _ => Ok(empty(501)),
    }
}

fn part_of(file: &Path, number: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".upload.{number:0>5}"));
    PathBuf::from(name)
}

/// Streams a body to a file. Only the body of a signed chunked upload is buffered.
async fn write(buckets: &Buckets, path: PathBuf, request: Request<Incoming>) -> io::Result<Answer> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let (head, mut body) = request.into_parts();
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut checksum = head.headers.get(CHECKSUM).cloned();
    let mut file = File::create(&path)?;
    if header("x-amz-content-sha256").starts_with("STREAMING-") {
        let whole = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let trailer = unchunk(&whole, &mut file)?;
        checksum = checksum.or_else(|| trailer.get(CHECKSUM).cloned());
    } else {
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                file.write_all(&data)?;
            }
        }
    }
    let mut answer = empty(200);
    answer.headers_mut().insert("etag", HeaderValue::from_static("\"bench\""));
    if let Some(checksum) = checksum {
        answer.headers_mut().insert(CHECKSUM, checksum.clone());
        buckets.checksums.lock().unwrap_or_else(PoisonError::into_inner).insert(path, checksum);
    }
    Ok(answer)
}

/// Writes the content of an `aws-chunked` body; returns its trailer. Source: Amazon S3 API reference,
/// "Signature calculations for the authorization header: transferring payload in multiple chunks".
fn unchunk(body: &[u8], file: &mut File) -> io::Result<HeaderMap> {
    let malformed = || io::Error::other("malformed aws-chunked body");
    let line = |rest: &[u8]| rest.windows(2).position(|pair| pair == b"\r\n");
    let mut rest = body;
    loop {
        let end = line(rest).ok_or_else(malformed)?;
        let head = std::str::from_utf8(&rest[..end]).map_err(io::Error::other)?;
        let size = head.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        rest = &rest[end + 2..];
        if size == 0 {
            break;
        }
        file.write_all(rest.get(..size).ok_or_else(malformed)?)?;
        rest = rest.get(size + 2..).ok_or_else(malformed)?;
    }
    let mut trailer = HeaderMap::new();
    for line in String::from_utf8_lossy(rest).lines() {
        if let Some((name, value)) = line.split_once(':')
            && let (Ok(name), Ok(value)) = (name.parse::<hyper::header::HeaderName>(), value.trim().parse())
        {
            trailer.insert(name, value);
        }
    }
    Ok(trailer)
}

/// Joins the parts of an upload.
fn complete(path: &Path) -> io::Result<()> {
    let mut whole = File::create(path)?;
    for number in 1_u32.. {
        let part = part_of(path, &number.to_string());
        let Ok(mut file) = File::open(&part) else { break };
        io::copy(&mut file, &mut whole)?;
        std::fs::remove_file(part)?;
    }
    Ok(())
}

fn read(buckets: &Buckets, path: &Path) -> io::Result<Answer> {
    let Ok(file) = File::open(path) else {
        return Ok(text(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"));
    };
    let size = file.metadata()?.len();
    let chunks = futures_util::stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk)?;
        chunk.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (Frame::data(Bytes::from(chunk)), file)))
    });
    let mut answer = empty(200).map(|_| BodyExt::boxed(StreamBody::new(chunks)));
    answer.headers_mut().insert("content-length", size.into());
    let checksums = buckets.checksums.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(checksum) = checksums.get(path) {
        answer.headers_mut().insert(CHECKSUM, checksum.clone());
    }
    Ok(answer)
}
