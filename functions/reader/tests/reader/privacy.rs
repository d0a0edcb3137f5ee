//! Who sees what: another tenant nothing, a deployment's people what it shows, and all of it is recorded.

use archive::fields::Field;
use archive::part::Encoding;
use archive::query::counts::Interval;
use archive::query::output::{Cells, OutputFormat};
use control::explorer::{
    Ask, CountsRequest, DownloadRequest, FacetsRequest, Proof, RefusalCode, RowsRequest,
};
use control::portal::{Credential, NewLink};
use control::portal_events::PortalEvents;
use protocol::caller::Caller;
use protocol::portal::{Abilities, Ability, LinkKind, LinkScope, Network, PortalToken};

use crate::world::{World, activate, filter, operator, tenant};

fn asks() -> Vec<Ask> {
    let counts = |by| CountsRequest {
        filter: filter(""),
        from: None,
        to: None,
        interval: Interval::Day,
        by,
        sealing: false,
    };
    let facets =
        |field| FacetsRequest { filter: filter(""), from: None, to: None, fields: vec![field], limit: None };
    let download = DownloadRequest {
        rows: RowsRequest::default(),
        format: OutputFormat::Csv,
        columns: Vec::new(),
        cells: Cells::Safe,
    };
    vec![
        Ask::Counts(counts(Some(Field::Action))),
        Ask::Facets(facets(Field::Outcome)),
        Ask::Facets(facets(Field::Actor)),
        Ask::Rows(RowsRequest::default()),
        Ask::Fields,
        Ask::Download(download),
    ]
}

#[tokio::test]
async fn another_tenant_gets_nothing_whatever_it_asks() {
    let world = World::gzip().await;
    activate(&world.embedded, "globex", Encoding::default()).await;
    let by = || Proof::Caller(Caller::Tenant { tenant: tenant("globex"), name: "eve".into() });
    for ask in asks() {
        let refusal = world.refused(by(), ask.clone()).await;
        assert_eq!(refusal.code, RefusalCode::Forbidden);
        // Its own name does not open another's connector.
        let request = control::explorer::ExplorerRequest {
            by: by(),
            tenant: tenant("globex"),
            connector: Some(world.connector.id.clone()),
            ask,
        };
        let control::explorer::Answer::Refused(refusal) = world.reader.answer(&request).await.unwrap() else {
            panic!("globex sees acme's log")
        };
        assert_eq!(refusal.code, RefusalCode::NotFound);
    }
    let refusal = world.refused(Proof::Caller(Caller::System), asks().remove(0)).await;
    assert_eq!(refusal.code, RefusalCode::Forbidden);
}

#[tokio::test]
async fn a_deployment_shows_nothing_counts_or_events() {
    let mut world = World::gzip().await;
    for (shown, answered) in [(PortalEvents::Off, 0), (PortalEvents::Counts, 2), (PortalEvents::Events, 6)] {
        world.reader.shown = shown;
        for (index, ask) in asks().into_iter().enumerate() {
            match world.ask(ask).await {
                control::explorer::Answer::Refused(refusal) => {
                    assert!(
                        refusal.code == RefusalCode::NotShown && index >= answered,
                        "{shown:?} {refusal:?}"
                    );
                }
                _ => assert!(index < answered, "{shown:?} {index}"),
            }
        }
    }
    // A count of one person's actions says what the person did.
    world.reader.shown = PortalEvents::Counts;
    let counts = |text: &str| {
        Ask::Counts(CountsRequest {
            filter: filter(text),
            from: None,
            to: None,
            interval: Interval::Day,
            by: None,
            sealing: false,
        })
    };
    for text in ["actor:benjamin", "-ip:10.0.0.1", "benjamin", "/userIdentity/userName:benjamin", "id:1"] {
        assert_eq!(world.refused(operator(), counts(text)).await.code, RefusalCode::NotShown, "{text}");
    }
    world
        .counts(match counts("action:get* outcome:failure time:2023-07-10") {
            Ask::Counts(counts) => counts,
            _ => unreachable!(),
        })
        .await;
}

#[tokio::test]
async fn a_session_needs_the_ability_and_its_own_tenant() {
    let world = World::gzip().await;
    let access = &world.embedded.portal_access("https://portal.vendor.example".parse().unwrap());
    let session = async |tenant_name: &str, abilities: Vec<Ability>| {
        let new = NewLink {
            scope: LinkScope::Tenant { tenant: tenant(tenant_name) },
            kind: LinkKind::Redirect,
            abilities: Abilities::from_iter(abilities),
            addressee: "Dana Ruiz".parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let by = Caller::Operator { name: "ops".into() };
        let created = access.create(&by, Credential::Iam, new).await.unwrap();
        let token: PortalToken = created.url.rsplit('/').next().unwrap().parse().unwrap();
        let network = Network::of("203.0.113.77".parse().unwrap());
        let (session, link) = access.redeem(&token, network).await.unwrap().unwrap();
        (Proof::Session(session.expose()), link)
    };
    let rows = || Ask::Rows(RowsRequest { filter: filter("actor:benjamin"), ..Default::default() });
    let (analyst, link) = session("acme", vec![Ability::Explore]).await;
    assert!(matches!(world.ask_as(analyst.clone(), rows()).await, control::explorer::Answer::Rows(_)));
    for (by, what) in [
        (session("acme", vec![Ability::View, Ability::Operate]).await.0, "ability"),
        (session("globex", vec![Ability::Explore]).await.0, "tenant"),
        (
            Proof::Session("lnk_0000000000000001.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
            "unknown",
        ),
        (Proof::Session("x".into()), "malformed"),
    ] {
        assert_eq!(world.refused(by, rows()).await.code, RefusalCode::Forbidden, "{what}");
    }
    access.revoke(&Caller::Operator { name: "ops".into() }, &link.id).await.unwrap();
    assert_eq!(world.refused(analyst, rows()).await.code, RefusalCode::Forbidden, "revoked");

    // The tenant sees who searched and for what kind of thing, and not for whom.
    let searches = world.reader.searches.searches(&tenant("acme"), None, 10).await.unwrap().items;
    assert_eq!(searches.len(), 1);
    assert_eq!(searches[0].filter.as_str(), "actor:\u{2026}");
    assert!(matches!(&searches[0].by, Caller::Tenant { name, .. } if name == "Dana Ruiz"));
}
