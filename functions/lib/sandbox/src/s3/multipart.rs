//! Multipart uploads: a folder of verified parts that becomes one object when it is completed.
//!
//! The folder `uploads/<id>/` contains `upload.json` (the future object), and for part 7 `00007` with the
//! bytes and `00007.json` with the digests. Nothing of it is visible as an object before the completion
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>).

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use s3s::crypto::{Checksum as _, Crc64Nvme, Md5, Sha256};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    ETag, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::attributes::{Attributes, Checksums, with_checksums};
use super::disk::{Condition, Disk};
use super::receive::ReceivedBody;
use crate::private_files;

/// The minimum size of every part but the last, in bytes.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Upload {
    bucket: String,
    key: String,
    attributes: Attributes,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    size: u64,
    md5: String,
    checksums: Checksums,
}

pub(super) fn create(
    disk: &Disk,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let id = Uuid::new_v4();
    let upload = Upload {
        bucket: input.bucket,
        key: input.key,
        attributes: Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata,
            encryption: input.server_side_encryption.map(|name| name.as_str().to_owned()),
            kms_key: input.ssekms_key_id,
            ..Attributes::default()
        },
    };
    let folder = disk.upload(id);
    private_files::create_folder(&folder).map_err(S3Error::internal_error)?;
    write_json(&folder.join("upload.json"), &upload)?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(upload.bucket),
        key: Some(upload.key),
        upload_id: Some(id.to_string()),
        server_side_encryption: Some(upload.attributes.encryption()),
        ..Default::default()
    })
}

/// Adds a received part, or replaces the one with the same number.
///
/// # Errors
///
/// `NoSuchUpload`, or `InvalidArgument` for a number that isn't 1 to 10,000.
pub(super) fn add_part(
    disk: &Disk,
    input: &UploadPartInput,
    received: ReceivedBody,
) -> S3Result<UploadPartOutput> {
    let (folder, upload) = open(disk, &input.upload_id, &input.bucket, &input.key)?;
    if !(1..=10_000).contains(&input.part_number) {
        return Err(s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive"
        ));
    }
    let path = part_path(&folder, input.part_number);
    let part = Part { size: received.size, md5: received.md5, checksums: received.checksums };
    received.file.persist(&path).map_err(S3Error::internal_error)?;
    write_json(&path.with_extension("json"), &part)?;
    Ok(with_checksums!(
        part.checksums,
        UploadPartOutput {
            e_tag: Some(ETag::Strong(part.md5)),
            server_side_encryption: Some(upload.attributes.encryption()),
        }
    ))
}

/// Joins the parts to the object. A rejected completion leaves the upload unchanged.
///
/// # Errors
///
/// `NoSuchUpload`, `MalformedXML` without parts, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`, and
/// what [`Disk::put`] refuses.
pub(super) fn complete(
    disk: &Disk,
    input: CompleteMultipartUploadInput,
    condition: Condition,
) -> S3Result<CompleteMultipartUploadOutput> {
    let (folder, upload) = open(disk, &input.upload_id, &input.bucket, &input.key)?;
    let requested = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let parts = select_parts(&folder, &requested)?;
    let (body, crc64nvme) = concatenate(disk, &parts).map_err(S3Error::internal_error)?;
    let attributes = Attributes {
        e_tag: Some(multipart_etag(&parts)?),
        checksums: multipart_checksums(&parts, crc64nvme),
        ..upload.attributes
    };
    let output = with_checksums!(
        attributes.checksums.clone(),
        CompleteMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            e_tag: attributes.tag(),
            server_side_encryption: Some(attributes.encryption()),
            ssekms_key_id: attributes.kms_key.clone(),
        }
    );
    disk.put((&input.bucket, &input.key), body.into_temp_path(), &attributes, condition)?;
    fs::remove_dir_all(folder).map_err(S3Error::internal_error)?;
    Ok(output)
}

/// Deletes an upload and its parts.
///
/// # Errors
///
/// `NoSuchUpload`.
pub(super) fn abort(disk: &Disk, input: &AbortMultipartUploadInput) -> S3Result<AbortMultipartUploadOutput> {
    let (folder, _) = open(disk, &input.upload_id, &input.bucket, &input.key)?;
    fs::remove_dir_all(folder).map_err(S3Error::internal_error)?;
    Ok(AbortMultipartUploadOutput::default())
}

/// The upload with this ID, if it is for this object.
fn open(disk: &Disk, id: &str, bucket: &str, key: &str) -> S3Result<(PathBuf, Upload)> {
    let found = Uuid::parse_str(id).ok().and_then(|id| {
        let folder = disk.upload(id);
        let upload: Upload = read_json(&folder.join("upload.json"))?;
        (upload.bucket == bucket && upload.key == key).then_some((folder, upload))
    });
    found.ok_or_else(|| s3_error!(NoSuchUpload, "The specified multipart upload does not exist."))
}

/// The parts that the completion names, each compared with what was uploaded.
fn select_parts(folder: &Path, requested: &[CompletedPart]) -> S3Result<Vec<(PathBuf, Part)>> {
    if requested.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    if !requested.is_sorted_by(|a, b| a.part_number < b.part_number) {
        return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
    }
    let missing = || s3_error!(InvalidPart, "One or more of the specified parts could not be found.");
    let mut parts = Vec::with_capacity(requested.len());
    for (index, completed) in requested.iter().enumerate() {
        let path = part_path(folder, completed.part_number.unwrap_or_default());
        let part: Part = read_json(&path.with_extension("json")).ok_or_else(missing)?;
        let same_tag = completed.e_tag.as_ref().is_some_and(|tag| tag.value() == part.md5);
        if !same_tag
            || (completed.checksum_sha256.is_some() && completed.checksum_sha256 != part.checksums.sha256)
        {
            return Err(missing());
        }
        if index + 1 < requested.len() && part.size < MIN_PART_BYTES {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        parts.push((path, part));
    }
    Ok(parts)
}

/// Concatenates the parts in a temporary file, and computes the CRC64NVME of the whole.
fn concatenate(disk: &Disk, parts: &[(PathBuf, Part)]) -> io::Result<(NamedTempFile, String)> {
    let mut whole = NamedTempFile::new_in(disk.incoming())?;
    let (mut crc, mut buffer) = (Crc64Nvme::new(), vec![0; 256 * 1024]);
    for (path, _) in parts {
        let mut part = File::open(path)?;
        loop {
            let read = part.read(&mut buffer)?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            crc.update(bytes);
            whole.write_all(bytes)?;
        }
    }
    Ok((whole, BASE64_STANDARD.encode(crc.finalize())))
}

/// The entity tag of a multipart object: the MD5 of the parts' MD5s, and their count.
fn multipart_etag(parts: &[(PathBuf, Part)]) -> S3Result<String> {
    let mut md5 = Md5::new();
    for (_, part) in parts {
        md5.update(
            &hex::decode(&part.md5).map_err(|_| s3_error!(InternalError, "a part's digests are corrupt"))?,
        );
    }
    Ok(format!("{}-{}", hex::encode(md5.finalize()), parts.len()))
}

/// If each part has a SHA-256 the composite of those, else the CRC64NVME of the whole object
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>).
fn multipart_checksums(parts: &[(PathBuf, Part)], crc64nvme: String) -> Checksums {
    let mut sha256 = Sha256::new();
    for (_, part) in parts {
        let Some(digest) = part.checksums.sha256.as_ref().and_then(|sum| BASE64_STANDARD.decode(sum).ok())
        else {
            return Checksums { crc64nvme: Some(crc64nvme), ..Checksums::default() };
        };
        sha256.update(&digest);
    }
    let composite = format!("{}-{}", BASE64_STANDARD.encode(sha256.finalize()), parts.len());
    Checksums { sha256: Some(composite), ..Checksums::default() }
}

fn part_path(folder: &Path, number: i32) -> PathBuf {
    folder.join(format!("{number:05}"))
}

fn write_json(path: &Path, value: &impl Serialize) -> S3Result<()> {
    let json = serde_json::to_vec(value).map_err(S3Error::internal_error)?;
    private_files::write_file(path, &json).map_err(S3Error::internal_error)
}

/// The value, or `None` if it is missing or incomplete: a part whose digests are not written yet does not
/// exist.
fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
