//! Mappings of fields: one guess counts for all workers, until a person sets another mapping.

use archive::names::ConnectorId;
use futures_util::future::join_all;
use ports::EventMappings;
use protocol::caller::Caller;
use protocol::exploration::StoredMapping;

use super::{Ledger, activate, cursor, start};
use crate::fixtures::unique_id;

fn new_connector() -> ConnectorId {
    ConnectorId::new(unique_id())
}

fn guess(events: u64) -> StoredMapping {
    let fields = r#"{"time":["/eventTime"],"actor":["/userIdentity/arn","/Ä~1~0"]}"#.parse().unwrap();
    StoredMapping::guess(Some("cloudtrail".into()), fields, events, start())
}

fn set(stored: Option<&StoredMapping>, text: &str) -> StoredMapping {
    let by = Caller::Operator { name: "ops".into() };
    StoredMapping::set(stored, None, text.parse().unwrap(), by, start()).unwrap()
}

/// However many workers guess at once, each goes on with the same mapping.
pub async fn of_racing_guesses_one_counts_for_all(ledger: &impl EventMappings) {
    let id = new_connector();
    assert_eq!(ledger.mapping(&id).await.unwrap(), None);
    let guesses = [1, 2, 3, 4].map(guess);
    let answers = join_all(guesses.iter().map(|guess| ledger.store_guess(&id, guess))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let stored = ledger.mapping(&id).await.unwrap().unwrap();
    assert!(guesses.contains(&stored));
    assert!(answers.iter().all(|answer| *answer == stored));
    assert_eq!(ledger.store_guess(&id, &guess(5)).await.unwrap(), stored);
    assert_eq!(ledger.mapping(&new_connector()).await.unwrap(), None, "another connector");
}

/// A guess that comes later takes what a person has set, whether there was a guess before or not.
pub async fn what_a_person_sets_is_never_replaced_by_a_guess(ledger: &impl EventMappings) {
    for guessed in [false, true] {
        let id = new_connector();
        let mut stored = None;
        if guessed {
            stored = Some(ledger.store_guess(&id, &guess(7)).await.unwrap());
        }
        let set = set(stored.as_ref(), "{}");
        assert!(ledger.store_mapping(&id, &set).await.unwrap());
        assert_eq!(ledger.store_guess(&id, &guess(8)).await.unwrap(), set);
        assert_eq!(ledger.mapping(&id).await.unwrap(), Some(set));
    }
}

/// Of changes of one version, one is stored, the first one too.
pub async fn of_two_who_set_a_mapping_one_is_asked_to_look_again(ledger: &impl EventMappings) {
    let id = new_connector();
    let mut stored = None;
    for _ in 0..3 {
        let attempts = ["[1]", "[2]", "[3]"].map(|text| set(stored.as_ref(), text));
        let attempts: Vec<_> = attempts.into_iter().collect();
        let answers = join_all(attempts.iter().map(|attempt| ledger.store_mapping(&id, attempt))).await;
        let won: Vec<_> = attempts.iter().zip(answers).filter(|(_, won)| *won.as_ref().unwrap()).collect();
        assert_eq!(won.len(), 1);
        assert!(!ledger.store_mapping(&id, won[0].0).await.unwrap(), "nor the same again");
        // The next round sets the same texts, of which one is stored already.
        let next = set(Some(won[0].0), "[0]");
        assert!(ledger.store_mapping(&id, &next).await.unwrap());
        assert_eq!(ledger.mapping(&id).await.unwrap(), Some(next.clone()));
        stored = Some(next);
    }
    let never_guessed = StoredMapping { version: 2, ..set(None, "{}") };
    assert!(!ledger.store_mapping(&new_connector(), &never_guessed).await.unwrap());
}

/// A mapping lies beside settings, cursor, changes and parts, and is read as none of them.
pub async fn a_mapping_is_no_part_of_its_connector(ledger: &(impl Ledger + EventMappings)) {
    let (connector, before) = activate(ledger).await;
    let guess = ledger.store_guess(&connector.id, &guess(7)).await.unwrap();
    super::seal_next(ledger, &connector, before.watermark + std::time::Duration::from_mins(5)).await;
    let (settings, stored) = ledger.get(&connector.id).await.unwrap().unwrap();
    assert_eq!((settings, stored), (connector.clone(), Some(cursor(ledger, &connector).await)));
    assert_eq!(ledger.history(&connector.id, None, 10).await.unwrap().len(), 1);
    let changes = ledger.changes(&connector.id, None, 10).await.unwrap();
    assert!(changes.iter().all(|change| change.after.id == connector.id));
    assert_eq!(ledger.mapping(&connector.id).await.unwrap(), Some(guess));
}
