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
    /// What a refusal stops, of a message in this template and to this country.
    pub fn of(scope: Scope, template: &str, country: Country) -> Self {
        match scope {
            Scope::Token => Self::Token,
            Scope::App => Self::App,
            Scope::Account => Self::Account,
            Scope::PhoneNumber => Self::PhoneNumber,
            Scope::Template => Self::Template(template.to_owned()),
            Scope::Country => Self::Country(country),
        }
    }

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

/// Where news comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The provider's answer to a send.
    Answer,
    /// Its callback.
    Receipt,
}

/// One circuit.
#[derive(Debug, Default)]
pub struct Circuit {
    state: State,
    /// It was opened by a receipt.
    told_late: bool,
    /// When messages ended and whether they failed, oldest first.
    outcomes: VecDeque<(Instant, bool)>,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Closed,
    Open {
        /// When it opened for how long.
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

    /// A message passes. If the circuit rested until now, that is the probe.
    pub fn pass(&mut self, now: Instant) {
        if let State::Open { rest, until } | State::Probing { rest, until } = self.state
            && until <= now
        {
            // A probe of which no bad news came, where good ones may never come, was a good one.
            match self.state {
                State::Probing { .. } if self.told_late => self.mend(),
                _ => self.state = State::Probing { until: now + PROBE, rest },
            }
        }
    }

    /// A message went well. Closes the circuit if it was the probe; good news of messages of before
    /// it opened keeps coming for minutes.
    pub fn succeed(&mut self, now: Instant, by: News) {
        let is_probing = matches!(self.state, State::Probing { .. });
        if is_probing && (by == News::Receipt || !self.told_late) {
            self.mend();
        }
        self.remember(now, false);
    }

    /// A message failed. Opens the circuit if it was the probe, or one too many.
    pub fn fail(&mut self, now: Instant, by: News) {
        self.remember(now, true);
        let failed = self.outcomes.iter().filter(|(_, failed)| *failed).count();
        let too_many = failed >= FAILURES && failed * 2 >= self.outcomes.len();
        if too_many || matches!(self.state, State::Probing { .. }) {
            self.stop(now, by);
        }
    }

    /// The provider says that nothing will pass. Opens the circuit; a probe that was told so makes it
    /// rest for twice as long as before.
    pub fn stop(&mut self, now: Instant, by: News) {
        let rest = match self.state {
            State::Closed => FIRST_REST,
            State::Probing { rest, .. } => (rest * 2).min(LONGEST_REST),
            // What was on its way when it opened tells nothing new.
            State::Open { .. } => return,
        };
        self.told_late = by == News::Receipt;
        self.state = State::Open { until: now + rest, rest };
    }

    /// The provider says that it works again.
    pub fn mend(&mut self) {
        *self = Self::default();
    }

    fn remember(&mut self, now: Instant, failed: bool) {
        self.outcomes.push_back((now, failed));
        let known = self.outcomes.len();
        let old = self.outcomes.iter().filter(|(at, _)| now.duration_since(*at) > MEMORY).count();
        self.outcomes.drain(..old.max(known.saturating_sub(OUTCOMES)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn stopped(now: Instant) -> Circuit {
        let mut circuit = Circuit::default();
        circuit.stop(now, News::Answer);
        circuit
    }

    #[test]
    fn a_refusal_that_concerns_all_opens_it_at_once_and_one_probe_closes_it() {
        let start = Instant::now();
        let mut circuit = stopped(start);
        assert!(circuit.is_open(start + FIRST_REST - SECOND));
        let later = start + FIRST_REST;
        assert!(!circuit.is_open(later));
        circuit.pass(later);
        assert!(circuit.is_open(later), "one probe at a time");
        circuit.succeed(later + SECOND, News::Answer);
        assert!(!circuit.is_open(later + SECOND) && circuit.is_closed());
    }

    #[test]
    fn each_failed_probe_doubles_the_rest_up_to_a_bound() {
        let mut now = Instant::now();
        let mut circuit = stopped(now);
        let mut rests = vec![FIRST_REST];
        for _ in 0..8 {
            now += *rests.last().unwrap();
            circuit.pass(now);
            circuit.fail(now, News::Answer);
            let mut rest = Duration::ZERO;
            while circuit.is_open(now + rest) {
                rest += SECOND;
            }
            rests.push(rest);
        }
        let seconds: Vec<_> = rests.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn a_probe_that_nobody_hears_of_makes_way_for_another() {
        let start = Instant::now();
        let mut circuit = stopped(start);
        let probe = start + FIRST_REST;
        circuit.pass(probe);
        assert!(circuit.is_open(probe + PROBE - SECOND));
        assert!(!circuit.is_open(probe + PROBE));
    }

    #[test]
    fn where_receipts_bring_the_bad_news_an_answer_is_no_good_one() {
        let start = Instant::now();
        let mut circuit = Circuit::default();
        circuit.stop(start, News::Receipt);
        let probe = start + FIRST_REST;
        circuit.pass(probe);
        circuit.succeed(probe, News::Answer);
        assert!(circuit.is_open(probe));
        circuit.fail(probe + SECOND, News::Receipt);
        assert!(circuit.is_open(probe + SECOND + FIRST_REST), "it rests for longer now");

        let second = probe + SECOND + FIRST_REST * 2;
        circuit.pass(second);
        circuit.pass(second + PROBE);
        assert!(circuit.is_closed(), "nothing bad was heard of the probe");
    }

    #[test]
    fn stragglers_of_before_it_opened_change_nothing() {
        let start = Instant::now();
        let mut circuit = stopped(start);
        circuit.fail(start + SECOND, News::Answer);
        circuit.stop(start + SECOND, News::Answer);
        assert!(!circuit.is_open(start + FIRST_REST));
    }

    #[test]
    fn it_takes_five_failures_and_half_of_what_is_remembered() {
        let now = Instant::now();
        let mut circuit = Circuit::default();
        for failures in 1..=5 {
            assert!(!circuit.is_open(now), "{failures}");
            circuit.fail(now, News::Answer);
        }
        assert!(circuit.is_open(now));

        let mut busy = Circuit::default();
        for _ in 0..20 {
            busy.succeed(now, News::Answer);
        }
        for failures in 1..=10 {
            assert!(!busy.is_open(now), "{failures} of the last 20");
            busy.fail(now, News::Answer);
        }
        assert!(busy.is_open(now));
    }

    #[test]
    fn failures_of_long_ago_are_forgotten() {
        let start = Instant::now();
        let mut circuit = Circuit::default();
        (0..4).for_each(|_| circuit.fail(start, News::Answer));
        circuit.fail(start + MEMORY + SECOND, News::Answer);
        assert!(!circuit.is_open(start + MEMORY + SECOND));
    }
}
