//! Nothing is written outside of the cache, and the cache never shows more than the copy.

use archive::names::ConnectorId;

use super::{Cache, Copy, snapshot, without};

#[tokio::test]
async fn nothing_is_written_but_the_cache_and_a_temporary_one_is_removed() {
    let copy = Copy::new();
    let before = snapshot(copy.path());
    let world = copy.open().await;
    world.index().await;
    world.assert_shown(&copy.events(), &[]).await;
    assert_eq!(snapshot(copy.path()), before);
    let cache = &world.offline.cache;
    let written = snapshot(cache.path());
    assert!(written.keys().any(|path| path.to_string_lossy().contains("/days/2026-11-19_")), "{written:?}");
    assert!(written.keys().all(|path| path.starts_with(cache.path().join("index"))));
    cache.close(&world.offline.connector).unwrap();
    assert!(!cache.path().exists());
    // What is still under way writes nothing any more.
    cache.store("index/con_0000000000000001/x", b"late").unwrap();
    assert!(!cache.path().exists());
}

#[tokio::test]
async fn the_indexes_of_a_named_cache_stay_and_its_downloads_do_not() {
    let (copy, folder) = (Copy::new(), tempfile::tempdir().unwrap());
    let place = folder.path().join("indexes");
    let connector = ConnectorId::new(1);
    let world = copy.open_with(Vec::new(), Cache::named(&place).unwrap()).await;
    world.index().await;
    world.offline.cache.store("downloads/con_0000000000000001/x/y.csv", b"secret").unwrap();
    world.offline.cache.close(&connector).unwrap();
    let kept = snapshot(&place);
    assert!(kept.len() > 11 && kept.values().all(|bytes| bytes != b"secret"), "{kept:?}");
    let again = copy.open_with(Vec::new(), Cache::named(&place).unwrap()).await;
    again.assert_shown(&copy.events(), &[]).await;
    again.index().await;
    assert!(snapshot(&place) == kept, "the same bytes make the same indexes");
}

#[tokio::test]
async fn an_index_of_an_earlier_run_never_stands_for_a_file_that_is_gone_since() {
    let (copy, folder) = (Copy::new(), tempfile::tempdir().unwrap());
    let open = || copy.open_with(Vec::new(), Cache::named(folder.path()).unwrap());
    open().await.index().await;
    std::fs::remove_file(copy.object(4)).unwrap();
    copy.alter(1);
    let world = open().await;
    let request = control::explorer::CountsRequest {
        filter: "".parse().unwrap(),
        from: None,
        to: None,
        interval: archive::query::counts::Interval::Whole,
        by: None,
        sealing: false,
    };
    let counts = world.offline.explorer.counts(&world.asker, request).await.unwrap();
    assert_eq!((counts.total, counts.lag.missing.len()), (26, 2));
    world.assert_shown(&without(copy.events(), &[1, 4]), &[(1, 3, "altered"), (4, 4, "gone")]).await;
}

#[tokio::test]
async fn a_day_is_rolled_up_around_a_file_that_is_gone() {
    let copy = Copy::new();
    std::fs::remove_file(copy.object(3)).unwrap();
    let world = copy.open().await;
    world.index().await;
    let written = snapshot(world.offline.cache.path());
    let days = written.keys().filter_map(|path| path.file_name()?.to_str()?.strip_prefix("2026-11-19_"));
    let days: Vec<&str> = days.map(|name| name.split('_').next().unwrap()).collect();
    assert_eq!(days, ["000000000001-000000000002", "000000000004-000000000004"]);
}
