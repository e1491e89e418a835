//! Sending: a committed delivery goes to its sender, and what became of it is committed like a
//! receipt.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::{
    Service,
    supplier::With,
    timers::Moment,
    tries::{Outcome, TRY, Taken},
};
use crate::{
    delivery::Message,
    insight,
    otp::{
        Channel, Code, DeliveryRef, DeliveryStatus, Event, FailureReason, RecipientKey, Send, Time,
        event::{Feedback, Progress, Source},
        keyring::Sealed,
        transaction::Details,
    },
};

/// How long the result of a send is worth committing while the store is away: receipts and the
/// alarm find it out in the end.
const REPORTING: Duration = Duration::from_secs(60);

/// One delivery on its way.
pub struct Dispatch {
    pub service: Arc<Service>,
    pub place: RecipientKey,
    pub delivery: DeliveryRef,
    pub channel: Channel,
    /// Whose challenge it is: a caller's messages wait for their turns behind its own.
    pub caller: String,
    /// The approved language to write in; empty for a sender that needs none.
    pub template: String,
    /// From here on another replica may take the delivery over.
    pub retry_at: Time,
    /// The last moment at which a try may start.
    pub last_start: Instant,
    /// The last moment at which waiting for the sender's turn makes sense: by then the plan would
    /// move on for want of news.
    pub last_turn: Instant,
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
        let road = self.roads.find(send.channel, &send.sender);
        let dispatch = Dispatch {
            service: Arc::clone(self),
            place,
            delivery: DeliveryRef { challenge: send.challenge, number: send.delivery },
            channel: send.channel,
            caller: send.caller.clone(),
            // Before anything is awaited: of messages that are sent together one is the probe.
            template: road.map(|road| road.enter(&send.language, send.country)).unwrap_or_default(),
            retry_at: send.retry_at,
            last_start: moment.before(send.retry_at - TRY),
            last_turn: Instant::now() + send.patience,
        };
        // Of the highest level, like a call's: whatever is logged, it says what it is about.
        let span = tracing::error_span!("send", delivery = %dispatch.delivery);
        // A promised message goes out, place or no place.
        let place = self.outbox.take(send.caller.clone());
        let task = async move {
            dispatch.run(send, code).await;
            drop(place);
        };
        self.tasks.spawn(task.instrument(span));
    }
}

impl Service {
    /// Tells a provider what became of a code, once and without waiting: it bears not hearing.
    pub(super) fn tell_provider(self: &Arc<Self>, feedback: Feedback) {
        let service = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Some(road) = service.roads.find(feedback.channel, &feedback.sender) {
                road.messenger().conclude(&feedback.reference, feedback.used).await;
            }
        });
    }
}

impl Dispatch {
    async fn run(self, send: Send, code: Code) {
        let number = self.service.parts.keyring.open_number(&send.number, &self.place);
        let road = self.service.roads.find(send.channel, &send.sender);
        let country = send.country;
        let outcome = match (number, road) {
            (Ok(to), Some(road)) => {
                let details = send.details.and_then(|details| self.read(&details));
                let (language, delivery) = (send.language, self.delivery);
                let template = self.template.clone();
                // How long the code lives is for each try to find out.
                let lives_for = Duration::ZERO;
                let message =
                    Message { to, code, details, language, template, delivery, lives_for };
                self.attempt(road, &message).await
            }
            (Err(error), _) => {
                tracing::error!(%error, "the number can't be read; is the ring complete?");
                Outcome::misconfigured()
            }
            // It was chosen under another configuration.
            (_, None) => Outcome::misconfigured(),
        };
        if let (Outcome::Dropped, Some(road)) = (&outcome, road) {
            road.leave(&self.template, country);
        }
        self.report(outcome).await;
    }

    /// What the message shows of a payment. It is as good a code without, so it goes out anyway.
    fn read(&self, details: &Sealed) -> Option<Details> {
        let opened = self.service.parts.keyring.open_details(details, &self.delivery.challenge);
        let told = |error: &_| tracing::error!(%error, "a message won't show its payment");
        opened.inspect_err(told).ok()
    }

    async fn report(&self, outcome: Outcome) {
        let progress = match outcome {
            Outcome::Accepted(Taken { message, reference }) => {
                Progress { message, reference, ..self.news(DeliveryStatus::Accepted) }
            }
            Outcome::Failed { failure, perhaps_taken } => {
                let failure = Some(failure);
                Progress { failure, perhaps_taken, ..self.news(DeliveryStatus::Failed) }
            }
            Outcome::Unclear => {
                let failure = Some(FailureReason::Unavailable.into());
                Progress { failure, ..self.news(DeliveryStatus::TimedOut) }
            }
            Outcome::Dropped => return insight::metrics::send_dropped(self.channel),
        };
        self.commit(Event::Progress(progress)).await;
    }

    /// That it got so far.
    fn news(&self, status: DeliveryStatus) -> Progress {
        Progress {
            challenge: self.delivery.challenge,
            delivery: self.delivery.number,
            source: Source::Sender(self.retry_at),
            message: None,
            reference: None,
            template: (!self.template.is_empty()).then(|| self.template.clone()),
            status,
            failure: None,
            perhaps_taken: false,
        }
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
