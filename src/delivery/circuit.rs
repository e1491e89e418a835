//! A circuit breaker: stops sending where sending fails, and finds out when it works again.
//!
//! Closed, messages pass. It opens at once where the provider says that nothing will pass, and where
//! of the last messages too many failed. Open, messages are led elsewhere for a while; then one probe
//! at a time passes, and what becomes of it closes the circuit or opens it for longer. Where the bad
//! news came by a receipt, that a provider takes a message proves nothing: then receipts decide.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::reaction::Scope;
use crate::otp::Country;

/// How long a circuit stays open the first time; each failed probe doubles it.
const FIRST_REST: Duration = Duration::from_secs(5);

/// No longer than this: a probe costs one message a moment, not knowing costs every message its road.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// A probe of which nothing is heard for so long is given up, and another one may pass. Longer than
/// a message waits for its turn and its answer.
const PROBE: Duration = Duration::from_secs(15);

/// Outcomes that are looked back on: so many, and none older than this.
const OUTCOMES: usize = 20;
const MEMORY: Duration = Duration::from_secs(60);

/// It takes so many failures, and half of all outcomes, to open a circuit.
const FAILURES: usize = 5;

/// What messages of one sender share, and what may stop working for all of them: one circuit each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The provider as a whole: it is slow, silent, or refuses too often for no lasting reason.
    Provider,
    /// The access token.
    Token,
    /// The app or API user, its permissions and call rate.
    App,
    /// The whole account at the provider.
    Account,
    /// The number or service that messages come from.
    PhoneNumber,
    /// The template in this language, as the provider spells it.
    Template(String),
    /// Messages to this country.
    Country(Country),
}

impl Part {
    /// As the log and metrics spell it, without the language or country.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Token => Scope::Token.as_str(),
            Self::App => Scope::App.as_str(),
            Self::Account => Scope::Account.as_str(),
            Self::PhoneNumber => Scope::PhoneNumber.as_str(),
            Self::Template(_) => Scope::Template.as_str(),
            Self::Country(_) => Scope::Country.as_str(),
        }
    }
}

/// What is told of a message.
#[derive(Clone, Copy, Debug)]
pub struct News {
    /// Who tells.
    pub by: Teller,
    /// How long ago the message went out: news of a message of before a circuit last opened or closed
    /// says nothing of how it is now.
    pub age: Duration,
}

/// Who tells what became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// The provider, answering the send.
    Answer,
    /// The provider, calling back.
    Receipt,
}

/// One circuit.
#[derive(Debug, Default)]
pub struct Circuit {
    state: State,
    /// Since when it is in this state; `None` if it was never in another.
    since: Option<Instant>,
    /// Who told the news that opened it.
    opened_by: Option<Teller>,
    answers: Outcomes,
    receipts: Outcomes,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Closed,
    Open {
        /// When a probe may pass.
        until: Instant,
        rest: Duration,
    },
    /// A probe is on its way.
    Probing {
        /// When it is given up.
        until: Instant,
        rest: Duration,
    },
}

impl Circuit {
    /// Whether it lets no message pass now.
    pub fn is_open(&self, now: Instant) -> bool {
        match self.state {
            State::Closed => false,
            State::Open { until, .. } | State::Probing { until, .. } => now < until,
        }
    }

    /// Whether it works as it should, as far as is known.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// A message is on its way. If the circuit rested until now, that is the probe.
    pub fn pass(&mut self, now: Instant) {
        if self.is_open(now) {
            return;
        }
        match self.state {
            State::Closed => {}
            // A probe of which no bad news came, where good ones may never come, was a good one.
            State::Probing { .. } if self.opened_by == Some(Teller::Receipt) => self.mend(now),
            State::Open { rest, .. } | State::Probing { rest, .. } => {
                self.turn(State::Probing { until: now + PROBE, rest }, now);
            }
        }
    }

    /// What passed was not sent after all. If it was the probe, another may pass at once.
    pub fn pass_in_vain(&mut self, now: Instant) {
        if let State::Probing { rest, .. } = self.state {
            self.turn(State::Open { until: now, rest }, now);
        }
    }

    /// A message went well. Closes the circuit, unless it was opened by receipts and this is but an
    /// answer.
    pub fn succeed(&mut self, now: Instant, news: News) {
        if self.is_of_before(now, news) {
            return;
        }
        let proves = news.by == Teller::Receipt || self.opened_by != Some(Teller::Receipt);
        if !self.is_closed() && proves {
            self.mend(now);
        }
        self.outcomes(news).add(now, false);
    }

    /// A message failed. Opens the circuit if it was the probe, or one too many.
    pub fn fail(&mut self, now: Instant, news: News) {
        if self.is_of_before(now, news) {
            return;
        }
        let outcomes = self.outcomes(news);
        outcomes.add(now, true);
        if outcomes.are_too_bad() || !self.is_closed() {
            self.stop(now, news);
        }
    }

    /// The provider says that nothing will pass. Opens the circuit; a probe that was told so makes it
    /// rest for twice as long as before.
    pub fn stop(&mut self, now: Instant, news: News) {
        if self.is_of_before(now, news) {
            return;
        }
        let rest = match self.state {
            State::Closed => FIRST_REST,
            State::Probing { rest, .. } => (rest * 2).min(LONGEST_REST),
            // Sent all the same, for want of a better road: no more than was known.
            State::Open { .. } => return,
        };
        self.opened_by = Some(news.by);
        self.turn(State::Open { until: now + rest, rest }, now);
    }

    /// The provider says that it works again.
    pub fn mend(&mut self, now: Instant) {
        if !self.is_closed() {
            *self = Self::default();
            self.since = Some(now);
        }
    }

    fn turn(&mut self, state: State, now: Instant) {
        self.state = state;
        self.since = Some(now);
    }

    /// Whether it is news of a message that went out before this state began.
    fn is_of_before(&self, now: Instant, news: News) -> bool {
        self.since.is_some_and(|since| news.age > now.duration_since(since))
    }

    fn outcomes(&mut self, news: News) -> &mut Outcomes {
        match news.by {
            Teller::Answer => &mut self.answers,
            Teller::Receipt => &mut self.receipts,
        }
    }
}

/// How the last messages ended, by one teller: a message that is taken and fails later shall not count
/// for the circuit once and against it once.
#[derive(Debug, Default)]
struct Outcomes(VecDeque<(Instant, bool)>);

impl Outcomes {
    fn add(&mut self, now: Instant, failed: bool) {
        self.0.push_back((now, failed));
        let old = self.0.iter().filter(|(at, _)| now.duration_since(*at) > MEMORY).count();
        self.0.drain(..old.max(self.0.len().saturating_sub(OUTCOMES)));
    }

    fn are_too_bad(&self) -> bool {
        let failed = self.0.iter().filter(|(_, failed)| *failed).count();
        failed >= FAILURES && failed * 2 >= self.0.len()
    }
}

#[cfg(test)]
mod tests;
