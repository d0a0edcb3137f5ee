//! The tests of `lifecycle`.

use archive::names::ConnectorId;

use super::*;
use crate::connector::Encryption;

type Step = (&'static str, fn(&mut Connector) -> Result<(), NotAllowedError>);

const NOW: Time = Time::LAST;

fn destination(bucket: &str) -> S3Destination {
    S3Destination {
        role: "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery".parse().unwrap(),
        bucket: bucket.parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    }
}

fn draft() -> Connector {
    let id = ExternalId::new(1, 2);
    let mut draft = Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), id, Time::EPOCH);
    draft.connect(destination("acme-audit")).unwrap();
    draft
}

const STEPS: [Step; 9] = [
    ("verify", |c| c.mark_verified(NOW, &c.external_id.clone())),
    ("activate", |c| c.activate(NOW).map(drop)),
    ("pause", Connector::pause),
    ("resume", Connector::resume),
    ("connect", |c| c.connect(destination("other-audit"))),
    ("disable", |c| c.disable(NOW)),
    ("enable", |c| c.enable(NOW)),
    ("delete", Connector::delete),
    ("rotate", |c| c.rotate_external_id(ExternalId::new(5, 6))),
];

/// The state after each transition from each state; `-` where it is not allowed.
#[test]
fn every_transition_leads_to_the_expected_state() {
    let reach: [(&str, &[usize]); 6] = [
        ("draft", &[]),
        ("ready", &[0]),
        ("active", &[0, 1]),
        ("paused", &[0, 1, 2]),
        ("disabled", &[0, 1, 5]),
        ("deleted", &[7]),
    ];
    let mut table = String::new();
    for (state, path) in reach {
        let mut from = draft();
        for step in path {
            STEPS[*step].1(&mut from).unwrap();
        }
        assert_eq!(from.state.as_str(), state);
        for (name, step) in STEPS {
            let mut after = from.clone();
            let end = step(&mut after).map_or("-", |()| after.state.as_str());
            table += &[state, name, end].join(" ");
            table.push('\n');
            assert!(end == "-" || after.version == from.version + 1, "{state} {name}: a change counts once");
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_new_destination_gets_no_delivery_before_it_is_verified() {
    let mut connector = draft();
    assert_eq!(connector.activate(NOW), Err(NotAllowedError::NotVerified(connector.id.clone())));
    connector.mark_verified(NOW, &connector.external_id.clone()).unwrap();
    connector.activate(NOW).unwrap();
    connector.connect(destination("other-audit")).unwrap();
    assert_eq!((connector.state, connector.verified_at), (State::Paused, None));
    assert_eq!(connector.resume(), Err(NotAllowedError::NotVerified(connector.id.clone())));
    connector.mark_verified(NOW, &connector.external_id.clone()).unwrap();
    connector.resume().unwrap();
    assert_eq!(connector.state, State::Active);
}

#[test]
fn a_connector_starts_now_or_earlier_and_never_in_the_future() {
    let now = Time::EPOCH + DISABLED_RETENTION;
    let mut ready = draft();
    ready.mark_verified(now, &ready.external_id.clone()).unwrap();
    let later = now + Duration::from_millis(1);
    for (start_from, since) in [
        (None, Ok(now)),
        (Some(Time::EPOCH), Ok(Time::EPOCH)),
        (Some(now), Ok(now)),
        (Some(later), Err(NotAllowedError::StartInFuture(later))),
    ] {
        assert_eq!(Connector { start_from, ..ready.clone() }.activate(now), since);
    }
}

#[test]
fn an_unsafe_destination_stops_delivery() {
    let mut connector = draft();
    let seen = connector.external_id.clone();
    connector.mark_verified(NOW, &seen).unwrap();
    connector.refuse_destination();
    assert_eq!((connector.state, connector.verified_at), (State::Draft, None));
    connector.mark_verified(NOW, &seen).unwrap();
    connector.activate(NOW).unwrap();
    let version = connector.version;
    connector.refuse_destination();
    assert_eq!((connector.state, connector.verified_at), (State::Paused, None));
    assert_eq!(connector.version, version + 1);
    connector.disable(NOW).unwrap();
    connector.refuse_destination();
    assert_eq!(connector.state, State::Disabled);
}

#[test]
fn the_old_external_id_is_retired_only_when_the_new_one_has_worked() {
    let mut connector = draft();
    let (old, new) = (connector.external_id.clone(), ExternalId::new(5, 6));
    connector.rotate_external_id(new.clone()).unwrap();
    connector.mark_verified(NOW, &old).unwrap();
    assert_eq!(connector.external_ids().collect::<Vec<_>>(), [&new, &old]);
    connector.mark_verified(NOW, &new).unwrap();
    assert_eq!(connector.external_ids().collect::<Vec<_>>(), [&new]);
}

#[test]
fn a_disabled_connector_can_be_enabled_for_thirty_days() {
    let mut connector = draft();
    connector.disable(Time::EPOCH).unwrap();
    let late = Time::EPOCH + DISABLED_RETENTION + Duration::from_millis(1);
    assert!(matches!(connector.clone().enable(late), Err(NotAllowedError::RetentionExpired { .. })));
    connector.enable(Time::EPOCH + DISABLED_RETENTION).unwrap();
    assert_eq!(connector.state, State::Draft);
}
