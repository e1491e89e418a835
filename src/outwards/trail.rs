//! One partition's events on their way to one sink.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{CloudEvent, Courier, Verdict, sink::LIMIT};
use crate::{
    insight::metrics,
    otp::Time,
    store::{EventId, Followed, Reader, Recorded},
};

/// How long a stream is a reader's alone after each sign of life: longer than an event may take.
const LEASE: Duration = LIMIT.saturating_add(Duration::from_secs(5));

/// Events read at once.
const BATCH: usize = 32;

/// Pauses before another try: the first, doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often an event is tried that is refused each time. Then it is skipped.
const REFUSALS: u32 = 5;

/// The way of one partition's events to one sink.
pub struct Trail {
    courier: Arc<Courier>,
    reader: Reader,
    /// Tries in a row that failed.
    failures: u32,
    /// The event that was refused, and how often.
    refused: Option<(EventId, u32)>,
}

/// When a trail wants its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: there may be more.
    AtOnce,
    /// Once there is news.
    OnNews,
    /// After a pause, whatever the news.
    After(Duration),
}

impl Trail {
    pub(super) fn new(courier: Arc<Courier>, reader: Reader) -> Self {
        Self { courier, reader, failures: 0, refused: None }
    }

    /// The single step: reads what comes next and hands it on, event by event, as far as the sink
    /// takes it.
    pub async fn step(&mut self) -> Next {
        let courier = Arc::clone(&self.courier);
        // Fails only once the places are closed, which nobody does.
        let Ok(_place) = courier.places.acquire().await else { return Next::OnNews };
        match courier.store.follow(&self.reader, LEASE, BATCH).await {
            Ok(followed) => {
                courier.found_store_back();
                self.follow(followed).await
            }
            Err(error) => {
                courier.found_store_away(&error);
                Next::OnNews
            }
        }
    }

    async fn follow(&mut self, followed: Followed) -> Next {
        match followed {
            Followed::Events { events, lost, now } => {
                self.miss(lost);
                self.hand_on(&events, now).await
            }
            Followed::ByAnother => Next::OnNews,
        }
    }

    /// Gives the stream back, so that another replica need not wait for the lease to be over.
    pub async fn leave(self) {
        // What can't be given back is over in a while.
        let _ = self.courier.store.follow(&self.reader, Duration::from_millis(1), 1).await;
    }

    async fn hand_on(&mut self, events: &[Recorded], now: Time) -> Next {
        let asked = Instant::now();
        for recorded in events {
            if let Some(pause) = self.try_once(recorded, now + asked.elapsed()).await {
                return Next::After(pause);
            }
            match self.courier.store.pass(&self.reader, recorded.id, LEASE).await {
                Ok(true) => {}
                // It was handed on, and will be again: at least once.
                Ok(false) => return Next::OnNews,
                Err(error) => {
                    self.courier.found_store_away(&error);
                    return Next::OnNews;
                }
            }
        }
        if events.is_empty() { Next::OnNews } else { Next::AtOnce }
    }

    /// Tries to hand an event on. A pause means that it must be tried again; else it is done with.
    async fn try_once(&mut self, recorded: &Recorded, now: Time) -> Option<Duration> {
        let sink = &*self.courier.sink;
        metrics::event_lag(sink.name(), now.since(recorded.id.at));
        let event = CloudEvent::new(&self.courier.source, self.reader.partition, recorded);
        let Ok(event) = event else {
            self.skip(recorded.id, "it can't be read");
            return None;
        };
        match sink.take(&event, now).await {
            Verdict::Taken => {
                metrics::event_delivered(sink.name());
                self.courier.found_up();
                (self.failures, self.refused) = (0, None);
                None
            }
            Verdict::Later(why, rest) => {
                self.courier.found_down(&why);
                Some(self.pause().max(rest.unwrap_or_default()))
            }
            Verdict::Refused(why) => {
                // An answer about this event alone.
                self.courier.found_up();
                self.refuse(recorded.id, &why)
            }
        }
    }

    fn refuse(&mut self, event: EventId, why: &str) -> Option<Duration> {
        let before = self.refused.filter(|(refused, _)| *refused == event);
        let refusals = before.map_or(1, |(_, refusals)| refusals + 1);
        self.refused = Some((event, refusals));
        if refusals < REFUSALS {
            return Some(self.pause());
        }
        metrics::event_failed(self.courier.sink.name());
        self.skip(event, why);
        None
    }

    /// How long to wait after a failure: with jitter, so that partitions don't come all at once.
    fn pause(&mut self) -> Duration {
        metrics::event_failed(self.courier.sink.name());
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16));
        self.failures += 1;
        doubled.min(LONGEST_PAUSE).mul_f64(rand::random_range(0.5..1.0))
    }

    fn skip(&mut self, event: EventId, why: &str) {
        let (sink, partition) = (self.courier.sink.name(), self.reader.partition);
        metrics::events_lost(sink, "refused", 1);
        tracing::warn!(sink, partition, %event, why, "an event was skipped: it is lost to this sink");
        (self.failures, self.refused) = (0, None);
    }

    fn miss(&self, lost: u64) {
        if lost > 0 {
            let (sink, partition) = (self.courier.sink.name(), self.reader.partition);
            metrics::events_lost(sink, "overrun", lost);
            tracing::warn!(
                sink,
                partition,
                lost,
                "events left the stream before the sink took them"
            );
        }
    }
}
