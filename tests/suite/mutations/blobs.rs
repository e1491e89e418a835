//! Stored records.

use std::{sync::Arc, time::Duration};

use pombo::{
    otp::{
        ChallengeId, DeliveryRef, DeliveryStatus, Event, Recipient, Rules, Supply, Time,
        event::{Progress, Source},
    },
    store::{Store, memory::MemoryStore, record},
};

use super::{chance, mutated, rounds};
use crate::support::{
    pombo::PATIENCE,
    replica::{config, issue, replica, rules},
    world::number,
};

/// A live record, as the service wrote it, and whose challenge is in it.
async fn written(rules: Rules) -> (Vec<u8>, ChallengeId) {
    let store = MemoryStore::default();
    let service = replica(Arc::new(store.clone()), rules);
    let id = issue(&service, &number(1, "00")).await;
    assert!(service.drain(PATIENCE).await);
    let key = config().keys.index_key().recipient_of(&id);
    (store.load(&key).await.unwrap().blob.unwrap(), id)
}

fn events(id: ChallengeId) -> [Event; 3] {
    let caller = String::new();
    let receipt = Progress {
        challenge: id,
        delivery: DeliveryRef { challenge: id, number: 1 }.number,
        source: Source::Receipt(Time::LATEST),
        message: None,
        reference: None,
        template: None,
        status: DeliveryStatus::Delivered,
        failure: None,
    };
    [Event::Alarm, Event::Look { caller, challenge: id }, Event::Progress(receipt)]
}

#[tokio::test]
async fn a_record_that_is_almost_one_is_read_or_refused() {
    let rules = rules(Duration::from_secs(300));
    let (valid, id) = written(rules.clone()).await;
    let place = config().keys.index_key().recipient_of(&id);
    let before: Recipient = record::decode(&valid).unwrap();
    let (mut rng, mut read) = (chance("records"), 0);
    for _ in 0..rounds() {
        let Ok(recipient) = record::decode(&mutated(&valid, &mut rng)) else { continue };
        read += 1;
        // Whatever it says now, the machine goes on from it.
        let now = before.changed_at + Duration::from_secs(1);
        for event in events(id) {
            let _ = recipient.on(&place, &event, &rules, &Supply::default(), now);
        }
        assert_eq!(record::decode(&record::encode(&recipient)).unwrap(), recipient);
    }
    println!("{} changed records: {read} were records all the same", rounds());
    assert!(read > 0 && read < rounds());
}
