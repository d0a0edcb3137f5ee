//! Nobody gets a confirmation mail twice, or more mails than allowed, whatever fails and in any order of
//! steps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use archive::names::EmailAddress;
use control::onboarding::NewContacts;
use proptest::prelude::*;
use protocol::contacts::{AddressStatus, MAX_MAILS};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault, Outage};
use tests::fixtures::{connector, tenant};

use super::{Deployment, acme, address, is_confirmation_request};
use crate::contacts::world::blocked;

/// A mail that SES refuses is still owed. One whose answer is lost is not sent again, nor one after a crash.
#[tokio::test]
async fn a_confirmation_mail_is_sent_once_despite_refusals_lost_answers_crashes_and_duplicates() {
    for outage in [Outage::Throttled, Outage::Denied, Outage::ResponseLost] {
        let deployment = Deployment::new();
        let draft = deployment.draft(&tenant("acme")).await;
        deployment.world.mailer.outage(outage, 3);
        let one = address("one@acme.example");
        deployment.set(&acme(), &draft.id, std::slice::from_ref(&one)).await.unwrap();
        deployment.world.advance(Duration::from_hours(2)).await;
        assert_eq!(deployment.world.mailer.sent().len(), 1, "{outage:?}");
        assert!(matches!(deployment.status(&draft).await[..], [AddressStatus::Pending { .. }]));
        deployment.onboarding.confirm(&deployment.newest_token(&one)).await.unwrap();
    }
    for fault in [InjectedFault::Crash, InjectedFault::Fail, InjectedFault::LoseResponse] {
        for nth in 1..12 {
            let mut deployment = Deployment::new();
            let draft = deployment.draft(&tenant("acme")).await;
            let plan = FaultPlan::none().inject_at_call(nth, fault);
            let calm = deployment.world.notifier.clone();
            deployment.world.notifier.connectors =
                Arc::new(Flaky::new(deployment.world.ledger.clone(), &plan));
            let emails = vec![address("one@acme.example")].try_into().unwrap();
            let new = NewContacts { emails, webhook: None };
            deployment.onboarding.set_contacts(&acme(), &draft.id, None, new).await.unwrap();
            let notice = deployment.bus.published().pop().unwrap();
            let message = deployment.world.event(&notice);
            plan.run(deployment.world.handle(std::slice::from_ref(&message))).await;
            deployment.world.notifier = calm;
            for _ in 0..3 {
                assert_eq!(deployment.world.handle(std::slice::from_ref(&message)).await, [""; 0]);
            }
            let sent = deployment.world.mailer.sent().len();
            assert!(sent <= 1, "{fault:?} at call {nth}: {sent} mails");
            deployment.world.clock.advance(Duration::from_hours(24));
            drop(deployment.onboarding.ask_contacts(&acme(), &draft.id, None).await);
            deployment.forward_notices().await;
            assert!(!deployment.world.mailer.sent().is_empty(), "a day later it can be asked again");
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Set(Vec<usize>),
    Resend,
    Test,
    Block,
    Confirm(usize),
    Decline(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec(0usize..8, 0..5).prop_map(Step::Set),
        2 => Just(Step::Resend),
        1 => Just(Step::Test),
        2 => Just(Step::Block),
        1 => (0usize..8).prop_map(Step::Confirm),
        1 => (0usize..8).prop_map(Step::Decline),
        3 => (1u64..100).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// In any order of setting, resending, testing, blocks, answers and time: at most the allowed number of
    /// confirmation mails, and no notice to an address that has not confirmed, or has declined since.
    #[test]
    fn in_any_order_no_address_gets_more_than_it_may(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let deployment = Deployment::new();
            let (mut acme, cursor) = tests::fixtures::activated(
                connector(&tenant("acme"), deployment.world.clock.wall()), deployment.world.clock.wall(),
            );
            acme.contacts = protocol::contacts::Contacts::default();
            deployment.world.ledger.insert(acme.clone(), cursor);
            let all: Vec<EmailAddress> = (0..8).map(|n| address(&format!("a{n}@acme.example"))).collect();
            let mut wants = [false; 8];
            let mut seen = 0;
            let mut confirmation_mails: BTreeMap<String, Vec<archive::time::Time>> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Set(some) => {
                        let some: Vec<EmailAddress> = some.into_iter().map(|n| all[n].clone()).collect();
                        drop(deployment.set(&self::acme(), &acme.id, &some).await);
                    }
                    Step::Resend => {
                        drop(deployment.onboarding.ask_contacts(&self::acme(), &acme.id, None).await);
                    }
                    Step::Test => {
                        drop(deployment.onboarding.test_contacts(&self::acme(), &acme.id, None).await);
                    }
                    Step::Block => {
                        deployment.world.notify(&blocked(&acme, deployment.world.clock.wall())).await;
                    }
                    Step::Wait(hours) => deployment.world.clock.advance(Duration::from_hours(hours)),
                    Step::Confirm(n) if confirmation_mails.contains_key(&all[n].folded()) => {
                        let token = deployment.confirmation_token(&all[n]);
                        wants[n] |= deployment.onboarding.confirm(&token).await.is_ok();
                    }
                    Step::Decline(n) if confirmation_mails.contains_key(&all[n].folded()) => {
                        let token = deployment.confirmation_token(&all[n]);
                        deployment.onboarding.decline(&token).await.unwrap();
                        wants[n] = false;
                    }
                    Step::Confirm(_) | Step::Decline(_) => {}
                }
                deployment.forward_notices().await;
                let now = deployment.world.clock.wall();
                for (to, mail) in deployment.world.mailer.sent().into_iter().skip(seen) {
                    seen += 1;
                    let n = all.iter().position(|one| *one == to).unwrap();
                    if is_confirmation_request(&mail) {
                        let sent = confirmation_mails.entry(to.folded()).or_default();
                        assert!(!wants[n] && sent.len() < MAX_MAILS as usize);
                        assert!(sent.last().is_none_or(|last| now.since(*last) >= Duration::from_hours(24)));
                        sent.push(now);
                    } else {
                        assert!(wants[n], "{to} has not confirmed");
                    }
                }
                let day = now.floor(Duration::from_hours(24));
                let is_today = |at: &&archive::time::Time| at.floor(Duration::from_hours(24)) == day;
                let today = confirmation_mails.values().flatten().filter(is_today);
                assert!(today.count() <= 10);
            }
        });
    }
}
