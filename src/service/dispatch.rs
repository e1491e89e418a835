//! Sending: a committed delivery goes to its sender, and what became of it is committed like a
//! receipt.
//!
//! A few quick tries within the delivery's time, all with the same code. Before each one the record
//! is looked at once more, so that no try starts whose last look came after a conclusion.

use std::{sync::Arc, time::Duration};

use rand::RngExt;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use super::{Service, supplier::With, timers::Moment};
use crate::{
    delivery::{Again, Message, Messenger, SendError},
    insight,
    otp::{
        Channel, Code, DeliveryRef, DeliveryStatus, Event, FailureReason, MessageTag, Recipient,
        RecipientKey, Send, Time,
        event::{Progress, Source},
    },
    store::record,
};

/// Tries of one message.
const TRIES: usize = 3;

/// The longest one try may take. No try starts with less than this left, so that none is under way
/// when the delivery is taken over.
const TRY: Duration = Duration::from_secs(4);

/// How long the result of a send is worth committing while the store is away: receipts and the
/// alarm find it out in the end.
const REPORTING: Duration = Duration::from_secs(60);

/// What became of a send.
enum Sent {
    /// The provider took it.
    Accepted(MessageTag),
    /// It will not arrive.
    Failed(FailureReason),
    /// Nobody knows.
    Unclear,
    /// There is nothing to send any more, or somebody else does.
    Dropped,
}

/// One delivery on its way.
struct Dispatch {
    service: Arc<Service>,
    place: RecipientKey,
    delivery: DeliveryRef,
    channel: Channel,
    retry_at: Time,
    last_start: Instant,
}

impl Service {
    /// Sends, as a task of its own.
    pub(super) fn dispatch(
        self: &Arc<Self>,
        place: RecipientKey,
        send: Send,
        code: Code,
        moment: Moment,
    ) {
        let dispatch = Dispatch {
            service: Arc::clone(self),
            place,
            delivery: DeliveryRef { challenge: send.challenge, number: send.delivery },
            channel: send.channel,
            retry_at: send.retry_at,
            last_start: moment.before(send.retry_at - TRY),
        };
        // Of the highest level, like a call's: whatever is logged, it says what it is about.
        let span = tracing::error_span!("send", delivery = %dispatch.delivery);
        let task = async move { dispatch.run(send, code, moment.now).await };
        self.tasks.spawn(task.instrument(span));
    }
}

impl Dispatch {
    async fn run(self, send: Send, code: Code, now: Time) {
        let number = self.service.parts.keyring.open(&send.number, &self.place);
        let messenger = self.service.messenger(send.channel);
        let result = match (number, messenger) {
            (Ok(to), Some(messenger)) => {
                let lives_for = send.expires_at.since(now);
                let (language, delivery) = (send.language, self.delivery);
                let message = Message { to, code, language, delivery, lives_for };
                self.tries(&*messenger, &message).await
            }
            (Err(error), _) => {
                tracing::error!(%error, "the number can't be read; is the ring complete?");
                Sent::Failed(FailureReason::Misconfigured)
            }
            (_, None) => Sent::Failed(FailureReason::Misconfigured),
        };
        self.report(result).await;
    }

    async fn tries(&self, messenger: &dyn Messenger, message: &Message) -> Sent {
        let (mut unclear, mut last, mut tries) = (false, FailureReason::RateLimited, TRIES);
        let mut tried = 0;
        while tried < tries {
            // Waiting longer than the delivery has is as good as being refused.
            if timeout_at(self.last_start, messenger.turn()).await.is_err() {
                break;
            }
            if !self.look().await {
                return Sent::Dropped;
            }
            tried += 1;
            match messenger.send(message, TRY).await {
                Ok(accepted) => return self.accepted(messenger, &accepted.message_id).await,
                Err(error) => {
                    log(&error, tried);
                    last = error.reason;
                    unclear |= error.again == Again::Unclear;
                    tries = tries.min(1 + allowed_retries(error.again, tried));
                }
            }
            if tried < tries && !self.pause(tried).await {
                break;
            }
        }
        if unclear { Sent::Unclear } else { Sent::Failed(last) }
    }

    /// Whether the message is still wanted: the challenge is live, the delivery waits for its
    /// sender, and by the store's own clock there is time for a try.
    async fn look(&self) -> bool {
        while Instant::now() < self.last_start {
            if let Ok(loaded) = self.service.parts.store.load(&self.place).await {
                let record = loaded.blob.map(|blob| record::decode(&blob));
                let in_time = loaded.now + TRY <= self.retry_at;
                return in_time
                    && matches!(record, Some(Ok(record)) if self.is_wanted(&record, loaded.now));
            }
            sleep(Duration::from_millis(200)).await;
        }
        false
    }

    fn is_wanted(&self, record: &Recipient, now: Time) -> bool {
        let mut challenges = record.challenges.iter();
        let challenge = challenges.find(|challenge| challenge.id == self.delivery.challenge);
        challenge.is_some_and(|challenge| {
            let delivery = challenge.delivery(self.delivery.number);
            let ours = |d: &crate::otp::Delivery| {
                d.status == DeliveryStatus::Queued && d.retry_at == self.retry_at
            };
            challenge.is_live() && challenge.expires_at > now && delivery.is_some_and(ours)
        })
    }

    /// Jitter, so that a provider's hiccup is not answered by everybody at once.
    async fn pause(&self, tried: usize) -> bool {
        let base = 200 * tried as u64;
        let pause = Duration::from_millis(rand::rng().random_range(base..=base * 3));
        let next = Instant::now() + pause;
        if next < self.last_start {
            tokio::time::sleep_until(next).await;
        }
        next < self.last_start
    }

    async fn accepted(&self, messenger: &dyn Messenger, message_id: &str) -> Sent {
        let parts = &self.service.parts;
        let tag = parts.index.message_tag(messenger.name(), message_id);
        if self.channel == Channel::Whatsapp {
            // Before the commit, so that a tap on "I didn't request a code" always finds its way.
            // An orphan is harmless.
            let kept = parts.store.remember(&tag, &self.delivery, parts.rules.retention).await;
            if let Err(error) = kept {
                tracing::warn!(%error, "a tap on \"I didn't request a code\" will not be understood");
            }
        }
        Sent::Accepted(tag)
    }

    async fn report(&self, result: Sent) {
        let (message, status, failure) = match result {
            Sent::Accepted(tag) => (Some(tag), DeliveryStatus::Accepted, None),
            Sent::Failed(reason) => (None, DeliveryStatus::Failed, Some(reason)),
            Sent::Unclear => (None, DeliveryStatus::TimedOut, Some(FailureReason::Unavailable)),
            Sent::Dropped => return insight::metrics::send_dropped(self.channel),
        };
        let progress = Progress {
            challenge: self.delivery.challenge,
            delivery: self.delivery.number,
            source: Source::Sender(self.retry_at),
            message,
            status,
            failure,
        };
        self.commit(Event::Progress(progress)).await;
    }

    async fn commit(&self, event: Event) {
        let give_up = Instant::now() + REPORTING;
        let mut pause = Duration::from_millis(100);
        loop {
            match self.service.apply(self.place, event.clone(), With::default()).await {
                Ok(_) => return,
                Err(error) if Instant::now() + pause > give_up => {
                    return tracing::error!(%error, "the result of a send could not be stored");
                }
                Err(_) => sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

fn allowed_retries(again: Again, tried: usize) -> usize {
    match again {
        Again::No => 0,
        Again::Once => tried.min(1),
        Again::Yes | Again::Unclear => TRIES - 1,
    }
}

fn log(error: &SendError, tried: usize) {
    tracing::warn!(%error, tried, "a send failed");
}
