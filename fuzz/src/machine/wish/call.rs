//! What people ask for, and callers for them.

use std::time::Duration;

use pombo::otp::{
    ChallengeId, Country, Event, FlowOutcome, OperationId, Purpose, Time,
    event::{Issue, Limit, Operation, Verdict},
    keyring::Sealed,
    ledger::FlowKey,
    toll::Destination,
};

use super::{Call, Wish, World, newest};

/// Who asks, for what, and for whom.
const FLOWS: [(&str, Purpose, &str); 6] = [
    ("shop", Purpose::Login, "ana"),
    ("bank", Purpose::Transaction, "ana"),
    ("shop", Purpose::Signup, "ana"),
    ("bank", Purpose::Login, "ana"),
    ("bank", Purpose::Recovery, ""),
    ("shop", Purpose::Login, "bia"),
];

impl World {
    pub(super) fn issue(&mut self, wish: Wish) -> Call {
        let (caller, purpose, subject) = FLOWS[wish.which() % FLOWS.len()];
        let transaction = (purpose == Purpose::Transaction).then_some([wish.how() & 1; 16]);
        let sealed = |bytes: &[u8]| Sealed { key_id: "k1".to_owned(), bytes: bytes.to_vec() };
        let issue = Issue {
            operation: self.operation(),
            flow: FlowKey { caller: caller.to_owned(), purpose, subject: subject.to_owned() },
            new_id: ChallengeId(self.draw()),
            number: sealed(&[1; 8]),
            masked: "+55*********21".to_owned(),
            destination: Destination { prefix: None, country: Country::new("BR") },
            transaction,
            details: transaction.map(|tag| sealed(&tag)),
            language: "pt_BR".to_owned(),
            channel: wish.channel(),
            named: true,
            test: wish.how() & 0xf0 == 0xf0,
            key_id: "k1".to_owned(),
        };
        let refused = Verdict::Refused { limit: Limit::Subject, wait: Duration::from_secs(60) };
        let verdict = if wish.how() & 0xf0 == 0xe0 { refused } else { Verdict::Allowed };
        self.kept(Call { verdict, ..Event::Issue(Box::new(issue)).into() })
    }

    /// A guess: a code of this challenge or of another one, or a wrong one.
    pub(super) fn guess(&mut self, wish: Wish) -> Option<Call> {
        let (caller, challenge) = self.asker(wish)?;
        let found = self.pick(wish)?;
        let of = match wish.how() % 4 {
            0 => Some(found),
            1 => self.record.challenges.first(),
            _ => None,
        };
        let codes = of.into_iter().flat_map(|it| &it.deliveries).flat_map(|it| &it.digests);
        let guess = codes.cycle().nth(usize::from(wish.more() % 4)).cloned();
        let other = wish.more() & 0xf0 == 0xf0;
        let transaction = if other { Some([9; 16]) } else { found.transaction };
        let purpose = (wish.more() & 0xf0 == 0xe0).then_some(Purpose::Login);
        let operation = self.operation();
        let event =
            Event::Guess { operation, caller, challenge, subject: None, purpose, transaction };
        Some(self.kept(Call { guess, ..event.into() }))
    }

    pub(super) fn resend(&mut self, wish: Wish) -> Option<Call> {
        let (caller, challenge) = self.asker(wish)?;
        let operation = self.operation();
        let event = Event::Resend { operation, caller, challenge, channel: wish.channel() };
        Some(self.kept(event.into()))
    }

    pub(super) fn cancel(&self, wish: Wish) -> Option<Event> {
        let (caller, challenge) = self.asker(wish)?;
        Some(Event::Cancel { caller, challenge })
    }

    /// A call that was made before, once more.
    pub(super) fn repeat(&mut self, wish: Wish) -> Option<Call> {
        let mut call = newest(&self.calls, wish)?.clone();
        if let Event::Issue(issue) = &mut call.event {
            // Each call brings an id of its own.
            issue.new_id = ChallengeId(self.draw());
        }
        Some(call)
    }

    pub(super) fn report(&self, wish: Wish) -> Option<Event> {
        let (caller, challenge) = self.asker(wish)?;
        let outcome = FlowOutcome::from_number(1 + i32::from(wish.more() % 2))?;
        let at = Time::from_millis(self.now.millis().wrapping_sub(u64::from(wish.more())));
        Some(Event::Report { caller, challenge, outcome, at: Some(at) })
    }

    /// Whoever may ask for a challenge, or now and then somebody who may not.
    fn asker(&self, wish: Wish) -> Option<(String, ChallengeId)> {
        let challenge = self.pick(wish)?;
        let stranger = wish.how() & 0xf0 == 0xf0;
        let caller = if stranger { "thief" } else { &challenge.flow.caller };
        Some((caller.to_owned(), challenge.id))
    }

    fn operation(&mut self) -> Operation {
        Operation { id: OperationId(self.draw()), tag: self.draw(), by: self.draw() }
    }

    fn kept(&mut self, call: Call) -> Call {
        self.calls.push(call.clone());
        call
    }
}
