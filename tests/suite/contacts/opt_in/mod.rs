//! Addresses that have not confirmed: what they get before, whoever names them, and what their links do.

mod at_most_once;
mod links;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use archive::names::{ConnectorId, EmailAddress, TenantId};
use control::onboarding::{MailMode, NewConnector, NewContacts, Onboarding, OnboardingError};
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::contacts::{AddressStatus, LinkToken, MAX_MAILS, Mail};
use protocol::notice::Notice;
use tests::fakes::{FakeBus, FakeProber, SeededRng, onboarding};
use tests::fault_injection::Outage;
use tests::fixtures::{connector, tenant, unique_id};

use super::world::{World, blocked};

/// A deployment with a portal: its API, its bus, its notifier.
struct Deployment {
    world: World,
    bus: FakeBus,
    onboarding: Onboarding,
    /// How many of the bus's notices were forwarded.
    forwarded: std::cell::Cell<usize>,
}

fn acme() -> Caller {
    Caller::Tenant { tenant: tenant("acme"), name: "mallory".into() }
}

fn operator() -> Caller {
    Caller::Operator { name: "arn:aws:iam::111111111111:user/ops".into() }
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

impl Deployment {
    fn new() -> Self {
        let (world, bus) = (World::new(), FakeBus::new());
        let connectors = Arc::new(world.ledger.clone());
        let onboarding = Onboarding {
            rng: Arc::new(SeededRng::new(unique_id())),
            mail_mode: MailMode::DoubleOptIn,
            ..onboarding(connectors, &FakeProber::new(), &bus, &world.clock)
        };
        Self { world, bus, onboarding, forwarded: std::cell::Cell::new(0) }
    }

    /// A connector with a destination that the tenant has chosen and nobody has verified.
    async fn draft(&self, of: &TenantId) -> Connector {
        let likeness = connector(of, self.world.clock.wall());
        let mut destination = likeness.destination.s3().cloned().unwrap();
        destination.bucket = "buy-cheap-pills-at-evil.example".parse().unwrap();
        destination.prefix = "click-http-evil.example".parse().unwrap();
        let new = NewConnector {
            tenant: of.clone(),
            shards: likeness.shards,
            frequency: likeness.frequency,
            encoding: likeness.encoding,
            start_from: None,
            destination: destination.into(),
            idempotency_key: None,
        };
        self.onboarding.create(&Caller::System, new).await.unwrap()
    }

    /// Forwards what the bus's rules would; messages that wait in the queue go on waiting.
    async fn forward_notices(&self) {
        let notices: Vec<Notice> = self.bus.published().into_iter().skip(self.forwarded.get()).collect();
        self.forwarded.set(self.forwarded.get() + notices.len());
        for notice in notices {
            assert_eq!(self.world.handle(&[self.world.event(&notice)]).await, [""; 0]);
        }
    }

    async fn set(
        &self,
        who: &Caller,
        id: &ConnectorId,
        emails: &[EmailAddress],
    ) -> Result<(), OnboardingError> {
        let emails = emails.to_vec().try_into().unwrap();
        let done = self.onboarding.set_contacts(who, id, None, NewContacts { emails, webhook: None }).await;
        self.forward_notices().await;
        done.map(drop)
    }

    /// The token in the newest mail to an address.
    fn newest_token(&self, to: &EmailAddress) -> LinkToken {
        let mails = self.world.mailer.sent();
        let (_, mail) = mails.iter().rev().find(|(one, _)| one == to).unwrap();
        let link = mail.text.lines().find(|line| line.starts_with("https://")).unwrap();
        link.strip_prefix("https://audit.vendor.example/portal/confirm/").unwrap().parse().unwrap()
    }

    async fn status(&self, of: &Connector) -> Vec<AddressStatus> {
        let connector = self.world.ledger.connector(&of.id);
        let views = self.onboarding.addresses(&operator(), &connector).await.unwrap();
        views.into_iter().map(|view| view.status).collect()
    }
}

fn is_confirmation_request(mail: &Mail) -> bool {
    mail.subject == "Confirm this address for vendor.example"
}

/// The attack of the review: 300 test mails to strangers, with the attacker's texts in them.
#[tokio::test]
async fn three_hundred_strangers_get_one_confirmation_mail_each_at_most_without_an_attackers_text() {
    let deployment = Deployment::new();
    let evil: TenantId = "win-a-prize-at-evil.example".parse().unwrap();
    let who = Caller::Tenant { tenant: evil.clone(), name: "mallory".into() };
    for round in 0..60 {
        let draft = deployment.draft(&evil).await;
        let strangers: Vec<EmailAddress> =
            (0..5).map(|n| address(&format!("s{round}x{n}@stranger.example"))).collect();
        let first = deployment.set(&who, &draft.id, &strangers).await;
        assert_eq!(first.is_ok(), round < 2, "ten a day: {first:?}");
        // Tests, repeats, other spellings, removed and set again, another connector: not one mail more.
        for again in
            [&strangers[..1], &[], &strangers[..2], &[address(&format!("S{round}X0@STRANGER.example"))]]
        {
            drop(deployment.set(&who, &draft.id, again).await);
            drop(deployment.onboarding.test_contacts(&who, &draft.id, None).await);
            drop(deployment.onboarding.ask_contacts(&who, &draft.id, None).await);
            deployment.forward_notices().await;
        }
    }
    let mails = deployment.world.mailer.sent();
    assert_eq!(mails.len(), 10, "{mails:?}");
    let mut to: BTreeMap<String, usize> = BTreeMap::new();
    for (one, mail) in &mails {
        *to.entry(one.folded()).or_default() += 1;
        assert!(is_confirmation_request(mail), "{mail:?}");
        for word in ["evil", "prize", "pills", "click", "mallory", "con_", "stranger"] {
            assert!(!format!("{mail:?}").contains(word), "{word}: {mail:?}");
        }
    }
    assert!(to.values().all(|mails| *mails == 1), "{to:?}");
}

#[tokio::test]
async fn a_request_beyond_the_budget_changes_and_sends_nothing_and_learns_when_to_retry() {
    let deployment = Deployment::new();
    let draft = deployment.draft(&tenant("acme")).await;
    let many =
        |from: usize| (from..from + 5).map(|n| address(&format!("a{n}@acme.example"))).collect::<Vec<_>>();
    deployment.set(&acme(), &draft.id, &many(0)).await.unwrap();
    deployment.set(&acme(), &draft.id, &many(5)).await.unwrap();
    let before = deployment.world.ledger.connector(&draft.id);
    let refused = deployment.set(&acme(), &draft.id, &many(10)).await.unwrap_err();
    let OnboardingError::Exhausted(exhausted) = &refused else { panic!("{refused:?}") };
    assert!(exhausted.to_string().contains("10 confirmation mails per day"), "{exhausted}");
    assert_eq!(deployment.world.ledger.connector(&draft.id), before);
    // A known address costs nothing.
    deployment.set(&acme(), &draft.id, &many(3)).await.unwrap();
    assert_eq!(deployment.world.mailer.sent().len(), 10);
    deployment.world.clock.advance(Duration::from_hours(24));
    deployment.set(&acme(), &draft.id, &many(10)).await.unwrap();
    assert_eq!(deployment.world.mailer.sent().len(), 15);
}

#[tokio::test]
async fn only_the_confirmation_mail_reaches_an_address_until_it_confirms_and_everything_after_that() {
    let deployment = Deployment::new();
    let world = &deployment.world;
    let acme = world.unconfirmed("acme").await;
    let one = address("one@acme.example");
    for n in 0..3 {
        world.notify(&blocked(&acme, world.clock.wall() + Duration::from_hours(24 * n))).await;
        world.notify(&super::world::changed(&acme, protocol::connector::Verb::TestContacts)).await;
    }
    assert_eq!(world.mailer.sent(), []);
    let two = address("two@acme.example");
    deployment.set(&operator(), &acme.id, &[]).await.unwrap();
    deployment.set(&operator(), &acme.id, &[one.clone(), two]).await.unwrap();
    assert_eq!(world.mailer.sent().len(), 2);
    assert!(world.mailer.sent().iter().all(|(_, mail)| is_confirmation_request(mail)));
    deployment.onboarding.confirm(&deployment.newest_token(&one)).await.unwrap();
    world.notify(&blocked(&acme, world.clock.wall() + Duration::from_hours(24 * 7))).await;
    let mails = world.mailer.sent();
    assert_eq!((mails.len(), &mails[2].0, is_confirmation_request(&mails[2].1)), (3, &one, false));
    // A notice that was delayed before its address declined is not sent either.
    world.mailer.outage(Outage::Throttled, 1);
    world.notify(&blocked(&acme, world.clock.wall() + Duration::from_hours(24 * 9))).await;
    deployment.onboarding.decline(&deployment.confirmation_token(&one)).await.unwrap();
    world.advance(Duration::from_hours(3)).await;
    assert_eq!(world.mailer.sent().len(), 3);
}

impl Deployment {
    /// The token of the last confirmation mail to an address; notices may have followed it.
    fn confirmation_token(&self, to: &EmailAddress) -> LinkToken {
        let mails = self.world.mailer.sent();
        let (_, mail) =
            mails.iter().rev().find(|(one, mail)| one == to && is_confirmation_request(mail)).unwrap();
        let link = mail.text.lines().find(|line| line.starts_with("https://")).unwrap();
        link.rsplit('/').next().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn a_silent_address_is_asked_again_once_a_day_on_request_and_three_times_in_all() {
    let deployment = Deployment::new();
    let draft = deployment.draft(&tenant("acme")).await;
    let one = address("one@acme.example");
    deployment.set(&acme(), &draft.id, std::slice::from_ref(&one)).await.unwrap();
    let refusals = async || match deployment.onboarding.ask_contacts(&acme(), &draft.id, None).await {
        Err(error) => error.to_string(),
        Ok(_) => String::new(),
    };
    assert!(
        refusals()
            .await
            .contains("at most one confirmation mail a day; the next one is possible at 2026-11-21T20:15")
    );
    for day in 1..10 {
        deployment.world.clock.advance(Duration::from_hours(24));
        let refused = refusals().await;
        assert_eq!(refused.is_empty(), day < MAX_MAILS, "day {day}: {refused}");
        deployment.forward_notices().await;
        deployment.forward_notices().await;
    }
    assert!(refusals().await.contains("no address is due another mail"));
    assert_eq!(deployment.world.mailer.sent().len(), MAX_MAILS as usize);
}

#[tokio::test]
async fn only_an_operator_confirms_by_contract() {
    let deployment = Deployment::new();
    let draft = deployment.draft(&tenant("acme")).await;
    let (one, two) = (address("one@acme.example"), address("two@acme.example"));
    deployment.set(&acme(), &draft.id, std::slice::from_ref(&one)).await.unwrap();
    let onboarding = &deployment.onboarding;
    let by_tenant = onboarding.confirm_by_contract(&acme(), &draft.id, &one).await;
    assert!(matches!(by_tenant, Err(OnboardingError::Forbidden(_))));
    let by_another = Caller::Tenant { tenant: tenant("globex"), name: "eve".into() };
    let unseen = onboarding.confirm_by_contract(&by_another, &draft.id, &one).await;
    assert!(matches!(unseen, Err(OnboardingError::NotFound(_))));
    let no_contact = onboarding.confirm_by_contract(&operator(), &draft.id, &two).await.unwrap_err();
    assert!(no_contact.to_string().contains("two@acme.example is not a contact"), "{no_contact}");
    let before = deployment.world.clock.wall();
    for _ in 0..2 {
        onboarding.confirm_by_contract(&operator(), &draft.id, &address("ONE@acme.example")).await.unwrap();
        deployment.world.clock.advance(Duration::from_hours(1));
    }
    let notes_of = async |who: Caller| {
        let connector = deployment.world.ledger.connector(&draft.id);
        serde_json::to_value(deployment.onboarding.addresses(&who, &connector).await.unwrap()).unwrap()
    };
    let (for_operators, for_tenant) = (notes_of(operator()).await, notes_of(acme()).await);
    assert_eq!(for_operators[0]["since"], before.to_string());
    assert_eq!(for_operators[0]["by"]["name"], "arn:aws:iam::111111111111:user/ops");
    assert_eq!((&for_tenant[0]["how"], for_tenant[0].get("by")), (&"contract".into(), None));
}

#[tokio::test]
async fn without_a_portal_no_mail_is_sent_no_budget_spent_and_the_answer_says_who_confirms() {
    let mut deployment = Deployment::new();
    deployment.onboarding.mail_mode = MailMode::WithoutPortal;
    deployment.world.notifier.confirmation_mails = None;
    let draft = deployment.draft(&tenant("acme")).await;
    for n in 0..30 {
        deployment.set(&acme(), &draft.id, &[address(&format!("a{n}@acme.example"))]).await.unwrap();
    }
    assert_eq!(deployment.world.mailer.sent(), []);
    assert_eq!(deployment.status(&draft).await, [AddressStatus::Waiting]);
    let connector = deployment.world.ledger.connector(&draft.id);
    let addresses = deployment.onboarding.addresses(&acme(), &connector).await.unwrap();
    let note = deployment.onboarding.contacts_warning(&addresses).unwrap();
    assert!(note.contains("an operator must confirm it"), "{note}");
    let refused = deployment.onboarding.ask_contacts(&acme(), &draft.id, None).await.unwrap_err();
    assert!(refused.to_string().contains("an operator must confirm"), "{refused}");
}
