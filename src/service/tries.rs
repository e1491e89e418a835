//! A few quick tries of one message within its delivery's time, all with the same code. Before each
//! one the record is looked at once more, so that no try starts whose last look came after a
//! conclusion.

use std::time::Duration;

use rand::RngExt;
use tokio::time::{Instant, sleep, sleep_until};

use super::{dispatch::Dispatch, roads::Road};
use crate::{
    delivery::{Accepted, Again, Message},
    otp::{Cause, Channel, DeliveryStatus, Failure, FailureReason, MessageTag, Recipient, Time},
    store::record,
};

/// Tries of one message.
const TRIES: usize = 3;

/// The longest one try may take. No try starts with less than this left, so that none is under way
/// when the delivery is taken over.
pub const TRY: Duration = Duration::from_secs(4);

/// What became of a send.
pub enum Outcome {
    /// The provider took it.
    Accepted(Taken),
    /// It will not arrive.
    Failed {
        /// Why.
        failure: Failure,
        /// The answer to a try broke off or left it open: it may have gone out.
        perhaps_taken: bool,
    },
    /// Nobody knows.
    Unclear,
    /// There is nothing to send any more, or somebody else does.
    Dropped,
}

impl Outcome {
    /// Nothing was sent, as something of ours is amiss.
    pub fn misconfigured() -> Self {
        Self::Failed { failure: FailureReason::Misconfigured.into(), perhaps_taken: false }
    }
}

/// What the provider told of a message that it took.
pub struct Taken {
    /// The message, if it told which one receipts will name.
    pub message: Option<MessageTag>,
    /// By which name it wants to hear what becomes of the code.
    pub reference: Option<String>,
}

impl Dispatch {
    /// Tries until there is an outcome.
    pub async fn attempt(&self, road: &Road, message: &Message) -> Outcome {
        let (mut unclear, mut perhaps_taken, mut tries) = (false, false, TRIES);
        let mut last: Failure = FailureReason::RateLimited.into();
        let mut tried = 0;
        while tried < tries {
            // Waiting longer than the step has is as good as being refused.
            let last_turn = self.last_start.min(self.last_turn);
            if !road.turn(&self.caller, &message.to, last_turn).await {
                break;
            }
            let Some(lives_for) = self.look().await else { return Outcome::Dropped };
            tried += 1;
            match road.send(&Message { lives_for, ..message.clone() }, TRY).await {
                Ok(accepted) => return self.accepted(road.messenger().name(), accepted).await,
                Err(error) => {
                    let sender = road.messenger().name();
                    tracing::warn!(sender, %error, tried, "a send failed");
                    last = error.reaction.failure();
                    let again = error.reaction.again;
                    unclear |= matches!(again, Again::Broken | Again::Unclear);
                    perhaps_taken |= unclear || again == Again::Doubtful;
                    tries = tries.min(tries_of(again));
                }
            }
            if tried < tries && !self.pause(tried).await {
                break;
            }
        }
        // What an answer says of the recipient holds, whatever became of the tries before it.
        let is_final = last.cause == Cause::Recipient;
        if unclear && !is_final {
            return Outcome::Unclear;
        }
        Outcome::Failed { failure: last, perhaps_taken }
    }

    /// How long the code still works, if the message is still wanted: the challenge is live, the
    /// delivery waits for its sender, and by the store's own clock there is time for a try.
    async fn look(&self) -> Option<Duration> {
        while Instant::now() < self.last_start {
            if let Ok(loaded) = self.service.parts.store.load(&self.place).await {
                let record = record::decode(&loaded.blob?).ok()?;
                let in_time = loaded.now + TRY <= self.retry_at;
                return self.life(&record, loaded.now).filter(|_| in_time);
            }
            sleep(Duration::from_millis(200)).await;
        }
        None
    }

    fn life(&self, record: &Recipient, now: Time) -> Option<Duration> {
        let mut challenges = record.challenges.iter();
        let challenge = challenges.find(|challenge| challenge.id == self.delivery.challenge)?;
        let delivery = challenge.delivery(self.delivery.number)?;
        let is_ours =
            delivery.status == DeliveryStatus::Queued && delivery.retry_at == self.retry_at;
        let life = challenge.expires_at.since(now);
        (challenge.is_live() && is_ours && !life.is_zero()).then_some(life)
    }

    /// Waits before the next try, unless it would come too late. With jitter, so that a provider's
    /// hiccup is not answered by everybody at once.
    async fn pause(&self, tried: usize) -> bool {
        let base = 200 * tried as u64;
        let mut entropy = self.service.parts.entropy.clone();
        let pause = Duration::from_millis(entropy.random_range(base..=base * 3));
        let next = Instant::now() + pause;
        if next < self.last_start {
            sleep_until(next).await;
        }
        next < self.last_start
    }

    async fn accepted(&self, sender: &str, accepted: Accepted) -> Outcome {
        let parts = &self.service.parts;
        let tag = |id: String| parts.index.message_tag(sender, &id);
        let message = accepted.message_id.map(tag);
        let tap = message.filter(|_| self.channel == Channel::Whatsapp);
        for tag in tap.into_iter().chain(accepted.alias.map(tag)) {
            // Before the commit, so that a tap on "I didn't request a code", and whatever else names
            // nothing but the message, always finds its way. An orphan is harmless.
            let kept = parts.store.remember(&tag, &self.delivery, parts.rules.retention).await;
            if let Err(error) = kept {
                tracing::warn!(%error, "a callback that names only the message will not be understood");
            }
        }
        Outcome::Accepted(Taken { message, reference: accepted.reference })
    }
}

/// Tries of a message, the failed one among them.
fn tries_of(again: Again) -> usize {
    match again {
        Again::No | Again::Unclear => 1,
        Again::Once => 2,
        Again::Yes | Again::Doubtful | Again::Broken => TRIES,
    }
}
