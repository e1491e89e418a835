//! A commit whose answer was lost: what became of it is found out by a look at the record, as soon as the
//! store answers, whether or not anybody waits to hear it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Work, attempt::Found};
use crate::{
    otp::{Answer, Event, Recipient, Transition, event::Operation, recipient::Answered},
    service::Fault,
    store::{Commit, Loaded, StoreError},
};

/// How long it is worth finding out: after that there is no time left to send what was to be sent, and
/// others take it over.
const WORTH: Duration = Duration::from_secs(10);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// What is left open of the last commits.
pub(super) enum Doubt {
    None,
    /// Their answers were lost, and nobody knows what became of them; the newest comes last. One
    /// stands at most.
    Lost(Vec<Tried>),
    /// One stands, and what follows from it has happened. Where replicas are waited for and it must
    /// last, they have to have it before it is told.
    Stands {
        answer: Answer,
        must_last: bool,
    },
}

impl Doubt {
    pub(super) fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Another commit's answer was lost. Whose is lost twice is told so: nobody waits for a third.
    pub(super) fn lost(&mut self, tried: Tried) -> Result<(), Fault> {
        if let Self::Lost(before) = self {
            before.push(tried);
            return Err(Fault::Unsure);
        }
        *self = Self::Lost(vec![tried]);
        Ok(())
    }
}

/// A transition whose commit was tried.
pub(super) struct Tried {
    pub(super) commit: Commit,
    pub(super) transition: Transition,
}

impl Tried {
    /// Whether it is this commit that the record shows. Most calls leave their mark, whatever came
    /// after it, and one that began a challenge that one's id: the mark is forgotten after a while,
    /// which a clock that jumps ahead may end at once. Anything else is known by its bytes.
    fn stands_in(&self, event: &Event, found: &Found) -> bool {
        let began = matches!(event, Event::Issue(issue)
            if found.record.challenges.iter().any(|challenge| challenge.id == issue.new_id));
        mark(event, &found.record).is_some() || began || self.is_in(&found.loaded)
    }

    /// Whether these are its bytes. Written once more, to last, they have a later version.
    fn is_in(&self, loaded: &Loaded) -> bool {
        loaded.version > self.commit.expected && loaded.blob.as_deref() == Some(&*self.commit.blob)
    }

    /// How surely it is the one that stands, of several tries of one call. They leave the same mark,
    /// each with what it would have answered, and at its own time.
    fn likeness(&self, event: &Event, found: &Found) -> (bool, bool) {
        let ours = self.transition.next.as_ref().and_then(|next| mark(event, next));
        (self.is_in(&found.loaded), ours == mark(event, &found.record))
    }
}

/// What an event's call left in a record.
fn mark<'a>(event: &Event, record: &'a Recipient) -> Option<&'a Answered> {
    let ours = event.operation()?;
    let is_ours = |theirs: &Operation| theirs.id == ours.id && theirs.by == ours.by;
    record.operations.iter().find(|answered| is_ours(&answered.operation))
}

impl Work<'_> {
    /// If a commit stands, what follows from it happens now, and once. If none does, nothing has
    /// happened, and the work goes on as if nothing had been tried.
    pub(super) fn look_at_doubt(&mut self, found: &Found) {
        let Doubt::Lost(tried) = &mut self.doubt else { return };
        let (event, all) = (self.event, tried.iter().enumerate());
        let standing = all.filter(|(_, tried)| tried.stands_in(event, found));
        // Of equals the newest.
        let likeliest = standing.max_by_key(|(_, tried)| tried.likeness(event, found));
        let Some((at, _)) = likeliest else { return };
        let Tried { commit, transition } = tried.swap_remove(at);
        let answer = self.follow(transition, found.moment);
        self.doubt = Doubt::Stands { answer, must_last: commit.replicated };
    }

    /// Looks until the store tells what became of a commit whose caller has been told that nobody
    /// knows. Others would see to what follows from it only when its alarm falls due. False if it is
    /// known not to stand; true, too, if that could not be found out or the record can't be read.
    pub(super) async fn find_out(&mut self) -> bool {
        let start = Instant::now();
        while matches!(self.doubt, Doubt::Lost(_)) && start.elapsed() < WORTH {
            sleep(PAUSE).await;
            let found = match self.find().await {
                Ok(found) => found,
                Err(Fault::Store(StoreError::Unreadable(_))) => break,
                Err(_) => continue,
            };
            self.look_at_doubt(&found);
            let stands = matches!(self.doubt, Doubt::Stands { .. });
            tracing::info!(stands, "what became of a commit is known");
            return stands;
        }
        true
    }
}
