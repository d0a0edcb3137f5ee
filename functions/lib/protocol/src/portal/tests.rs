//! What a link and its session promise.

use std::time::Duration;

use archive::time::Time;
use proptest::prelude::*;

use super::*;
use crate::caller::Caller;
use crate::contacts::LinkToken;

fn at(seconds: u64) -> Time {
    "2026-11-30T10:00:00Z".parse::<Time>().unwrap() + Duration::from_secs(seconds)
}

fn token(link: &LinkId, mut random: u64) -> PortalToken {
    let secret = LinkToken::new(|| {
        random += 1;
        random
    });
    PortalToken { link: link.clone(), secret }
}

fn link() -> (PortalLink, PortalToken) {
    let id = LinkId::new(at(0), 7);
    let token = token(&id, 100);
    let new = NewPortalLink {
        scope: LinkScope::Tenant { tenant: "acme".parse().unwrap() },
        kind: LinkKind::Invite,
        abilities: Abilities::from_iter([Ability::SetUp]),
        addressee: "Dana Ruiz".parse().unwrap(),
        return_url: None,
        validity: Duration::from_hours(72),
        hand_over: None,
    };
    let by = Caller::Operator { name: "ops".into() };
    (PortalLink::new(id, token.hash(), new, by, at(0)), token)
}

fn network() -> Network {
    Network::of("203.0.113.77".parse().unwrap())
}

#[test]
fn a_link_is_redeemed_once_and_its_session_has_another_secret() {
    let (link, opened_with) = link();
    let session = token(&link.id, 500);
    let redeemed = link.redeem(session.hash(), network(), at(60)).unwrap();
    assert_eq!(redeemed.version, 2);
    assert_eq!(redeemed.status(at(61)), LinkStatus::Redeemed { at: at(60) });
    assert_eq!(redeemed.redeem(session.hash(), network(), at(62)), Err(LinkRefusal::Redeemed(at(60))));
    assert!(redeemed.session(&session.hash(), at(61)).is_ok());
    // The link's own secret opens no session, and the session's secret opens no link.
    assert_eq!(redeemed.session(&opened_with.hash(), at(61)), Err(SessionRefusal::Unknown));
    assert!(redeemed.is_opened_by(&opened_with.hash()) && !redeemed.is_opened_by(&session.hash()));
}

#[test]
fn an_expired_or_revoked_link_says_which() {
    let (link, _) = link();
    let end = at(72 * 3600);
    let redeem = |link: &PortalLink, now| link.redeem(token(&link.id, 1).hash(), network(), now).err();
    assert_eq!(redeem(&link, end), Some(LinkRefusal::Expired(end)));
    assert_eq!(redeem(&link, at(72 * 3600 - 1)), None);
    let revoked = link.revoke(Caller::System, at(5)).unwrap();
    assert_eq!(redeem(&revoked, at(6)), Some(LinkRefusal::Revoked(at(5))));
    assert_eq!(revoked.revoke(Caller::System, at(7)), None);
}

#[test]
fn a_session_ends_after_half_an_hour_without_use_and_after_eight_hours_at_the_latest() {
    let (link, _) = link();
    let secret = token(&link.id, 1).hash();
    let mut link = link.redeem(secret.clone(), network(), at(0)).unwrap();
    assert_eq!(link.session(&secret, at(1800)), Err(SessionRefusal::Ended(at(1800))));
    let mut now = 0;
    while link.session(&secret, at(now)).is_ok() {
        link = link.use_session(at(now)).unwrap_or(link);
        now += 1700;
    }
    assert_eq!(link.session(&secret, at(now)), Err(SessionRefusal::Ended(at(8 * 3600))));
    assert!(now - 1700 < 8 * 3600);
}

#[test]
fn use_is_recorded_once_a_minute_and_leaving_ends_the_session() {
    let (link, _) = link();
    let secret = token(&link.id, 1).hash();
    let link = link.redeem(secret.clone(), network(), at(0)).unwrap();
    assert_eq!(link.use_session(at(59)), None);
    let used = link.use_session(at(60)).unwrap();
    assert_eq!(used.session(&secret, at(60)).unwrap().ends_at(), at(60 + 1800));
    let left = used.leave(at(70)).unwrap();
    assert_eq!(left.session(&secret, at(71)), Err(SessionRefusal::Left(at(70))));
    assert_eq!(left.leave(at(72)), None);
}

#[test]
fn a_new_link_is_requested_once_and_never_for_a_revoked_one() {
    let (link, _) = link();
    let asked = link.request_new(at(1)).unwrap();
    assert_eq!(asked.request_new(at(2)), None);
    assert_eq!(link.revoke(Caller::System, at(1)).unwrap().request_new(at(2)), None);
}

#[test]
fn changes_are_recorded_under_the_addressee_and_an_operator_under_whoever_made_the_link() {
    let (link, _) = link();
    let dana = Caller::Tenant { tenant: "acme".parse().unwrap(), name: "Dana Ruiz".into() };
    assert_eq!(link.caller(), dana);
    let operators = PortalLink { scope: LinkScope::Operators, ..link };
    assert_eq!(operators.caller(), Caller::Operator { name: "ops".into() });
}

#[test]
fn a_network_is_the_start_of_an_address() {
    for (address, network) in [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
    ] {
        assert_eq!(Network::of(address.parse().unwrap()).as_str(), network);
    }
}

#[test]
fn ids_sort_by_time_and_every_set_of_abilities_can_view() {
    assert!(LinkId::new(at(1), u64::MAX) < LinkId::new(at(2), 0));
    assert!(Abilities::from_iter([]).includes(Ability::View));
    let stored: Abilities = serde_json::from_str(r#"["set-up"]"#).unwrap();
    assert_eq!(stored.to_string(), "view, set-up");
    assert_eq!(Abilities::all().beyond(&stored).count(), 4);
    for ability in Ability::ALL {
        assert_eq!(serde_json::to_value(ability).unwrap(), ability.as_str());
        assert_eq!(ability.as_str().parse::<Ability>().unwrap(), ability);
    }
}

#[test]
fn a_record_is_read_back_as_it_was_stored_and_holds_no_secret() {
    let (link, opened_with) = link();
    let session = token(&link.id, 500);
    let link = link.redeem(session.hash(), network(), at(60)).unwrap();
    let stored = serde_json::to_string(&link).unwrap();
    assert_eq!(serde_json::from_str::<PortalLink>(&stored).unwrap(), link);
    for token in [opened_with, session] {
        assert!(!stored.contains(&token.secret.expose()));
        assert!(!format!("{token:?}").contains(&token.secret.expose()));
        assert_eq!(token.expose().parse::<PortalToken>().unwrap(), token);
    }
}

#[test]
fn a_name_that_could_imitate_another_is_refused() {
    assert_eq!("  Dana Ruiz ".parse::<Addressee>().unwrap().as_str(), "Dana Ruiz");
    for bad in ["", "  ", "Dana\u{202e}ziuR", "Dana\u{200b}", "a\nb"] {
        assert!(bad.parse::<Addressee>().is_err(), "{bad:?}");
    }
    assert!("x".repeat(101).parse::<Addressee>().is_err());
    assert_eq!("dana\\acme".parse::<Addressee>().unwrap().as_str(), "dana\\acme");
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,90}") {
        if let Ok(token) = text.parse::<PortalToken>() {
            prop_assert_eq!(token.expose(), text.clone());
        }
        if let Ok(name) = text.parse::<Addressee>() {
            // What is stored is read back.
            prop_assert_eq!(name.as_str().parse::<Addressee>().unwrap(), name);
        }
    }
}

#[test]
fn a_tenant_sees_for_a_year_that_its_pages_were_opened() {
    let (tenant, by) = ("acme".parse().unwrap(), Caller::Operator { name: "ops".into() });
    let visit = OperatorVisit { tenant, link: LinkId::new(at(0), 7), by, at: at(0) };
    assert_eq!(visit.kept_until(), "2027-11-30T10:00:00Z".parse().unwrap());
}
