//! A sender that lives only here, as `docs/SENDERS.md` describes one: the service takes it like any
//! other, and leaves it for the next when it fails.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use pombo::{
    config::{Config, Mode},
    delivery::{
        Accepted, Again, Callback, Message, Messenger, Pacing, Receipt, SendError,
        reaction::{Reaction, Scope},
    },
    otp::{
        ChallengeId, Channel, Code, Countries, Delivery, DeliveryRef, DeliveryStatus,
        FailureReason, VerifyOutcome,
    },
    service::{Entropy, Parts, Service, SharedLimits, Taken, Whose, numbers::Numbers},
    store::memory::MemoryStore,
};
use tokio::{sync::mpsc, time::timeout};

use super::PATIENCE;
use crate::support::replica::{issue, verify};

/// A pigeon that flies, or one that is ill.
struct Pigeon {
    name: &'static str,
    is_well: bool,
    loft: mpsc::UnboundedSender<Note>,
}

/// What a pigeon brings.
struct Note {
    code: Code,
    delivery: DeliveryRef,
}

#[async_trait]
impl Messenger for Pigeon {
    fn name(&self) -> &'static str {
        self.name
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: NonZeroU32::new(10).unwrap(), pair: None }
    }

    async fn send(&self, message: &Message, _limit: Duration) -> Result<Accepted, SendError> {
        if !self.is_well {
            return Err(judge(7).refused(Some(7), 503, "the pigeon is ill"));
        }
        let note = Note { code: message.code.clone(), delivery: message.delivery };
        self.loft.send(note).unwrap();
        Ok(Accepted::named(ring(message.delivery)))
    }
}

/// Its table of codes.
fn judge(code: i64) -> Reaction {
    match code {
        7 => Reaction::stop(FailureReason::Unavailable, Scope::Account),
        _ => Reaction::alone(FailureReason::Other, Again::No),
    }
}

/// Its own name of a message, which its receipts carry.
fn ring(delivery: DeliveryRef) -> String {
    format!("ring of {delivery}")
}

/// A service with two pigeons in this order, and the loft where they arrive.
fn service(first_is_well: bool) -> (Arc<Service>, mpsc::UnboundedReceiver<Note>) {
    let (loft, arrived) = mpsc::unbounded_channel();
    let pigeons = [("grey", first_is_well), ("white", true)].map(|(name, is_well)| {
        Arc::new(Pigeon { name, is_well, loft: loft.clone() }) as Arc<dyn Messenger>
    });
    // Keys and rules as in `pombo dev`, but for who sends.
    let config = Config::load(Mode::Dev, None, []).unwrap();
    let mut rules = config.rules.clone();
    rules.policies.iter_mut().for_each(|policy| policy.plan = vec![Channel::Sms]);
    rules.sms_senders = pigeons.iter().map(|pigeon| pigeon.name().to_owned()).collect();
    let service = Service::new(Parts {
        store: Arc::new(MemoryStore::default()),
        rules,
        keyring: config.keys.keyring(),
        index: config.keys.index_key(),
        numbers: Numbers { countries: Countries::Any, tests: Default::default() },
        screens: Default::default(),
        shared_limits: SharedLimits::default(),
        tolls: Default::default(),
        messengers: pigeons.into(),
        issuer: Default::default(),
        entropy: Entropy::of_system(),
    });
    (service, arrived)
}

async fn arrival(arrived: &mut mpsc::UnboundedReceiver<Note>) -> Note {
    timeout(PATIENCE, arrived.recv()).await.unwrap().unwrap()
}

async fn senders(service: &Arc<Service>, challenge: ChallengeId) -> Vec<(String, DeliveryStatus)> {
    let seen = service.get(String::new(), challenge).await.unwrap();
    let told = |delivery: Delivery| (delivery.sender, delivery.status);
    seen.challenge.deliveries.into_iter().map(told).collect()
}

#[tokio::test]
async fn its_message_verifies_and_its_receipt_counts() {
    let (service, mut arrived) = service(true);
    let challenge = issue(&service, "+5511987654321").await;
    let note = arrival(&mut arrived).await;

    let receipt = Receipt {
        delivery: note.delivery,
        message_id: ring(note.delivery),
        status: DeliveryStatus::Delivered,
        failure: None,
        at: None,
    };
    let whose = Whose { channel: Channel::Sms, sender: "grey" };
    let taken = service.take_all(whose, vec![Callback::Receipt(receipt)]).await.unwrap();
    assert_eq!(taken.into_iter().collect::<Vec<_>>(), [(Taken::Noted, 1)]);
    let delivered = [("grey".to_owned(), DeliveryStatus::Delivered)];
    assert_eq!(senders(&service, challenge).await, delivered);

    assert_eq!(verify(&service, challenge, note.code).await, VerifyOutcome::Verified);
}

#[tokio::test]
async fn one_that_fails_makes_way_for_the_next_and_is_left_out_from_then_on() {
    let (service, mut arrived) = service(false);
    let challenge = issue(&service, "+5511987654321").await;
    let note = arrival(&mut arrived).await;
    assert!(service.drain(PATIENCE).await, "what became of both sends is stored");
    let both = [
        ("grey".to_owned(), DeliveryStatus::Failed),
        ("white".to_owned(), DeliveryStatus::Accepted),
    ];
    assert_eq!(senders(&service, challenge).await, both);
    assert_eq!(verify(&service, challenge, note.code).await, VerifyOutcome::Verified);

    // Its fault stops its account, so nobody else waits for it to fail again.
    let another = issue(&service, "+5511987654322").await;
    let note = arrival(&mut arrived).await;
    assert!(service.drain(PATIENCE).await);
    let white = [("white".to_owned(), DeliveryStatus::Accepted)];
    assert_eq!(senders(&service, another).await, white);
    assert_eq!(verify(&service, another, note.code).await, VerifyOutcome::Verified);
}
