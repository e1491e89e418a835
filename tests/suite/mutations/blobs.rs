//! Stored records.

use std::{sync::Arc, time::Duration};

use pombo::{
    otp::{
        ChallengeId, Delivery, DeliveryStatus, Digest, Event, OperationId, PhoneNumber, Purpose,
        Recipient, Rules, Supply, Time,
        event::{Cleared, Fresh, Issue, Need, Operation, Progress, Source, Verdict},
        ledger::FlowKey,
        toll::Destination,
    },
    store::{Store, memory::MemoryStore, record},
};
use rand::{RngExt, rngs::StdRng};

use super::{chance, mutated, rounds};
use crate::support::{
    pombo::PATIENCE,
    replica::{config, issue, replica, rules},
    world::number,
};

/// How long a challenge lives.
const TTL: Duration = Duration::from_secs(300);

/// A live record, as the service wrote it, and whose challenge is in it.
async fn written(rules: Rules) -> (Vec<u8>, ChallengeId) {
    let store = MemoryStore::default();
    let service = replica(Arc::new(store.clone()), rules);
    let id = issue(&service, &number(1, "00")).await;
    assert!(service.drain(PATIENCE).await);
    let key = config().keys.index_key().recipient_of(&id);
    (store.load(&key).await.unwrap().blob.unwrap(), id)
}

/// Another call than the one that wrote the record.
fn operation(call: u8) -> Operation {
    Operation { id: OperationId([call; 12]), tag: [call; 12], by: [call; 8] }
}

/// Everything that a challenge may meet, and a demand for another one.
fn events(id: ChallengeId, rng: &mut StdRng) -> [Event; 7] {
    let (caller, challenge, channel) = (String::new(), id, None);
    [
        Event::Alarm,
        Event::Look { caller: caller.clone(), challenge },
        Event::Cancel { caller: caller.clone(), challenge },
        Event::Resend { operation: operation(1), caller: caller.clone(), challenge, channel },
        Event::Guess {
            operation: operation(2),
            caller,
            challenge,
            subject: None,
            purpose: None,
            transaction: None,
        },
        Event::Progress(receipt(id)),
        Event::Issue(Box::new(demand(id, rng))),
    ]
}

fn receipt(challenge: ChallengeId) -> Progress {
    Progress {
        challenge,
        delivery: 1,
        source: Source::Receipt(Time::LATEST),
        message: None,
        reference: None,
        template: None,
        status: DeliveryStatus::Delivered,
        failure: None,
        perhaps_taken: false,
    }
}

/// For the same number, by chance in the same flow.
fn demand(id: ChallengeId, rng: &mut StdRng) -> Issue {
    let (keyring, index) = (config().keys.keyring(), config().keys.index_key());
    let place = index.recipient_of(&id);
    let number = PhoneNumber::parse(&number(1, "00")).unwrap();
    let purpose = if rng.random() { Purpose::Login } else { Purpose::Signup };
    Issue {
        operation: operation(3),
        flow: FlowKey { caller: String::new(), purpose, subject: String::new() },
        new_id: index.challenge_id(&place, rng),
        number: keyring.seal_number(&number, &place, rng),
        masked: number.masked(),
        destination: Destination { prefix: None, country: number.country() },
        transaction: None,
        details: None,
        language: String::new(),
        channel: None,
        named: true,
        test: false,
        key_id: keyring.writing().to_owned(),
    }
}

/// All that the machine may ask for; the guess is right for the record as it was, or wrong.
fn supply(event: &Event, id: ChallengeId, before: &Recipient, rng: &mut StdRng) -> Supply {
    let challenge = match event {
        Event::Issue(issue) if rng.random() => issue.new_id,
        _ => id,
    };
    let right = before.challenges.iter().flat_map(|it| &it.deliveries).find_map(first_digest);
    let guess = if rng.random() { right } else { Some(Digest([1; 32])) };
    let fresh = vec![Fresh { challenge, digest: Digest([2; 32]) }];
    Supply { fresh, guess, verdict: Some(Verdict::Allowed), ..Supply::default() }
}

fn first_digest(delivery: &Delivery) -> Option<Digest> {
    delivery.digests.first().cloned()
}

#[tokio::test]
async fn a_record_that_is_almost_one_is_read_or_refused() {
    let rules = rules(TTL);
    let (valid, id) = written(rules.clone()).await;
    let place = config().keys.index_key().recipient_of(&id);
    let before: Recipient = record::decode(&valid).unwrap();
    let (mut rng, mut read, mut changed) = (chance("records"), 0, 0);
    let events = events(id, &mut rng);
    for _ in 0..rounds() {
        let Ok(recipient) = record::decode(&mutated(&valid, &mut rng)) else { continue };
        read += 1;
        // Whatever it says now, the machine goes on from it, and what it makes of it is a record again.
        let now = before.changed_at + TTL.mul_f64(rng.random_range(0.0..1.2));
        let mut records = vec![recipient.clone()];
        for event in &events {
            let mut supply = supply(event, id, &before, &mut rng);
            let mut turn = recipient.on(&place, event, &rules, &supply, now);
            if let Err(Need::Clearance(text)) = turn {
                supply.cleared.push(Cleared { text, hits: Vec::new() });
                turn = recipient.on(&place, event, &rules, &supply, now);
            }
            records.extend(turn.ok().and_then(|transition| transition.next));
        }
        changed += records.len() - 1;
        for it in records {
            assert_eq!(record::decode(&record::encode(&it)).unwrap(), it);
        }
    }
    println!("{} changed records: {read} were all the same, and went {changed} ways", rounds());
    assert!(read > 0 && read < rounds() && changed > read);
}
