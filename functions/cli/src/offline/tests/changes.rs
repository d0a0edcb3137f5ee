//! What is missing is said, what was altered is never shown, and what was planted is nowhere.

use archive::query::counts::Interval;
use archive::verify::check::Verdict;
use control::explorer::CountsRequest;

use super::{Copy, World, without};

async fn total(world: &World) -> u64 {
    let filter = "".parse().unwrap();
    let request =
        CountsRequest { filter, from: None, to: None, interval: Interval::Whole, by: None, sealing: false };
    world.offline.explorer.counts(&world.asker, request).await.unwrap().total
}

#[tokio::test]
async fn a_deleted_file_is_missing_and_its_manifest_says_how_many_events_it_had() {
    let copy = Copy::new();
    std::fs::remove_file(copy.object(4)).unwrap();
    let world = copy.open().await;
    assert_eq!(world.outcome.verdict, Verdict::Violated);
    for _ in 0..2 {
        world.assert_shown(&without(copy.events(), &[4]), &[(4, 4, "gone")]).await;
        assert_eq!(total(&world).await, 29);
        world.index().await;
    }
}

#[tokio::test]
async fn an_altered_file_is_not_shown() {
    let copy = Copy::new();
    copy.alter(1);
    copy.alter(10);
    std::fs::write(copy.object(7), "[\n{\"eventName\":\"Forged\"}\n]\n").unwrap();
    let world = copy.open().await;
    assert_eq!(world.outcome.verdict, Verdict::Violated);
    let missing = [(1, 3, "altered"), (7, 2, "altered"), (10, 3, "altered")];
    for _ in 0..2 {
        world.assert_shown(&without(copy.events(), &[1, 7, 10]), &missing).await;
        assert_eq!(total(&world).await, 25);
        world.index().await;
    }
}

#[tokio::test]
async fn a_planted_file_is_nowhere() {
    let copy = Copy::new();
    let manifest = &copy.archive.parts[13].manifest;
    let planted = manifest.object().replace("000000000014", "000000000015");
    std::fs::copy(copy.object(14), copy.path().join(&planted)).unwrap();
    let event = "[\n{\"eventName\":\"Planted\",\"eventTime\":\"2026-11-20T05:00:00Z\"}\n]\n";
    std::fs::write(copy.path().join("events/date=2026-11-20/planted.json"), event).unwrap();
    let world = copy.open().await;
    assert_eq!(world.outcome.verdict, Verdict::Violated);
    world.index().await;
    world.assert_shown(&copy.events(), &[]).await;
    assert_eq!(world.rows("action:Planted").await.0.len(), 0);
}

/// The verdict says that a part is missing; how many events it had nobody knows.
#[tokio::test]
async fn a_part_without_its_manifest_is_not_shown_and_its_neighbours_are() {
    let copy = Copy::new();
    let sealed = &copy.archive.parts[2];
    let note = copy.path().join(sealed.manifest.name(sealed.note.sha256()));
    std::fs::remove_file(note).unwrap();
    let world = copy.open().await;
    assert_eq!(world.outcome.verdict, Verdict::Violated);
    for _ in 0..2 {
        world.assert_shown(&without(copy.events(), &[3]), &[]).await;
        assert_eq!(total(&world).await, 30);
        world.index().await;
    }
}

/// An index keeps the hashes of blocks, taken from the bytes that had the signed hash.
#[tokio::test]
async fn a_file_that_changes_after_the_verification_is_not_shown() {
    for is_indexed in [false, true] {
        let copy = Copy::new();
        let world = copy.open().await;
        assert_eq!(world.outcome.verdict, Verdict::Proven);
        if is_indexed {
            world.index().await;
            world.assert_shown(&copy.events(), &[]).await;
        }
        copy.alter(1);
        // One that an attacker makes plausible: other events of the same size.
        let bytes = std::fs::read(copy.object(7)).unwrap();
        let forged = String::from_utf8(bytes).unwrap().replacen("eventName", "eventNaem", 1);
        std::fs::write(copy.object(7), forged).unwrap();
        std::fs::remove_file(copy.object(4)).unwrap();
        let missing = [(1, 3, "altered"), (4, 4, "gone"), (7, 2, "altered")];
        world.assert_shown(&without(copy.events(), &[1, 4, 7]), &missing).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_followed() {
    let copy = Copy::new();
    let world = copy.open().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let moved = elsewhere.path().join("part");
    std::fs::rename(copy.object(1), &moved).unwrap();
    std::os::unix::fs::symlink(&moved, copy.object(1)).unwrap();
    world.assert_shown(&without(copy.events(), &[1]), &[(1, 3, "gone")]).await;
}
