//! Large objects are streamed without being held in memory: the path of a part from staging to the customer.

use std::io::{BufWriter, Write as _};

use aws_sdk_s3::primitives::ByteStream;

use crate::fixture::{BUCKET, STAGING, session_s3, start, vendor_s3};

const MEBIBYTES: u64 = 128;

/// The peak memory of the process, in MiB.
#[cfg(target_os = "linux")]
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[cfg(not(target_os = "linux"))]
fn peak_mebibytes() -> u64 {
    0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_streams_from_staging_to_the_customer_in_little_memory() {
    let stack = start().await;
    let source = tempfile::NamedTempFile::new().unwrap();
    let mut writer = BufWriter::new(source.as_file());
    for number in 0..MEBIBYTES * 65_536 {
        writer.write_all(format!("{number:015}\n").as_bytes()).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);

    let before = peak_mebibytes();
    let vendor = vendor_s3(&stack);
    let file = ByteStream::from_path(source.path()).await.unwrap();
    let staged = vendor.put_object().bucket(STAGING).key("part").body(file);
    let staged =
        staged.checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Sha256).send().await.unwrap();

    let get = vendor.get_object().bucket(STAGING).key("part").send().await.unwrap();
    let deliver = session_s3(&stack).await.put_object().bucket(BUCKET).key("audit/part").if_none_match("*");
    let deliver =
        deliver.set_content_length(get.content_length()).set_checksum_sha256(staged.checksum_sha256);
    deliver.body(get.body).customize().disable_payload_signing().send().await.unwrap();

    // Measured before this test itself reads the objects completely.
    let grown = peak_mebibytes() - before;
    assert!(grown < MEBIBYTES / 2, "memory grew by {grown} MiB");

    let delivered = &stack.objects(BUCKET).unwrap()[0];
    assert_eq!(delivered.size, MEBIBYTES << 20);
    assert!(
        std::fs::read(&delivered.path).unwrap() == std::fs::read(source.path()).unwrap(),
        "the bytes are the same"
    );
}
