//! Turns wishes into events.

use std::time::Duration;

use super::{Call, World};
use crate::otp::{
    challenge::Challenge,
    country::Country,
    event::{ClosedRoad, Event, Failure, Issue, Limit, Operation, Progress, Source, Verdict},
    id::{ChallengeId, MessageTag, RecipientKey},
    keyring::Sealed,
    kinds::{Channel, DeliveryStatus, Purpose},
    ledger::FlowKey,
    recipient::model::{
        naive::Case,
        wish::{Aim, Bound, Payment, Tag, Wish},
        wishes::{SMS, WHATSAPP},
    },
    time::Time,
    toll::{Destination, Hit, Rule},
};

const FLOWS: [(&str, Purpose, &str); 9] = [
    ("shop", Purpose::Login, "ana"),
    ("shop", Purpose::Login, "bia"),
    ("bank", Purpose::Login, "ana"),
    ("shop", Purpose::Signup, "ana"),
    ("bank", Purpose::Recovery, "ana"),
    ("bank", Purpose::PhoneChange, "ana"),
    ("bank", Purpose::Transaction, "ana"),
    ("bank", Purpose::Transaction, "bia"),
    ("shop", Purpose::DeviceRegistration, ""),
];

impl World {
    /// What a wish comes to, if to anything: a call, or only time.
    pub(super) fn grant(&mut self, wish: &Wish) -> Option<Call> {
        let event = match *wish {
            Wish::Wait { millis } => {
                let span = Duration::from_millis(millis.unsigned_abs());
                self.clock = match millis {
                    0.. => self.clock + span,
                    _ => self.clock - span,
                };
                return None;
            }
            Wish::WaitForResend { which } => {
                let case = self.pick(which)?;
                let resend_at = self.recorded(case)?.resend_at?;
                self.wait_until(resend_at);
                return None;
            }
            Wish::WakeOnTime => {
                let due = self.record.alarm(&self.rules)?;
                self.wait_until(due);
                Event::Alarm
            }
            Wish::Weather { closed, fraud } => {
                self.closed = weather(closed);
                let hit = |enforced| Hit {
                    rule: Rule::PrefixBudget,
                    wait: Duration::from_secs(60),
                    enforced,
                };
                self.hit = fraud.map(hit);
                return None;
            }
            Wish::Alarm => Event::Alarm,
            Wish::Issue { .. } => return Some(self.issue(wish)),
            Wish::Guess { which, aim, payment, bound } => {
                return self.guess(which, aim, payment, bound);
            }
            Wish::Repeat { back, changed } => {
                let mut call = self.calls.iter().rev().nth(back)?.clone();
                if let Some(operation) = operation_mut(&mut call.event).filter(|_| changed) {
                    operation.tag = [255; 12];
                }
                if let Event::Issue(issue) = &mut call.event {
                    // Each call brings an id of its own.
                    issue.new_id = ChallengeId(self.bytes());
                }
                return Some(call);
            }
            Wish::Resend { which, channel, stranger } => {
                let (caller, challenge) = self.asker(which, stranger)?;
                let event =
                    Event::Resend { operation: self.operation(), caller, challenge, channel };
                return Some(self.kept(event.into()));
            }
            Wish::Cancel { which, stranger } => {
                let (caller, challenge) = self.asker(which, stranger)?;
                Event::Cancel { caller, challenge }
            }
            Wish::Look { which, stranger } => {
                let (caller, challenge) = self.asker(which, stranger)?;
                Event::Look { caller, challenge }
            }
            Wish::Report { which, outcome, at } => {
                let (caller, challenge) = self.asker(which, false)?;
                let at = at.map(|seconds| self.shifted(seconds));
                Event::Report { caller, challenge, outcome, at }
            }
            Wish::NotRequested { which } => Event::NotRequested { challenge: self.pick(which)?.id },
            Wish::Sender { send, status, failure, broken } => {
                let posted = self.posted.iter().rev().nth(send)?;
                Event::Progress(Progress {
                    challenge: posted.challenge,
                    delivery: posted.delivery,
                    source: Source::Sender(posted.retry_at),
                    message: Some(posted.tag),
                    reference: (status == DeliveryStatus::Accepted).then(|| "reference".to_owned()),
                    template: (status == DeliveryStatus::Accepted).then(|| "pt_BR".to_owned()),
                    status,
                    failure: failure.map(Failure::from),
                    perhaps_taken: broken,
                })
            }
            Wish::Receipt { .. } => self.receipt(wish)?,
        };
        Some(event.into())
    }

    fn asker(&self, which: usize, stranger: bool) -> Option<(String, ChallengeId)> {
        let case = self.pick(which)?;
        let caller = if stranger { "thief" } else { &case.flow.caller };
        Some((caller.to_owned(), case.id))
    }

    fn shifted(&self, seconds: i64) -> Time {
        let span = Duration::from_secs(seconds.unsigned_abs());
        match seconds {
            0.. => self.clock + span,
            _ => self.clock - span,
        }
    }

    fn kept(&mut self, call: Call) -> Call {
        self.calls.push(call.clone());
        call
    }

    fn issue(&mut self, wish: &Wish) -> Call {
        let Wish::Issue { flow, payment, channel, test, shared_limit } = *wish else {
            unreachable!("an issue is issued");
        };
        let (caller, purpose, subject) = FLOWS[flow];
        let transaction = (purpose == Purpose::Transaction).then_some([payment; 16]);
        let issue = Issue {
            operation: self.operation(),
            flow: FlowKey { caller: caller.to_owned(), purpose, subject: subject.to_owned() },
            new_id: ChallengeId(self.bytes()),
            number: Sealed { key_id: "k1".to_owned(), bytes: self.bytes::<8>().to_vec() },
            masked: "+55*********21".to_owned(),
            destination: Destination {
                prefix: Some(RecipientKey([1; 16])),
                country: Country::new("BR"),
            },
            transaction,
            details: transaction.map(|tag| Sealed { key_id: "k1".to_owned(), bytes: tag.to_vec() }),
            language: "pt_BR".to_owned(),
            channel,
            // Any call may come again.
            named: true,
            test,
            key_id: "k1".to_owned(),
        };
        let refused = Verdict::Refused { limit: Limit::Subject, wait: Duration::from_secs(60) };
        let call = Call {
            verdict: if shared_limit { refused } else { Verdict::Allowed },
            ..Event::Issue(Box::new(issue)).into()
        };
        self.kept(call)
    }

    fn guess(&mut self, which: usize, aim: Aim, payment: Payment, bound: Bound) -> Option<Call> {
        let case = self.pick(which)?;
        let known: Vec<_> = match aim {
            Aim::Right(_) => case.codes.iter().collect(),
            Aim::Wrong => Vec::new(),
            Aim::Anything(_) => self.naive.cases.iter().flat_map(|it| &it.codes).collect(),
        };
        let guess = match aim {
            Aim::Right(nth) | Aim::Anything(nth) => known.get(nth % known.len().max(1)),
            Aim::Wrong => None,
        };
        let guess = guess.map(|(_, code)| code.clone());
        let transaction = match (payment, case.transaction) {
            (Payment::Same, same) => same,
            (Payment::Other, other) => other.map(|[tag, ..]| [tag + 100; 16]),
            (Payment::Inverted, Some(_)) => None,
            (Payment::Inverted, None) => Some([1; 16]),
        };
        let mut event = self.guess_at(case, transaction);
        if let Event::Guess { subject, purpose, .. } = &mut event {
            (*subject, *purpose) = match bound {
                Bound::Free => (None, None),
                Bound::Same => (Some(case.flow.subject.clone()), Some(case.flow.purpose)),
                Bound::Other => (Some("eva".to_owned()), None),
            };
        }
        let call = Call { guess, ..event.into() };
        Some(self.kept(call))
    }

    fn receipt(&self, wish: &Wish) -> Option<Event> {
        let Wish::Receipt { which, delivery, tag, status, failure, seconds_ago } = *wish else {
            unreachable!("a receipt is received");
        };
        let challenge = self.pick(which)?.id;
        let mut posted = self.posted.iter();
        let message = match tag {
            Tag::Right => posted
                .find(|it| it.challenge == challenge && it.delivery == delivery)
                .map(|it| it.tag),
            Tag::Foreign => Some(MessageTag([255; 12])),
            Tag::Absent => None,
        };
        let at = seconds_ago.map_or(Time::LATEST, |ago| self.clock - Duration::from_secs(ago));
        Some(Event::Progress(Progress {
            challenge,
            delivery,
            source: Source::Receipt(at),
            message,
            reference: None,
            template: None,
            status,
            failure: failure.map(Failure::from),
            perhaps_taken: false,
        }))
    }

    /// Moves the clock forward to a moment, if it is still to come.
    fn wait_until(&mut self, time: Time) {
        self.clock = self.clock.max(time);
    }

    fn pick(&self, which: usize) -> Option<&Case> {
        let cases = &self.naive.cases;
        cases.iter().rev().nth(which % cases.len().max(1))
    }

    fn recorded(&self, case: &Case) -> Option<&Challenge> {
        self.record.challenges.iter().find(|it| it.id == case.id)
    }
}

/// Which roads a mask closes.
fn weather(mask: u8) -> Vec<ClosedRoad> {
    let whatsapp = WHATSAPP.map(|sender| (Channel::Whatsapp, sender));
    let roads = whatsapp.into_iter().chain(SMS.map(|sender| (Channel::Sms, sender))).enumerate();
    let closed = roads.filter(|(bit, _)| mask & (1 << bit) != 0);
    let closed = closed.map(|(_, (channel, sender))| ClosedRoad {
        channel,
        sender: sender.to_owned(),
        country: None,
    });
    closed.collect()
}

fn operation_mut(event: &mut Event) -> Option<&mut Operation> {
    match event {
        Event::Issue(issue) => Some(&mut issue.operation),
        Event::Resend { operation, .. } | Event::Guess { operation, .. } => Some(operation),
        _ => None,
    }
}
