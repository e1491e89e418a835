//! One attempt at an event: a look at the record, the machine's step, and its commit.

use tokio::time::Instant;

use super::{
    Work,
    doubt::{Doubt, Tried},
};
use crate::{
    insight,
    otp::{Answer, Need, Recipient, Transition},
    service::{Fault, lasting, timers::Moment},
    store::{Commit, Committed, Loaded, record},
};

/// A record as it was found.
pub(super) struct Found {
    pub(super) loaded: Loaded,
    pub(super) record: Recipient,
    pub(super) moment: Moment,
}

impl Work<'_> {
    /// The answer; `None` if another attempt is to be made.
    pub(super) async fn attempt(&mut self) -> Result<Option<Answer>, Fault> {
        self.is_waited_for()?;
        self.supplier.look();
        let found = self.find().await?;
        self.look_at_doubt(&found);
        if let Doubt::Stands { answer, must_last } = &self.doubt {
            let (answer, must_last) = (answer.clone(), *must_last);
            return self.once_it_lasts(answer, must_last, &found).await;
        }
        let (rules, supply) = (&self.service.parts.rules, &self.supplier.supply);
        match found.record.on(&self.place, self.event, rules, supply, found.loaded.now) {
            Ok(transition) => self.make_true(transition, &found).await,
            Err(need) => self.get(need).await.map(|()| None),
        }
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

    /// The record as it stands.
    pub(super) async fn find(&self) -> Result<Found, Fault> {
        let asked = Instant::now();
        let loaded = self.service.parts.store.load(&self.place).await;
        let loaded = loaded.map_err(|error| self.unless_in_doubt(error.into()))?;
        let moment = Moment { now: loaded.now, asked, answered: Instant::now() };
        let record = loaded.blob.as_deref().map(record::decode).transpose()?;
        Ok(Found { loaded, record: record.unwrap_or_default(), moment })
    }

    /// Gets what the machine lacks.
    async fn get(&mut self, need: Need) -> Result<(), Fault> {
        let got = self.supplier.get(need).await;
        got.map_err(|fault| self.unless_in_doubt(fault))
    }

    /// Whatever is missing now, what was tried before may have happened.
    fn unless_in_doubt(&self, fault: Fault) -> Fault {
        if self.doubt.is_some() { Fault::Unsure } else { fault }
    }

    /// Commits a transition; one that changes nothing is an answer as it is.
    async fn make_true(
        &mut self,
        transition: Transition,
        found: &Found,
    ) -> Result<Option<Answer>, Fault> {
        match self.commit_of(&transition, found.loaded.version) {
            Some(commit) => self.commit(Tried { commit, transition }, found.moment).await,
            None => {
                let must_last = lasting::tells_what_lasts(self.event, &transition.answer);
                self.once_it_lasts(transition.answer, must_last, found).await
            }
        }
    }

    async fn commit(&mut self, tried: Tried, moment: Moment) -> Result<Option<Answer>, Fault> {
        self.is_waited_for()?;
        // What the caller is told does not say why.
        let told = |error: &_| tracing::warn!(%error, "a commit failed; was it applied?");
        match self.service.parts.store.commit(&tried.commit).await.inspect_err(told) {
            Ok(Committed::Done) => return Ok(Some(self.follow(tried.transition, moment))),
            Ok(Committed::Conflict) => self.contended = true,
            Err(_) => self.doubt.lost(tried)?,
        }
        Ok(None)
    }

    /// An answer that stands in the record, once what must last does. `None` if somebody else wrote
    /// meanwhile.
    async fn once_it_lasts(
        &mut self,
        answer: Answer,
        must_last: bool,
        found: &Found,
    ) -> Result<Option<Answer>, Fault> {
        let lasts = !must_last || self.lasts(&found.loaded, &found.record).await?;
        self.contended |= !lasts;
        Ok(lasts.then_some(answer))
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
    pub(in crate::service) fn commit_to(
        &self,
        next: &Recipient,
        blob: Vec<u8>,
        expected: u64,
    ) -> Commit {
        let rules = &self.service.parts.rules;
        Commit {
            key: self.place,
            expected,
            blob,
            ttl: self.service.kept_for(),
            alarm: next.alarm(rules),
            counters: Vec::new(),
            events: Vec::new(),
            events_ttl: self.service.kept_for(),
            replicated: false,
        }
    }
}
