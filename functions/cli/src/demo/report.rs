//! The demo's report: the files, and each guarantee with its result.

use std::path::Path;

use archive::names::ConnectorId;
use archive::shell::{quoted, quoted_path};
use archive::time::Time;
use protocol::delivery_error::DeliveryStage;
use serde::Serialize;

use super::proof::FileInfo;
use super::scenario::{BUSY_TENANT, DELETED_BUCKET_TENANT, PREFIX, QUIET_TENANT};
use super::steps::{BucketResult, DemoResult};
use crate::context::ProcessContext;
use crate::output::{Output, Style};
use crate::table::{Column, counted, grouped, table};

/// The object that `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    proved: bool,
    events_imported: u64,
    events_delivered: u64,
    duplicates: u64,
    missing: u64,
    foreign: u64,
    heartbeats: u64,
    /// Files in the buckets.
    parts: u64,
    /// Other objects, which connection checks wrote.
    verification_objects: u64,
    /// Connectors that were blocked during the demo.
    blocked: u64,
    /// Blocked connectors that have delivered everything since.
    recovered: u64,
    /// Exporters killed between delivery and mark.
    killed: u64,
    /// The duration of the demo, including the start of the process.
    seconds: f64,
    as_of: Time,
    promises: Vec<Promise>,
    blocks: Vec<BlockOutput<'a>>,
    files: Vec<FileOutput<'a>>,
    /// The folder with the files, if they are kept.
    dir: Option<&'a Path>,
    /// The command with which the first tenant's auditor verifies its bucket, if the files are kept.
    verify: Option<String>,
}

/// A guarantee, and whether it was met.
#[derive(Serialize)]
struct Promise {
    #[serde(rename = "promise")]
    name: &'static str,
    kept: bool,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
}

#[derive(Serialize)]
struct BlockOutput<'a> {
    tenant: &'a str,
    connector: &'a ConnectorId,
    stage: DeliveryStage,
    code: &'a str,
    cause: &'a str,
    remedy: &'a str,
    since: Time,
}

#[derive(Serialize)]
struct FileOutput<'a> {
    tenant: &'a str,
    bucket: &'a str,
    #[serde(flatten)]
    facts: &'a FileInfo,
}

/// Prints the report; returns whether every guarantee was met.
pub(super) fn report(result: &DemoResult, dir: Option<&Path>, context: &ProcessContext) -> bool {
    let output = context.output;
    let sum = |count: fn(&BucketResult) -> u64| result.buckets.iter().map(count).sum::<u64>();
    let promises = promises(result);
    let report = Report {
        proved: promises.iter().all(|promise| promise.kept),
        events_imported: result.imported,
        events_delivered: sum(|found| found.findings.delivered),
        duplicates: sum(|found| found.findings.duplicates),
        missing: sum(|found| found.findings.missing),
        foreign: sum(|found| found.findings.foreign),
        heartbeats: sum(|found| found.findings.heartbeats),
        parts: sum(|found| found.findings.files.len() as u64),
        verification_objects: sum(|found| found.findings.probes),
        blocked: result.blocked.len() as u64,
        recovered: result.recovered,
        killed: u64::from(result.crash.killed),
        seconds: (context.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        as_of: result.times.second,
        promises,
        blocks: result.blocked.iter().map(block_output).collect(),
        files: result.buckets.iter().flat_map(file_outputs).collect(),
        dir,
        verify: dir.and_then(|dir| verify_command(result, dir, context)),
    };
    if output.is_json() {
        output.object(&report);
    } else {
        print(&report, output);
    }
    report.proved
}

/// The command that verifies the bucket: with the vendor's key, and as of the day of the demo. It prints
/// *Proven*.
fn verify_command(result: &DemoResult, dir: &Path, context: &ProcessContext) -> Option<String> {
    let BucketResult { bucket, .. } = result.buckets.iter().find(|found| found.tenant == BUSY_TENANT)?;
    let folder = dir.join("buckets").join(bucket).join(PREFIX);
    // Cargo sets this variable for a program that it runs; then `auditferry` is probably not installed.
    let by_cargo = context.variable("CARGO_PKG_NAME").as_deref() == Some(env!("CARGO_PKG_NAME"));
    let program = if by_cargo { "cargo run -q --" } else { "auditferry" };
    let (location, key) = (quoted_path(&folder.to_string_lossy()), quoted(&result.key.to_string()));
    Some(format!("{program} verify {location} --key {key} --as-of {}", result.times.third))
}

fn block_output(
    (tenant, connector, block): &(String, ConnectorId, protocol::delivery_error::Block),
) -> BlockOutput<'_> {
    BlockOutput {
        tenant,
        connector,
        stage: block.stage,
        code: &block.code,
        cause: &block.cause,
        remedy: &block.remedy,
        since: block.since,
    }
}

fn file_outputs(found: &BucketResult) -> impl Iterator<Item = FileOutput<'_>> {
    let BucketResult { tenant, bucket, findings, .. } = found;
    findings.files.iter().map(move |facts| FileOutput { tenant, bucket, facts })
}

fn promises(result: &DemoResult) -> Vec<Promise> {
    let findings = || result.buckets.iter().map(|found| (&found.tenant, &found.findings));
    let collect = |faults: fn(&super::proof::Findings) -> &Vec<String>| -> Vec<String> {
        findings()
            .flat_map(|(tenant, f)| faults(f).iter().map(move |violation| format!("{tenant}: {violation}")))
            .collect()
    };
    let sum = |count: fn(&super::proof::Findings) -> u64| findings().map(|(_, f)| count(f)).sum::<u64>();
    let (delivered, missing, duplicated) = (sum(|f| f.delivered), sum(|f| f.missing), sum(|f| f.duplicates));
    let foreign = sum(|f| f.foreign);
    let (invalid, gaps) = (collect(|f| &f.invalid), collect(|f| &f.gaps));
    let quiet = findings()
        .find(|(tenant, _)| *tenant == QUIET_TENANT)
        .map(|(_, f)| (f.heartbeats, f.files.len() as u64));
    let (beats, windows) = quiet.unwrap_or_default();
    let block =
        result.blocked.iter().find(|(tenant, ..)| tenant == DELETED_BUCKET_TENANT).map(|(_, _, block)| block);
    let is_explained = block.is_some_and(|block| !block.cause.is_empty() && !block.remedy.is_empty());
    let promise = |name, kept, detail| Promise { name, kept, detail, faults: Vec::new() };
    vec![
        promise(
            "every event once, byte for byte",
            missing == 0 && duplicated == 0 && delivered == result.imported && result.imported > 0,
            format!(
                "{} imported, {} delivered, {missing} missing, {duplicated} duplicated",
                grouped(result.imported),
                grouped(delivered)
            ),
        ),
        promise("no event of another tenant", foreign == 0, format!("{foreign} foreign")),
        Promise {
            name: "every file matches its name",
            kept: invalid.is_empty(),
            detail: format!(
                "{}, each JSON, each named by its own SHA-256; plus {}",
                counted(sum(|f| f.files.len() as u64), "file"),
                counted(sum(|f| f.probes), "object") + " of verifications"
            ),
            faults: invalid,
        },
        Promise {
            name: "no gap",
            kept: gaps.is_empty(),
            detail: format!("part numbers and windows are contiguous, up to {}", result.times.sealed_to()),
            faults: gaps,
        },
        Promise {
            name: "one signed chain",
            kept: result.buckets.iter().all(|found| found.verified.proven),
            detail: format!("`auditferry verify` proves {}", counted(result.buckets.len() as u64, "bucket")),
            faults: result
                .buckets
                .iter()
                .filter(|found| !found.verified.proven)
                .map(|found| format!("{}: {}", found.tenant, found.verified.summary))
                .collect(),
        },
        promise(
            "quiet means quiet",
            beats > 0 && beats == windows,
            format!("{} for {} of {QUIET_TENANT}", counted(beats, "heartbeat"), counted(windows, "window")),
        ),
        promise(
            "a crash loses nothing",
            result.crash.killed && result.crash.recovered,
            format!(
                "{BUSY_TENANT}'s exporter was killed between delivery and mark, and continued without a duplicate"
            ),
        ),
        promise(
            "a delivery error is reported, and recovered from",
            is_explained && result.recovered == result.blocked.len() as u64,
            format!("{DELETED_BUCKET_TENANT} was blocked, with cause and remedy, and has caught up"),
        ),
    ]
}

fn print(report: &Report<'_>, output: Output) {
    use Column::{Left, Right};
    let rows: Vec<[String; 4]> = report.files.iter().map(row).collect();
    output.line("");
    for (index, line) in
        table([Left("TENANT"), Left("FILE"), Right("EVENTS"), Right("BYTES")], &rows).iter().enumerate()
    {
        output.line(if index == 0 { output.styled(Style::Bold, line) } else { line.clone() });
    }
    output.line("");
    for Promise { name, kept, detail, faults } in &report.promises {
        let mark =
            if *kept { output.styled(Style::Success, "✓") } else { output.styled(Style::Failure, "✗") };
        output.line(format_args!("{mark} {name}: {detail}"));
        for violation in faults {
            output.line(format_args!("    {violation}"));
        }
    }
    for BlockOutput { tenant, stage, code, cause, remedy, .. } in &report.blocks {
        output.line("");
        output.line(format_args!("{tenant} was notified ({}, {code}): {cause}", stage.as_str()));
        output.line(format_args!("  {remedy}"));
    }
    output.line("");
    match report.dir {
        Some(dir) => {
            let dir = dir.display();
            output.line(format_args!(
                "The files are in {dir}/buckets, the published notices in {dir}/bus.ndjson."
            ));
            output.line(format_args!("To continue: auditferry connector list --local {dir}"));
        }
        None => output.line(
            "The files were temporary and are deleted; keep and verify them with: auditferry demo --dir DIR",
        ),
    }
    let verdict = if report.proved {
        output.styled(Style::Success, "Every guarantee was met.")
    } else {
        output.styled(Style::Failure, "Not every guarantee was met.")
    };
    output.line(format_args!("{verdict} {:.1} s in total.", report.seconds));
    if let Some(command) = &report.verify {
        output.line(format_args!(
            "\nVerify {BUSY_TENANT}'s bucket like its auditor, with the vendor's key (connector setup):\n  {command}"
        ));
    }
}

fn row(file: &FileOutput<'_>) -> [String; 4] {
    let FileInfo { key, events, heartbeat, bytes } = file.facts;
    // Without the folders, which are the same for all files, the table fits a terminal.
    let name = key.rsplit('/').next().unwrap_or(key);
    let events = if *heartbeat { "heartbeat".to_owned() } else { grouped(*events) };
    [file.tenant.to_owned(), name.to_owned(), events, grouped(*bytes)]
}
