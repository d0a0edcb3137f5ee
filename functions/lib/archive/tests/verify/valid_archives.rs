//! Valid archives are proven, with the notes that the auditor needs.

use archive::manifest::{ChainStart, Manifest, Previous};
use archive::names::ConnectorId;
use archive::note::RingKey;
use archive::part::Compression;
use archive::verify::check::{Verdict, VerifyOptions};
use archive::verify::events::Fields;
use archive::verify::finding::Kind;
use samples::archive::{Sealer, TestKey, resealed, sample_archive};

use crate::setup::{at, kinds, options, pinned_options, sample, verify};

#[test]
fn a_valid_archive_is_proven_with_all_its_content() {
    let archive = sample();
    let outcome = verify(&archive.files, &pinned_options());
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    let (summary, content) = (&outcome.chain, &outcome.content);
    assert_eq!((summary.first_part, summary.last_part, summary.manifests), (Some(1), Some(14), 14));
    assert_eq!((summary.heartbeats, summary.quiet_seconds), (3, 3 * 3_600));
    assert_eq!((summary.events, summary.late, summary.unreadable), (33, 3, 1));
    assert_eq!((content.objects, content.events, content.with_id, content.with_time), (14, 33, 33, 33));
    assert_eq!(
        summary.newest_manifest.as_deref(),
        Some(archive.parts[13].note.sha256().to_string().as_str())
    );
    // Notes are not violations: the key rotation, the move, the new settings, the open end.
    assert_eq!(kinds(&outcome), [Kind::TailOpen, Kind::KeyRotated, Kind::Moved, Kind::Reconfigured]);
}

#[test]
fn without_a_key_nothing_is_proven_and_the_first_signer_is_reported() {
    let archive = sample();
    let outcome = verify(&archive.files, &options());
    assert_eq!(outcome.verdict, Verdict::Consistent, "{:#?}", outcome.findings);
    let finding = outcome.findings.iter().find(|found| found.kind == Kind::TrustOnFirstUse).unwrap();
    assert!(finding.detail.contains(&TestKey::new(7).public.to_string()), "{finding:?}");
    let wrong = VerifyOptions { pins: vec![TestKey::new(8).ring_key()], ..options() };
    let outcome = verify(&archive.files, &wrong);
    assert_eq!(outcome.verdict, Verdict::Violated);
    assert_eq!(outcome.counts[&Kind::SignatureUntrusted], 14);
}

#[test]
fn the_hash_from_the_vendor_confirms_the_end_of_the_chain() {
    let archive = sample();
    let newest = archive.parts[13].note.sha256();
    let later = at("2030-01-01T00:00:00Z");
    let outcome =
        verify(&archive.files, &VerifyOptions { newest: Some(newest), as_of: later, ..pinned_options() });
    assert_eq!((outcome.verdict, outcome.chain.tail_closed), (Verdict::Proven, true));
    assert!(!outcome.counts.contains_key(&Kind::TailOpen));
    let stale = verify(&archive.files, &VerifyOptions { as_of: later, ..pinned_options() });
    assert_eq!(stale.verdict, Verdict::Incomplete);
    assert!(stale.counts.contains_key(&Kind::TailStale));
    // The due time follows from the last settings and the last seal, exactly.
    let due = at("2026-11-20T12:20:07.120Z");
    for (as_of, verdict) in
        [(due, Verdict::Proven), (due + std::time::Duration::from_millis(1), Verdict::Incomplete)]
    {
        assert_eq!(verify(&archive.files, &VerifyOptions { as_of, ..pinned_options() }).verdict, verdict);
    }
}

/// The `next_expected_by` of the newest heartbeat and the verifier's due time are the same instant: once it
/// has passed, a cut-off end is no longer proven.
#[test]
fn an_end_that_was_cut_off_is_stale_as_soon_as_its_heartbeat_is_overdue() {
    let mut archive = sample();
    let is_plain = |of: &Manifest| of.encoding.compression == Compression::None;
    let beat = archive.parts.iter().position(|part| part.manifest.events == 0 && is_plain(&part.manifest));
    let beat = beat.unwrap();
    let text = String::from_utf8(archive.files[&archive.parts[beat].manifest.object()].clone()).unwrap();
    let promised = text.split_once("\"next_expected_by\":\"").unwrap().1.split_once('"').unwrap().0;
    for cut in archive.parts.drain(beat + 1..) {
        archive.files.remove(&cut.manifest.object());
        archive.files.remove(&cut.manifest.name(cut.note.sha256()));
    }
    let verdict = |as_of| verify(&archive.files, &VerifyOptions { as_of, ..pinned_options() });
    assert_eq!(verdict(at(promised)).verdict, Verdict::Proven);
    let later = verdict(at(promised) + std::time::Duration::from_millis(1));
    assert_eq!((later.verdict, later.counts[&Kind::TailStale]), (Verdict::Incomplete, 1));
}

#[test]
fn a_range_of_time_is_proven_by_itself() {
    let archive = sample();
    let options = VerifyOptions {
        from: Some(at("2026-11-20T01:30:00Z")),
        to: Some(at("2026-11-20T05:00:00Z")),
        as_of: at("2030-01-01T00:00:00Z"),
        pins: vec![TestKey::new(107).ring_key()],
        ..pinned_options()
    };
    let outcome = verify(&archive.files, &options);
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    assert_eq!((outcome.chain.first_part, outcome.chain.last_part), (Some(7), Some(10)));
    // Other days are not even read; missing files on these days are reported.
    let mut files = archive.files.clone();
    files.retain(|name, _| !name.contains("date=2026-11-19"));
    assert_eq!(verify(&files, &options).verdict, Verdict::Proven);
    files.remove(&archive.parts[7].manifest.object());
    assert_eq!(verify(&files, &options).counts[&Kind::ObjectMissing], 1);
    // The range must be covered at both ends.
    files = archive.files.clone();
    files.retain(|name, _| !name.contains("date=2026-11-19"));
    let begins_earlier = VerifyOptions { from: Some(at("2026-11-19T23:30:00Z")), ..options.clone() };
    assert!(verify(&files, &begins_earlier).counts.contains_key(&Kind::PartMissing));
    let ends_later = VerifyOptions { to: Some(at("2026-11-20T10:30:00Z")), ..options };
    assert_eq!(verify(&archive.files, &ends_later).verdict, Verdict::Incomplete);
}

#[test]
fn a_key_counts_only_for_what_was_sealed_while_it_was_valid() {
    let archive = sample();
    let until = |time: &str| RingKey { until: Some(at(time)), ..TestKey::new(7).ring_key() };
    let outcome = verify(
        &archive.files,
        &VerifyOptions { pins: vec![until("2026-11-20T12:00:00Z")], ..pinned_options() },
    );
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    let outcome = verify(
        &archive.files,
        &VerifyOptions { pins: vec![until("2026-11-19T23:30:00Z")], ..pinned_options() },
    );
    assert_eq!(outcome.verdict, Verdict::Violated);
    let first = outcome.findings.iter().find(|found| found.kind == Kind::KeyNotValid).unwrap();
    assert_eq!(first.part, Some(4));
}

#[test]
fn a_key_that_has_handed_over_signs_nothing_more() {
    let mut archive = sample();
    let (old, new) = (TestKey::new(7), TestKey::new(107));
    let ten = archive.parts[9].clone();
    assert_eq!(ten.keys.len(), 1);
    archive.files.clone_from(&sample().files);
    resealed(&mut archive.files, &ten, std::slice::from_ref(&old), |_| {});
    let options = VerifyOptions { pins: vec![old.ring_key(), new.ring_key()], ..pinned_options() };
    let found = verify(&archive.files, &options).findings;
    assert!(found.iter().any(|found| found.kind == Kind::KeyRetired && found.part == Some(10)), "{found:#?}");
}

#[test]
fn another_connectors_chain_in_the_same_folder_is_ignored_only_if_it_is_expected() {
    let (archive, other) = (sample(), sample_archive(2, 7));
    let mut files = archive.files.clone();
    files.extend(other.files.clone());
    let requested = VerifyOptions { connector: Some(ConnectorId::new(2)), ..pinned_options() };
    let outcome = verify(&files, &requested);
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    assert_eq!(outcome.origin.unwrap().connector, ConnectorId::new(2));
    let outcome = verify(&files, &pinned_options());
    assert_eq!((outcome.verdict, outcome.counts[&Kind::ManifestForeign]), (Verdict::Violated, 14));
}

#[test]
fn a_verification_object_of_the_connector_is_not_a_foreign_file() {
    let mut files = sample().files;
    let name = "verification/con_0000000000000001_0123456789abcdef.txt".to_owned();
    let text = "Auditferry wrote this object for connector con_0000000000000001 to see that it can. It may \
        be deleted.\n";
    files.insert(name.clone(), text.into());
    assert_eq!(verify(&files, &pinned_options()).verdict, Verdict::Proven);
    files.insert(name, b"something else".to_vec());
    assert_eq!(verify(&files, &pinned_options()).counts[&Kind::FileUnnamed], 1);
}

#[test]
fn events_are_distinguished_by_their_ids_and_their_tenants() {
    let sealer = || {
        let mut sealer = Sealer::new(3, at("2026-11-20T08:00:00Z"), 7);
        let lines = |lines: &[&str]| -> Vec<_> {
            lines.iter().map(|line| (at("2026-11-20T08:30:00Z"), (*line).to_owned())).collect()
        };
        sealer.seal(
            at("2026-11-20T09:00:00Z"),
            &lines(&[
                r#"{"id":1,"org":"acme","n":1}"#,
                r#"{"id":2,"org":"acme"}"#,
                r#"{"org":"acme","n":9}"#,
                r#"{"org":"acme","n":9}"#,
            ]),
        );
        let later: Vec<_> = lines(&[
            r#"{"id":1,"org":"acme","n":2}"#,
            r#"{"id":2,"org":"acme"}"#,
            r#"{"id":3,"org":"other"}"#,
        ])
        .into_iter()
        .map(|(_, line)| (at("2026-11-20T09:30:00Z"), line))
        .collect();
        sealer.seal(at("2026-11-20T10:00:00Z"), &later);
        sealer
    };
    let files = sealer().files;
    let outcome = verify(&files, &options());
    // The same ID with the same content is certainly a duplicate; the rest may have reasons.
    let counts = |kind| outcome.counts.get(&kind).copied();
    assert_eq!(counts(Kind::EventTwice), Some(1));
    assert_eq!((counts(Kind::IdRepeated), counts(Kind::LineRepeated)), (Some(1), Some(1)));
    assert_eq!(counts(Kind::TenantMixed), None, "no field was named");
    let fields = Fields { id: Some("id".into()), time: None, tenant: Some("/org".into()) };
    let outcome = verify(&files, &VerifyOptions { fields, ..options() });
    assert_eq!(outcome.counts[&Kind::EventTwice], 2);
    assert_eq!((outcome.counts[&Kind::TenantMixed], outcome.counts[&Kind::FieldMissing]), (1, 1));
}

#[test]
fn times_are_compared_only_if_their_field_is_named() {
    let mut sealer = Sealer::new(3, at("2026-11-20T08:00:00Z"), 7);
    // Sealed by the time of writing, 08:30; the product's own field has another time.
    let line = r#"{"id":1,"time":"2026-11-20T07:00:00Z"}"#.to_owned();
    sealer.seal(at("2026-11-20T09:00:00Z"), &[(at("2026-11-20T08:30:00Z"), line)]);
    let outcome = verify(&sealer.files, &options());
    assert!(outcome.counts.contains_key(&Kind::EventTimeDiffers), "{:#?}", outcome.findings);
    assert_eq!(outcome.counts.get(&Kind::EventOutsideWindow), None);
    let fields = Fields { time: Some("time".into()), ..Fields::default() };
    let outcome = verify(&sealer.files, &VerifyOptions { fields, ..options() });
    assert_eq!((outcome.verdict, outcome.counts[&Kind::EventOutsideWindow]), (Verdict::Violated, 1));
    let fields = Fields { time: Some("at".into()), ..Fields::default() };
    let outcome = verify(&sealer.files, &VerifyOptions { fields, ..options() });
    assert_eq!(outcome.counts[&Kind::FieldMissing], 1);
}

/// A vendor that upgraded from a version without manifests: its first parts have none, and the chain says
/// where it begins. The rest is proven, and nothing is claimed about what came before.
#[test]
fn a_chain_that_begins_with_an_upgrade_proves_the_later_parts() {
    let mut archive = sample();
    let parts = std::mem::take(&mut archive.parts);
    for older in &parts[..2] {
        archive.files.remove(&older.manifest.name(older.note.sha256()));
    }
    let mut previous = Previous::Start(ChainStart::Upgrade);
    for part in &parts[2..] {
        let part = resealed(&mut archive.files, part, &part.keys, |manifest| manifest.previous = previous);
        previous = Previous::Manifest(part.note.sha256());
    }
    let all = verify(&archive.files, &pinned_options());
    assert_eq!(all.verdict, Verdict::Incomplete, "{:#?}", all.findings);
    assert_eq!(all.counts[&Kind::BeforeManifests], 3, "the beginning, and two files");
    let since = VerifyOptions { from: Some(parts[2].manifest.window.from), ..pinned_options() };
    assert_eq!(
        verify(&archive.files, &since).verdict,
        Verdict::Proven,
        "{:#?}",
        verify(&archive.files, &since).findings
    );
}
