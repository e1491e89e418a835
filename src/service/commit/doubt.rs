//! A commit whose answer was lost: what became of it is found out by a look at the record, as soon as the
//! store answers, whether or not anybody waits to hear it.

use std::{mem, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Moment, Work};
use crate::{
    otp::{Answer, Event, Recipient, Transition},
    store::{Commit, Loaded, record},
};

/// How long it is worth finding out: after that there is no time left to send what was to be sent, and
/// others take it over.
const WORTH: Duration = Duration::from_secs(10);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// What is left open of a commit.
pub(super) enum Doubt {
    None,
    /// Its answer was lost, and nobody knows what became of it.
    Lost(Box<Tried>),
    /// It stands, and what follows from it has happened. Where replicas are waited for and it must
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
    fn stands_in(&self, event: &Event, loaded: &Loaded, record: &Recipient) -> bool {
        let marked = event.operation().is_some_and(|ours| {
            let mut answered = record.operations.iter().map(|answered| answered.operation);
            answered.any(|theirs| theirs.id == ours.id && theirs.by == ours.by)
        });
        let began = matches!(event, Event::Issue(issue)
            if record.challenges.iter().any(|challenge| challenge.id == issue.new_id));
        // Written once more, to last, it has a later version.
        let is_this = loaded.version > self.commit.expected
            && loaded.blob.as_deref() == Some(&*self.commit.blob);
        marked || began || is_this
    }
}

impl Work<'_> {
    /// If the commit stands, what follows from it happens now, and once. If not, nothing has happened,
    /// and the work goes on as if nothing had been tried; but should its answer be lost twice, nobody
    /// waits for a third.
    pub(super) fn look_at_doubt(&mut self, loaded: &Loaded, record: &Recipient, moment: Moment) {
        self.doubt = match mem::replace(&mut self.doubt, Doubt::None) {
            Doubt::Lost(tried) if tried.stands_in(self.event, loaded, record) => {
                let must_last = tried.commit.replicated;
                Doubt::Stands { answer: self.follow(tried.transition, moment), must_last }
            }
            doubt => doubt,
        };
    }

    /// Looks until the store tells what became of a commit whose caller has been told that nobody
    /// knows. Others would see to what follows from it only when its alarm falls due. False if it does
    /// not stand.
    pub(super) async fn find_out(&mut self) -> bool {
        let start = Instant::now();
        while matches!(self.doubt, Doubt::Lost(_)) && start.elapsed() < WORTH {
            sleep(PAUSE).await;
            let asked = Instant::now();
            let Ok(loaded) = self.service.parts.store.load(&self.place).await else { continue };
            let moment = Moment { now: loaded.now, asked, answered: Instant::now() };
            let Ok(found) = loaded.blob.as_deref().map(record::decode).transpose() else { break };
            self.look_at_doubt(&loaded, &found.unwrap_or_default(), moment);
            let stands = matches!(self.doubt, Doubt::Stands { .. });
            tracing::info!(stands, "what became of a commit is known");
            return stands;
        }
        true
    }
}
