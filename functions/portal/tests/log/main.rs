//! The pages of the log: what each deployment shows, to whom, and what a page asks of the reader.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::panic, reason = "a panic is how a test fails")]
#![expect(clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod world;

use archive::fields::Field;
use axum::http::StatusCode;
use control::explorer::{Ask, EventPlace, ExplorerRequest, Proof};
use control::portal_events::PortalEvents;
use protocol::portal::{Abilities, Ability, LinkScope};
use serde_json::json;

use crate::world::World;

fn only(ability: Ability) -> Abilities {
    [ability].into_iter().collect()
}

#[tokio::test]
async fn every_question_carries_the_persons_session_and_names_one_archive() {
    let (world, connector) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let page = world.get(&dana, "/portal/log?filter=action%3Auser.login").await;
    assert_eq!(page.status, StatusCode::OK);
    let asked = world.reader.asked();
    assert_eq!(asked.len(), 3, "chart, rows and values");
    for ExplorerRequest { by, tenant, connector: of, .. } in &asked {
        let Proof::Session(token) = by else { panic!("{by:?}") };
        assert!(dana.ends_with(token.as_str()), "the session itself");
        assert_eq!((tenant.as_str(), of.as_ref()), ("acme", Some(&connector.id)));
    }
    // What an event contains stays text.
    assert!(page.has("ana&lt;b&gt;") && !page.has("ana<b>"));
    assert!(page.has("part 42") && page.has(", late"));
    // Nothing of the session is on the page.
    let Proof::Session(token) = &asked[0].by else { panic!() };
    assert!(!page.has(token.as_str()));
}

#[tokio::test]
async fn with_counts_alone_no_page_asks_for_an_event_or_for_a_person() {
    let (world, connector) = World::new(PortalEvents::Counts).await;
    let dana = world.person(Abilities::all()).await;
    let page = world.get(&dana, "/portal/log").await;
    assert!(page.has("and not the events") && page.has("Events by day"), "{page:?}");
    assert!(!page.has("ana&lt;b&gt;"));
    let shown = [Field::Action, Field::Category, Field::Outcome];
    for request in world.reader.asked() {
        match request.ask {
            Ask::Counts(counts) => assert!(counts.by.is_none_or(|by| shown.contains(&by))),
            Ask::Facets(facets) => assert!(facets.fields.iter().all(|field| shown.contains(field))),
            other => panic!("{other:?}"),
        }
    }
    // The reader refuses the page of an event too, as it refuses what somebody types.
    world.reader.refuse("not_shown", "this deployment shows how many events there are, and not the events");
    let event = format!("/portal/log/event?connector={}&time=2026-11-20T19:15:00Z&place=42.7", connector.id);
    assert_eq!(world.get(&dana, &event).await.status, StatusCode::FORBIDDEN);
    assert!(world.get(&dana, "/portal/log?filter=actor%3Aana").await.has("This deployment shows how many"));
}

#[tokio::test]
async fn with_off_nothing_is_asked() {
    let (world, _) = World::new(PortalEvents::Off).await;
    let dana = world.person(Abilities::all()).await;
    let page = world.get(&dana, "/portal/log").await;
    assert!(page.status == StatusCode::OK && page.has("This deployment shows no events here"), "{page:?}");
    assert_eq!(world.reader.asked().len(), 0);
}

#[tokio::test]
async fn a_link_without_the_ability_and_another_tenants_archive_open_nothing() {
    let (world, connector) = World::new(PortalEvents::Events).await;
    let foreign = world.exporting("globex").await;
    let viewer = world.person(only(Ability::View)).await;
    for path in ["/portal/log", "/portal/log/saved", "/portal/log/facets", "/portal/log/event?time=x&place=x"]
    {
        assert_eq!(world.get(&viewer, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!world.get(&viewer, "/portal/health").await.has("/portal/log"), "no link leads there");
    let dana = world.person(Abilities::all()).await;
    for path in [
        format!("/portal/log?connector={}", foreign.id),
        format!("/portal/log/event?connector={}&time=2026-11-20T19:15:00Z&place=1.1", foreign.id),
        format!("/portal/log/downloads/dwn_0123456789ab0123456789abcdef?connector={}", foreign.id),
        "/portal/log?tenant=globex".to_owned(),
        "/portal/log/event?time=2026-11-20T19:15:00Z&place=nothing".to_owned(),
    ] {
        assert_eq!(world.get(&dana, &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let view = format!("connector={}", foreign.id);
    let started = world.post(&dana, "/portal/log/downloads", &[("view", &view), ("format", "csv")]).await;
    assert_eq!(started.status, StatusCode::NOT_FOUND);
    assert_eq!(world.reader.asked().len(), 0, "{}", connector.id);
}

#[tokio::test]
async fn a_person_chooses_among_several_archives() {
    let (world, first) = World::new(PortalEvents::Events).await;
    let second = world.exporting("acme").await;
    let dana = world.person(Abilities::all()).await;
    let page = world.get(&dana, &format!("/portal/log?connector={}", second.id)).await;
    assert!(page.has("The archive of"), "{page:?}");
    for id in [&first.id, &second.id] {
        assert!(page.has(&format!("/portal/log?connector={id}")), "{id}");
    }
    let asked = world.reader.asked();
    assert!(asked.iter().all(|request| request.connector.as_ref() == Some(&second.id)));
}

#[tokio::test]
async fn what_was_left_out_is_said() {
    let (world, _) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    world.reader.add_to_lag(json!({
        "not_indexed_before": "2026-11-10T00:00:00.000Z",
        "missing": [
            {"part": 7, "events": 31, "why": "gone"},
            {"part": 8, "events": 2, "why": "altered"},
            {"part": 9, "events": 1, "why": "not_indexed"},
        ],
    }));
    let page = world.get(&dana, "/portal/log").await;
    for text in [
        "Complete up to",
        "has no index yet, and was not searched",
        "1 file (7; 31 events) missing here",
        "1 file (8; 2 events) that differ from what was signed. Nothing of them is shown.",
        "1 file (9; 1 event) without an index yet",
        "not counted",
    ] {
        assert!(page.has(text), "{text}\n{}", page.body);
    }
}

#[tokio::test]
async fn a_refusal_is_shown_in_its_place_and_a_filter_that_is_none_asks_nothing() {
    let (world, _) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let wrong = world.get(&dana, "/portal/log?filter=acton%3Ax").await;
    assert!(
        wrong.status == StatusCode::OK && wrong.has("value=\"acton:x\"") && wrong.has("action"),
        "{wrong:?}"
    );
    assert_eq!(world.reader.asked().len(), 0);
    world.reader.refuse("too_much", "there are too many events for one request; use a shorter span");
    let refused = world.get(&dana, "/portal/log").await;
    assert!(refused.status == StatusCode::OK && refused.has("There are too many events"), "{refused:?}");
}

#[tokio::test]
async fn a_field_with_too_many_values_still_has_a_chart_and_its_rows() {
    let (world, _) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    world.reader.refuse_splits("actor has more than 65536 different values here; count by another field");
    let page = world.get(&dana, "/portal/log?by=actor").await;
    for text in ["Actor has more than 65536", "counts all events instead", "Choose what is drawn", "part 42"]
    {
        assert!(page.has(text), "{text}\n{}", page.body);
    }
}

#[tokio::test]
async fn a_selection_that_no_filter_can_say_is_no_selection() {
    let (world, _) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let page =
        world.get(&dana, "/portal/log?filter=time%3A2026-11-20&at=2026-11-18T00%3A00%3A00Z&of=failure").await;
    assert!(page.status == StatusCode::OK && !page.has("is selected") && !page.has("failure on"), "{page:?}");
}

#[tokio::test]
async fn the_form_leads_to_the_address_of_its_filter() {
    let (world, _) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let sent = world
        .get(&dana, "/portal/log?refine=1&filter=action%3Ax&action=x&actor=ana&from=2026-11-01&to=2026-11-02")
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert_eq!(sent.location, "/portal/log?filter=action%3Ax+actor%3Aana+time%3A2026-11-01..2026-11-02");
    let wrong = world.get(&dana, "/portal/log?refine=1&ip=10.0.0.1%2F8&actor=ana").await;
    assert!(
        wrong.status == StatusCode::OK && wrong.has("10.0.0.0/8") && wrong.has("value=\"ana\""),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn the_page_of_an_event_asks_by_its_place_and_shows_what_was_written() {
    let (world, connector) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let place = format!("connector={}&time=2026-11-20T19%3A15%3A00.000Z&place=42.7", connector.id);
    let list = world.get(&dana, "/portal/log").await;
    assert!(list.has(&format!("/portal/log/event?{}", place.replace('&', "&amp;"))), "{}", list.body);
    let page = world.get(&dana, &format!("/portal/log/event?{place}")).await;
    let asked = world.reader.asked();
    let event = asked.iter().find_map(|request| match request.ask {
        Ask::Event(event) => Some(event.place),
        _ => None,
    });
    assert_eq!(event, Some(EventPlace::Sealed(archive::part::PartNumber::new(42), 7)));
    let number = "&quot;n&quot;: 1.50";
    for text in [number, "event 8 in it", "events/x.json", "found later than its window", "as a column"] {
        assert!(page.has(text), "{text}\n{}", page.body);
    }
}

#[tokio::test]
async fn a_search_is_saved_shared_renamed_and_deleted_by_the_people_of_its_tenant() {
    let (world, _) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let view =
        "filter=action%3Auser.login&interval=week&by=actor&bars=ana&line=bob&column=time&column=%2Fwho";
    let fields = [("view", view), ("name", "Daily Login Activity")];
    let saved = world.post(&dana, "/portal/log/saved", &fields).await;
    assert_eq!(
        (saved.status, saved.location.as_str()),
        (StatusCode::SEE_OTHER, &*format!("/portal/log?{view}"))
    );
    let list = world.get(&world.person(only(Ability::Explore)).await, "/portal/log/saved").await;
    assert!(list.has("Daily Login Activity"), "{list:?}");
    let id = list.body.split("/portal/log/saved/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let stale =
        world.post(&dana, &format!("/portal/log/saved/{id}"), &[("name", "x"), ("version", "7")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let other = LinkScope::Tenant { tenant: "globex".parse().unwrap() };
    let stranger = world.session(other, Abilities::all()).await;
    for (path, name) in
        [(format!("/portal/log/saved/{id}"), "Mine"), (format!("/portal/log/saved/{id}/delete"), "")]
    {
        let refused = world.post(&stranger, &path, &[("name", name), ("version", "1")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
    }
    world.post(&dana, &format!("/portal/log/saved/{id}"), &[("name", "Log-ins"), ("version", "1")]).await;
    assert!(world.get(&dana, "/portal/log").await.has(">Log-ins<"));
    world.post(&dana, &format!("/portal/log/saved/{id}/delete"), &[("version", "2")]).await;
    assert!(world.get(&dana, "/portal/log/saved").await.has("Nothing is saved yet"));
    let nameless = world.post(&dana, "/portal/log/saved", &[("view", view), ("name", " ")]).await;
    assert_eq!(nameless.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_download_is_of_exactly_the_rows_on_the_screen() {
    let (world, connector) = World::new(PortalEvents::Events).await;
    let dana = world.person(Abilities::all()).await;
    let selected =
        "/portal/log?filter=action%3Auser.login&at=2026-11-20T00%3A00%3A00.000Z&of=failure&order=oldest";
    let page = world.get(&dana, selected).await;
    let rows = world.reader.asked().into_iter().find_map(|request| match request.ask {
        Ask::Rows(rows) => Some(rows),
        _ => None,
    });
    let rows = rows.unwrap();
    let form = page.body.split("action=\"/portal/log/downloads\"").nth(1).unwrap();
    let view = form.split("name=\"view\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let view = view.replace("&amp;", "&");
    let started = world.post(&dana, "/portal/log/downloads", &[("view", &view), ("format", "csv")]).await;
    assert!(started.location.starts_with("/portal/log/downloads/dwn_"), "{started:?}");
    let asked = world.reader.asked();
    let Ask::Download(download) = &asked.last().unwrap().ask else { panic!() };
    assert_eq!((&download.rows.filter, download.rows.order), (&rows.filter, rows.order));
    assert_eq!(rows.filter.to_string(), "action:user.login time:2026-11-20 outcome:failure");
    assert_eq!(asked.last().unwrap().connector.as_ref(), Some(&connector.id));
    let waiting = world.get(&dana, &started.location).await;
    assert!(waiting.has("being made") && waiting.has("http-equiv=\"refresh\""), "{waiting:?}");
    let nothing = world.post(&dana, "/portal/log/downloads", &[("view", ""), ("format", "xlsx")]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
}
