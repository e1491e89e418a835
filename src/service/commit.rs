//! The one way in which a record changes: load, apply, commit; on a conflict again from the start.
//!
//! What the machine lacks on the way comes from `supplier`. What follows from a commit (telling,
//! setting the local alarm, sending) happens here and only after it.

mod doubt;

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    Fault, Service, lasting,
    seats::Seat,
    supplier::{Supplier, With},
    timers::Moment,
};
use crate::{
    insight,
    otp::{Answer, Event, Recipient, RecipientKey, Transition},
    store::{Commit, Committed, record},
};
use doubt::{Doubt, Tried};

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
    /// What is left open of the last commit.
    doubt: Doubt,
    /// Whether what was committed is its own.
    committed: bool,
}

impl Service {
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
                supplier: Supplier::new(&service, place, &event, &with, gone.clone()),
                gone,
                doubt: Doubt::None,
                committed: false,
            };
            let done = work.run().await;
            work.supplier.leave();
            drop(seat);
            // Telling fails when nobody waits any more.
            if let Ok(answer) = &done {
                let is_message = matches!(answer, Answer::Issued(issued) if issued.message_sent);
                // Before it is told, so that the caller's next call finds its charges settled.
                work.supplier.settle_charges(work.committed && is_message).await;
                let _ = told.send(done);
            } else {
                // After it is told: a store that is away shall hold up nobody.
                let in_doubt = matches!(done, Err(Fault::Unsure));
                let _ = told.send(done);
                let stands = in_doubt && work.find_out().await;
                work.supplier.settle_charges(stands).await;
            }
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
    async fn run(&mut self) -> Result<Answer, Fault> {
        let (store, rules) = (&*self.service.parts.store, &self.service.parts.rules);
        let start = Instant::now();
        let mut contended = false;
        while start.elapsed() < PATIENCE {
            self.is_waited_for()?;
            self.supplier.look();
            let asked = Instant::now();
            let loaded = match store.load(&self.place).await {
                Err(_) if self.doubt.is_some() => return Err(Fault::Unsure),
                loaded => loaded?,
            };
            let moment = Moment { now: loaded.now, asked, answered: Instant::now() };
            let before =
                loaded.blob.as_deref().map(record::decode).transpose()?.unwrap_or_default();
            self.look_at_doubt(&loaded, &before, moment);
            if let Doubt::Stands { answer, must_last } = &self.doubt {
                if !must_last || self.lasts(&loaded, &before).await? {
                    return Ok(answer.clone());
                }
                continue;
            }
            let step = before.on(&self.place, self.event, rules, &self.supplier.supply, loaded.now);
            let transition = match step {
                Ok(transition) => transition,
                Err(need) => {
                    let got = self.supplier.get(need).await;
                    // Whatever is missing now, what was tried before may have happened.
                    got.map_err(|fault| if self.doubt.is_some() { Fault::Unsure } else { fault })?;
                    continue;
                }
            };
            let Some(commit) = self.commit_of(&transition, loaded.version) else {
                let must_last = lasting::tells_what_lasts(self.event, &transition.answer);
                if !must_last || self.lasts(&loaded, &before).await? {
                    return Ok(transition.answer);
                }
                contended = true;
                continue;
            };
            self.is_waited_for()?;
            // What the caller is told does not say why.
            let told = |error: &_| tracing::warn!(%error, "a commit failed; was it applied?");
            match store.commit(&commit).await.inspect_err(told) {
                Ok(Committed::Done) => return Ok(self.follow(transition, moment)),
                Ok(Committed::Conflict) => contended = true,
                Err(_) => {
                    let tried = Doubt::Lost(Box::new(Tried { commit, transition }));
                    if std::mem::replace(&mut self.doubt, tried).is_some() {
                        return Err(Fault::Unsure);
                    }
                }
            }
        }
        Err(match self.doubt {
            Doubt::None if contended => Fault::Contended,
            // Nobody stood in the way: there is more to do than this replica can.
            Doubt::None => Fault::Overloaded,
            _ => Fault::Unsure,
        })
    }

    /// A verification that nobody hears of would be lost to the person who typed the code, and a hash
    /// for it is work for nothing. Once a commit was tried, what became of it has to be found out.
    fn is_waited_for(&self) -> Result<(), Fault> {
        if self.gone.is_cancelled() && !self.doubt.is_some() {
            Err(Fault::Abandoned)
        } else {
            Ok(())
        }
    }

    /// The commit of a transition that changed something.
    fn commit_of(&self, transition: &Transition, expected: u64) -> Option<Commit> {
        let next = transition.next.as_ref()?;
        Some(Commit {
            counters: insight::funnel::counters(&transition.facts),
            events: insight::funnel::events(&next.masked, &transition.facts),
            replicated: lasting::must_last(&transition.facts),
            ..self.commit_to(next, record::encode(next), expected)
        })
    }

    /// A commit of a record, and of nothing that happened.
    pub(super) fn commit_to(&self, next: &Recipient, blob: Vec<u8>, expected: u64) -> Commit {
        let rules = &self.service.parts.rules;
        Commit {
            key: self.place,
            expected,
            blob,
            ttl: rules.retention + MARGIN,
            alarm: next.alarm(rules),
            counters: Vec::new(),
            events: Vec::new(),
            replicated: false,
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
        let alarm = next.and_then(|next| next.alarm(&service.parts.rules));
        service.timers.set(self.place, alarm.map(|time| moment.after(time)));
        for feedback in transition.feedback {
            service.tell_provider(feedback);
        }
        for settlement in transition.settlements {
            service.settle(settlement);
        }
        for send in transition.sends {
            let code = self.supplier.code(send.fresh);
            service.dispatch(self.place, send, code, moment);
        }
        transition.answer
    }
}
