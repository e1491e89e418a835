//! The one way in which a record changes: load, apply, commit; on a conflict again from the start.
//!
//! What the machine lacks on the way comes from `supplier`. What follows from a commit (telling,
//! setting the local alarm, sending) happens here and only after it.

mod attempt;

mod doubt;

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    Fault, Service,
    lines::Matter,
    seats::Seat,
    supplier::{Supplier, With},
    timers::Moment,
};
use crate::{
    insight,
    otp::{Answer, Event, RecipientKey, Transition},
};
use doubt::Doubt;

/// How long an event is worth working on, against others and in queues.
const PATIENCE: Duration = Duration::from_secs(10);

/// A record outlives its last alarm and all that its windows look back on by this much.
const MARGIN: Duration = Duration::from_secs(3600);

/// The work on one event.
pub(super) struct Work<'a> {
    pub(super) service: &'a Arc<Service>,
    place: RecipientKey,
    event: &'a Event,
    /// Cancelled once nobody waits for the answer.
    gone: CancellationToken,
    supplier: Supplier<'a>,
    /// What is left open of the last commits.
    doubt: Doubt,
    /// Whether others wrote in between.
    contended: bool,
    /// Whether what was committed is its own.
    committed: bool,
}

impl Service {
    /// How long a recipient's record is kept after its last change, and its events after they were written.
    pub(super) fn kept_for(&self) -> Duration {
        self.parts.rules.retention + MARGIN
    }

    /// Applies an event to a record. If the caller goes away before the commit, nothing happens; from
    /// the commit on it runs to its end, and nothing that follows from it is dropped.
    pub(super) async fn apply(
        self: &Arc<Self>,
        place: RecipientKey,
        event: Event,
        with: With,
    ) -> Result<Answer, Fault> {
        let seat = self.admit(&event, &with)?;
        let service = Arc::clone(self);
        let gone = CancellationToken::new();
        let _waits = gone.clone().drop_guard();
        let (told, answer) = oneshot::channel();
        let work = async move {
            let mut work = Work {
                service: &service,
                place,
                event: &event,
                supplier: Supplier::new(&service, &event, &with, gone.clone()),
                gone,
                doubt: Doubt::None,
                contended: false,
                committed: false,
            };
            let done = work.in_turn().await;
            drop(seat);
            work.tell(done, told).await;
        };
        self.tasks.spawn(work.in_current_span());
        // Without an answer the work broke off.
        answer.await.unwrap_or(Err(Fault::Unsure))
    }

    /// A call's seat. What providers tell and alarms have their own bounds, where they come in: they
    /// keep what was promised, and are never turned away for a call.
    fn admit(&self, event: &Event, with: &With) -> Result<Option<Seat<String>>, Fault> {
        let caller = event.caller().map(str::to_owned);
        let is_full = |caller: &String| self.outbox.take(caller.clone()).is_none();
        if event.asks_for_a_message() && caller.as_ref().is_some_and(is_full) {
            return Err(Fault::Overloaded);
        }
        let seat = caller.filter(|_| !with.is_seated).map(|caller| self.calls.take(caller));
        seat.map(|seat| seat.ok_or(Fault::Overloaded)).transpose()
    }
}

impl Work<'_> {
    /// The work, once it is a call's turn at its record. Without the store there is nothing to wait for.
    async fn in_turn(&mut self) -> Result<Answer, Fault> {
        let Some(matter) = Matter::of(self.event) else {
            return self.run().await;
        };
        let (service, gone) = (Arc::clone(self.service), self.gone.clone());
        let place = service.lines.enter(self.place).ok_or(Fault::Overloaded)?;
        let turn = gone.run_until_cancelled(place.come(matter)).await.ok_or(Fault::Abandoned)?;
        let _turn = turn.ok_or(Fault::Overloaded)?;
        let done = self.run().await;
        if matches!(done, Err(Fault::Store(_) | Fault::Unsure)) {
            place.open();
        }
        done
    }

    async fn run(&mut self) -> Result<Answer, Fault> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(answer) = self.attempt().await? {
                return Ok(answer);
            }
        }
        Err(match self.doubt {
            Doubt::None if self.contended => Fault::Contended,
            // Nobody stood in the way: there is more to do than this replica can.
            Doubt::None => Fault::Overloaded,
            _ => Fault::Unsure,
        })
    }

    /// Tells who waits, if anybody does, and settles what was charged.
    async fn tell(
        &mut self,
        done: Result<Answer, Fault>,
        told: oneshot::Sender<Result<Answer, Fault>>,
    ) {
        if let Ok(answer) = &done {
            self.service.note_refused(self.event, &self.supplier.supply, answer);
            let issued = match answer {
                Answer::Issued(issued) if self.committed => Some(issued),
                _ => None,
            };
            let is_message = issued.is_some_and(|issued| issued.message_sent);
            // Before it is told, so that the caller's next call finds its charges settled.
            self.supplier.settle(is_message).await;
            let _ = told.send(done);
        } else {
            // After it is told: a store that is away shall hold up nobody.
            let in_doubt = matches!(done, Err(Fault::Unsure));
            let _ = told.send(done);
            let may_stand = in_doubt && self.find_out().await;
            self.supplier.settle(may_stand).await;
        }
    }

    /// What follows from a commit.
    fn follow(&mut self, transition: Transition, moment: Moment) -> Answer {
        self.committed = true;
        let service = self.service;
        let next = transition.next.as_ref();
        let masked = next.map_or("", |next| &next.masked);
        for fact in &transition.facts {
            insight::tell(masked, fact);
            service.watchers.tell(&fact.challenge);
            // Fails when nobody listens, and then there is nobody to tell.
            let _ = service.facts.send(fact.clone());
        }
        self.supplier.pay(&transition.sends);
        let alarm = next.and_then(|next| next.alarm(&service.parts.rules));
        service.timers.set(self.place, alarm.map(|time| moment.after(time)));
        for feedback in transition.feedback {
            service.tell_provider(feedback);
        }
        for settlement in transition.settlements {
            service.settle(self.place, settlement);
        }
        for send in transition.sends {
            let code = self.supplier.code(send.fresh);
            service.dispatch(self.place, send, code, moment);
        }
        transition.answer
    }
}
