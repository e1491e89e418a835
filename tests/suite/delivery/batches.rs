//! Callbacks that come in one go: what is wrong with one recipient's record is no other's trouble.

use std::{sync::Arc, time::Duration};

use pombo::{
    delivery::{Callback, Receipt},
    otp::{ChallengeId, Channel, DeliveryRef, DeliveryStatus},
    service::{Service, Whose},
    store::{Commit, Store, memory::MemoryStore},
};

use crate::{
    store::bench::commit,
    support::{
        replica::{TAKER, config, issue, replica, rules},
        world::number,
    },
};

use super::PATIENCE;

fn delivered(challenge: ChallengeId) -> Callback {
    let delivery = DeliveryRef { challenge, number: 1 };
    Callback::Receipt(Receipt {
        delivery,
        message_id: delivery.to_string(),
        status: DeliveryStatus::Delivered,
        failure: None,
        at: None,
    })
}

async fn status(service: &Arc<Service>, id: ChallengeId) -> DeliveryStatus {
    service.get(String::new(), id).await.unwrap().challenge.deliveries[0].status
}

/// Makes a recipient's record one that nobody can read.
async fn spoil(store: &MemoryStore, id: ChallengeId) {
    let key = config().keys.index_key().recipient_of(&id);
    let version = store.load(&key).await.unwrap().version;
    let spoilt = Commit { blob: vec![0xff; 8], ..commit(key, version) };
    store.commit(&spoilt).await.unwrap();
}

#[tokio::test]
async fn a_record_that_can_not_be_read_holds_up_no_other() {
    let store = MemoryStore::default();
    let service = replica(Arc::new(store.clone()), rules(Duration::from_secs(300)));
    let mut ids = Vec::new();
    // More than there are lanes, so that some share the spoilt one's.
    for index in 0..100 {
        ids.push(issue(&service, &number(index, "00")).await);
    }
    assert!(service.drain(PATIENCE).await);
    spoil(&store, ids[0]).await;
    let whose = Whose { channel: Channel::Sms, sender: TAKER };
    let all = ids.iter().map(|id| delivered(*id)).collect();
    assert!(service.take_all(whose, all).await.is_err(), "so that its provider comes again");
    for id in &ids[1..] {
        assert_eq!(status(&service, *id).await, DeliveryStatus::Delivered);
    }
}
