//! The one way in which a record changes: load, apply, commit; on a conflict again from the start.
//!
//! What the machine lacks on the way comes from `supplier`. What follows from a commit (telling,
//! setting the local alarm, sending) happens here and only after it.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    Fault, Service,
    supplier::{Supplier, With},
    timers::Moment,
};
use crate::{
    insight,
    otp::{Answer, Event, Recipient, RecipientKey, Transition},
    store::{Commit, Committed, Loaded, record},
};

/// How long an event is worth working on, against others and in queues.
const PATIENCE: Duration = Duration::from_secs(10);

/// A record outlives its last alarm and all that its windows look back on by this much.
const MARGIN: Duration = Duration::from_secs(3600);

/// The work on one event.
struct Work<'a> {
    service: &'a Arc<Service>,
    place: RecipientKey,
    event: &'a Event,
    /// Cancelled once nobody waits for the answer.
    gone: CancellationToken,
    supplier: Supplier<'a>,
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
        let service = Arc::clone(self);
        let gone = CancellationToken::new();
        let _waits = gone.clone().drop_guard();
        let work = async move {
            let mut work = Work {
                service: &service,
                place,
                event: &event,
                gone,
                supplier: Supplier::new(&service, &event, &with),
                committed: false,
            };
            let done = work.run().await;
            work.supplier.settle_charges(&done, work.committed).await;
            done
        };
        let task = self.tasks.spawn(work.in_current_span());
        task.await.unwrap_or(Err(Fault::Unsure))
    }
}

/// A transition whose commit was tried.
struct Tried {
    commit: Commit,
    transition: Transition,
}

impl Tried {
    /// Whether it is this commit that the record shows. A call leaves its mark, whatever came after
    /// it, and where it began a challenge, that one's id: the mark is forgotten after a while, which
    /// a clock that jumps ahead may end at once. Anything else is known by its bytes.
    fn stands_in(&self, event: &Event, loaded: &Loaded, record: &Recipient) -> bool {
        if let Event::Issue(issue) = event
            && record.challenges.iter().any(|challenge| challenge.id == issue.new_id)
        {
            return true;
        }
        match event.operation() {
            Some(ours) => record.operations.iter().any(|answered| {
                answered.operation.id == ours.id && answered.operation.by == ours.by
            }),
            None => {
                loaded.version == self.commit.expected + 1
                    && loaded.blob.as_deref() == Some(&*self.commit.blob)
            }
        }
    }
}

impl Work<'_> {
    async fn run(&mut self) -> Result<Answer, Fault> {
        let (store, rules) = (&*self.service.parts.store, &self.service.parts.rules);
        let start = Instant::now();
        let mut lost: Option<Tried> = None;
        let mut contended = false;
        while start.elapsed() < PATIENCE {
            self.is_waited_for(&lost)?;
            self.supplier.look();
            let asked = Instant::now();
            let loaded = match store.load(&self.place).await {
                Err(_) if lost.is_some() => return Err(Fault::Unsure),
                loaded => loaded?,
            };
            let moment = Moment { now: loaded.now, asked, answered: Instant::now() };
            let before =
                loaded.blob.as_deref().map(record::decode).transpose()?.unwrap_or_default();
            // A commit whose answer was lost may have been applied: then what follows is ours.
            if let Some(tried) = lost.take_if(|it| it.stands_in(self.event, &loaded, &before)) {
                return Ok(self.follow(tried.transition, moment));
            }
            let step = before.on(&self.place, self.event, rules, &self.supplier.supply, loaded.now);
            let transition = match step {
                Ok(transition) => transition,
                Err(need) => {
                    self.supplier.get(need).await?;
                    continue;
                }
            };
            let Some(commit) = self.commit_of(&transition, loaded.version) else {
                return Ok(transition.answer);
            };
            self.is_waited_for(&lost)?;
            match store.commit(&commit).await {
                Ok(Committed::Done) => return Ok(self.follow(transition, moment)),
                Ok(Committed::Conflict) => contended = true,
                Err(_) if lost.is_some() => return Err(Fault::Unsure),
                Err(_) => lost = Some(Tried { commit, transition }),
            }
        }
        Err(match lost {
            Some(_) => Fault::Unsure,
            None if contended => Fault::Contended,
            // Nobody stood in the way: there is more to do than this replica can.
            None => Fault::Overloaded,
        })
    }

    /// A verification that nobody hears of would be lost to the person who typed the code, and a hash
    /// for it is work for nothing. Once a commit was tried, what became of it has to be found out.
    fn is_waited_for(&self, lost: &Option<Tried>) -> Result<(), Fault> {
        if self.gone.is_cancelled() && lost.is_none() { Err(Fault::Abandoned) } else { Ok(()) }
    }

    /// The commit of a transition that changed something.
    fn commit_of(&self, transition: &Transition, expected: u64) -> Option<Commit> {
        let rules = &self.service.parts.rules;
        let next = transition.next.as_ref()?;
        Some(Commit {
            key: self.place,
            expected,
            blob: record::encode(next),
            ttl: rules.retention + MARGIN,
            alarm: next.alarm(rules),
            counters: insight::funnel::counters(&transition.facts),
            events: insight::funnel::events(&next.masked, &transition.facts),
        })
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
        for send in transition.sends {
            let code = self.supplier.code(send.fresh);
            service.dispatch(self.place, send, code, moment);
        }
        transition.answer
    }
}
