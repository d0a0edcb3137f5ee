//! Handing a link on, and who has access.

use axum::http::StatusCode;
use protocol::portal::{Abilities, Ability, LinkScope};
use tests::fixtures::tenant;

use super::MARKUP;
use super::world::{Answer, World};

/// The link on the page that shows it.
fn shown(answer: &Answer) -> String {
    let start = answer.body.find("https://audit.vendor.example/portal/enter/").unwrap();
    answer.body[start..].split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_that_is_handed_on_is_shown_once_and_dies_with_its_givers() {
    let world = World::new();
    let dana = world.person("acme").await;
    let page = world.get(&dana, "/portal/invite?abilities=set-up").await;
    assert!(page.has("value=\"set-up\" checked") && !page.has("value=\"operate\" checked"), "{}", page.body);
    let fields = [("addressee", "Kim (AWS)"), ("ability", "set-up"), ("ability", "invite")];
    let made = world.post(&dana, "/portal/invite", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    assert!(made.has("it is shown once") && made.has("8 h"), "{}", made.body);
    let kim = world.redeem(&shown(&made)).await;
    let list = world.get(&kim, "/portal/access").await;
    for text in ["Kim (AWS)", "handed on by Dana Ruiz", "203.0.113.0/24", "in use"] {
        assert!(list.has(text), "{text}: {}", list.body);
    }
    assert!(!list.has("portal/enter"));
    // What was handed on can't be handed on again.
    let again = world.post(&kim, "/portal/invite", &[("addressee", "Lee")]).await;
    assert!(again.has("handed on"), "{}", again.body);
    // Kim can't revoke Dana's, and Dana can revoke Kim's.
    let id = |name: &str, body: &str| {
        let row = body.split("<tr>").find(|row| row.contains(name)).unwrap().to_owned();
        row.split("name=\"link\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let own = world.get(&dana, "/portal/access").await;
    let kims = id("Kim (AWS)", &own.body).unwrap();
    assert_eq!(id("Dana Ruiz", &list.body), None, "no button for a link that is not handed on by oneself");
    let stranger = world.post(&kim, "/portal/access/revoke", &[("link", &kims)]).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    let revoked = world.post(&dana, "/portal/access/revoke", &[("link", &kims)]).await;
    assert_eq!(revoked.location(), "/portal/access?done=revoked");
    assert_eq!(world.get(&kim, "/portal/health").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn no_link_is_handed_on_that_allows_more_than_ones_own_or_is_the_sixth_of_a_day() {
    let world = World::new();
    let scope = LinkScope::Tenant { tenant: tenant("acme") };
    let few = Abilities::from_iter([Ability::Invite, Ability::SetUp]);
    let eve = world.session(scope, few, "Eve").await;
    let beyond = world.post(&eve, "/portal/invite", &[("addressee", "Kim"), ("ability", "operate")]).await;
    assert!(beyond.has("your own link does not allow: ") || beyond.has("Your own link does not allow: "));
    let nobody =
        world.post(&eve, "/portal/invite", &[("addressee", "\u{202e}"), ("ability", "set-up")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.has("href=\"#addressee\"") && nobody.has("value=\"set-up\" checked"), "{}", nobody.body);
    for _ in 0..5 {
        let made = world.post(&eve, "/portal/invite", &[("addressee", MARKUP)]).await;
        assert_eq!(made.status, StatusCode::OK);
        assert!(!made.has(MARKUP));
    }
    let sixth = world.post(&eve, "/portal/invite", &[("addressee", "Kim")]).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(sixth.has("value=\"Kim\""), "what was typed stays");
    assert!(!world.get(&eve, "/portal/access").await.has(MARKUP));
}
