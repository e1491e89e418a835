//! What callers are told.

use std::time::Duration;

use pombo::{
    otp::{
        Challenge, ChallengeId, Channel, Purpose, Time, VerifyOutcome,
        event::{Guessed, Issued, Refusal, Resent, Seen},
    },
    service::{Fault, Verified},
};

use super::Law::*;
use crate::simulation::{
    book::First,
    calls::{Aim, Ask, Call},
    town::Town,
};

/// Retries are answered alike for so long.
const REPLAY: Duration = Duration::from_secs(600);

/// What became of a call.
#[derive(Debug)]
pub enum Told {
    Issued(Issued),
    Resent(Resent),
    Guessed(Box<Verified>),
    Seen(Box<Seen>),
    Reported,
    Refused(Refusal),
    Failed(Fault),
}

/// What a retry is told again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    Issued(Issued),
    Resent(Resent),
    Guessed(Box<Guessed>, Option<Proof>),
}

/// What is told of a challenge with `VERIFIED` only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    purpose: Purpose,
    subject: String,
    at: Option<Time>,
    channel: Option<Channel>,
}

impl Proof {
    fn of(challenge: &Challenge) -> Self {
        Self {
            purpose: challenge.flow.purpose,
            subject: challenge.flow.subject.clone(),
            at: challenge.conclusion.map(|conclusion| conclusion.at),
            channel: challenge.used_channel(),
        }
    }
}

impl Told {
    fn again(&self) -> Option<Again> {
        use VerifyOutcome::{TransactionMismatch, Verified, WrongCode};
        Some(match self {
            Self::Issued(issued) => Again::Issued(issued.clone()),
            Self::Resent(resent) => Again::Resent(resent.clone()),
            Self::Guessed(verified) => {
                let told = &verified.guessed;
                let counts = matches!(told.outcome, Verified | WrongCode | TransactionMismatch);
                return counts.then(|| Again::guessed(told));
            }
            _ => return None,
        })
    }
}

impl Again {
    /// All that a guess is told, but for what differs: that it is said again, and the number.
    fn guessed(told: &Guessed) -> Self {
        let is_proof = told.outcome == VerifyOutcome::Verified;
        let proof = told.challenge.as_ref().filter(|_| is_proof).map(Proof::of);
        // What else the challenge shows goes on changing.
        let plain = Guessed { number: None, replayed: false, challenge: None, ..told.clone() };
        Self::Guessed(Box::new(plain), proof)
    }
}

impl Town {
    /// Looks at what a caller is told; `heard` if the same call had been answered when it was made.
    pub fn judge_answer(&self, ask: &Ask, heard: bool, told: &Told) {
        match (&ask.call, told) {
            (_, Told::Issued(issued)) => self.judge_issued(issued),
            (Call::Guess { challenge, aim, .. }, Told::Guessed(verified)) => {
                self.judge_guess(challenge, *aim, verified);
            }
            _ => {}
        }
        self.judge_lasting(ask, told);
        if !ask.key.is_empty() && (heard || !self.is_held(ask, told)) {
            self.judge_retry(ask, told);
        }
    }

    /// Of two that are made at once, one may be held by a limit that the other used up, and then hears
    /// nothing of what else stands in the other's way.
    fn is_held(&self, ask: &Ask, told: &Told) -> bool {
        let book = self.book();
        let other = book.first.get(&ask.key).map(|first| &first.told);
        let silent = matches!(other, Some(Again::Issued(issued)) if !issued.message_sent);
        match told {
            Told::Refused(Refusal::Limited { .. }) => true,
            Told::Refused(Refusal::NoSender(_)) => silent,
            _ => false,
        }
    }

    fn judge_issued(&self, issued: &Issued) {
        let known = self.witness().seen().challenges.contains_key(&issued.challenge);
        self.court.require(Conservation, known, || format!("{issued:?} is nowhere"));
    }

    fn judge_guess(&self, challenge: &ChallengeId, aim: Aim, verified: &Verified) {
        let told = &verified.guessed;
        let wrong = told.outcome == VerifyOutcome::WrongCode;
        self.court.require(RightCode, !(aim == Aim::Right && wrong), || {
            format!("the right code of {challenge} is wrong")
        });
        let right = told.outcome == VerifyOutcome::Verified;
        self.court.require(OneVerified, !(aim == Aim::Wrong && right), || {
            format!("a wrong code of {challenge} is right")
        });
        if told.replayed {
            return;
        }
        let mut book = self.book();
        let guesses = book.guesses.entry(*challenge).or_default();
        match told.outcome {
            VerifyOutcome::Verified => guesses.verified += 1,
            VerifyOutcome::WrongCode | VerifyOutcome::TransactionMismatch => guesses.counted += 1,
            _ => return,
        }
        let guesses = *guesses;
        drop(book);
        self.court.require(OneVerified, guesses.verified <= 1, || format!("{challenge} twice"));
        self.judge_count(challenge, guesses.counted, guesses.asked);
    }

    /// Each guess that a caller was told of is counted, and none twice.
    fn judge_count(&self, challenge: &ChallengeId, told: u32, asked: u32) {
        let seen = self.witness().seen();
        let record = seen.records.get(&self.index.recipient_of(challenge));
        let found = record.and_then(|it| it.challenges.iter().find(|it| it.id == *challenge));
        let Some(found) = found else { return };
        let used = found.attempts_used;
        let fits = told <= used && used <= asked && told <= found.max_attempts;
        self.court.require(Attempts, fits, || {
            format!("{challenge}: {asked} asked, {told} told, {used} counted")
        });
    }

    fn judge_retry(&self, ask: &Ask, told: &Told) {
        // Counted from when anybody first asked, since nobody may have heard that answer.
        if self.now().since(ask.since) >= REPLAY {
            return;
        }
        let mut book = self.book();
        let Some(first) = book.first.get(&ask.key).cloned() else {
            if let Some(told) = told.again() {
                let first = First { changed: ask.changed, told };
                book.first.insert(ask.key.clone(), first);
            }
            return;
        };
        drop(book);
        let alike = if first.changed != ask.changed {
            !matches!(told, Told::Issued(_) | Told::Resent(_) | Told::Guessed(_))
        } else {
            match told {
                Told::Refused(Refusal::NotFound) | Told::Failed(_) => true,
                told => told.again().as_ref() == Some(&first.told),
            }
        };
        self.tally.raise("retry looked at");
        self.court
            .require(Alike, alike, || format!("{ask:?} was told {:?}, then {told:?}", first.told));
    }
}
