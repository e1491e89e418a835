//! What people and callers do next.

use std::{sync::Arc, time::Duration};

use pombo::{
    delivery::{Callback, Receipt},
    otp::{ChallengeId, Channel, Code, DeliveryRef, DeliveryStatus, FlowOutcome, Purpose, Time},
    service::Whose,
};
use tokio::time::sleep;

use super::{
    book::Case,
    calls::{Aim, Ask, Call},
    pigeon::ROADS,
    rules::{FLOWS, PHONES, TEST_CODE},
    town::Town,
};

impl Town {
    /// Somebody does something.
    pub fn act(self: &Arc<Self>) {
        match self.dice.weighted(&[
            (22, 0),
            (14, 1),
            (16, 2),
            (2, 3),
            (6, 4),
            (16, 5),
            (9, 6),
            (2, 7),
            (5, 8),
            (2, 9),
            (3, 10),
            (3, 11),
        ]) {
            0 => self.issue(),
            1 => self.guess(Aim::Right),
            2 => self.guess(Aim::Wrong),
            3 => (0..self.dice.below(8)).for_each(|_| self.guess(Aim::Wrong)),
            4 => self.guess(Aim::Anything),
            5 => self.resend(),
            6 => self.repeat(),
            7 => self.cancel(),
            8 => self.tap(),
            9 => self.get(),
            10 => self.report(),
            _ => self.stray_receipt(),
        }
    }

    /// Makes a call once or twice at once, with a name or without.
    fn ask_perhaps_twice(self: &Arc<Self>, call: Call) {
        let key = if self.dice.odds(0.5) { self.book().name("key") } else { String::new() };
        let ask = Ask { call, key, since: self.now(), changed: false };
        if self.dice.odds(0.12) {
            let how = if ask.key.is_empty() { "without" } else { "with" };
            self.tally.raise(format!("double submit {how} a key"));
            self.ask(ask.clone());
        }
        self.ask(ask);
    }

    fn issue(self: &Arc<Self>) {
        let dice = &self.dice;
        if dice.odds(0.15) {
            self.regrets(dice.millis(0..=900));
        }
        let flow = dice.weighted(&[(3, Some(0)), (3, Some(6)), (5, None)]);
        let flow = flow.unwrap_or_else(|| dice.below(FLOWS.len()));
        let is_payment = FLOWS[flow].1 == Purpose::Transaction;
        self.ask_perhaps_twice(Call::Issue {
            flow,
            phone: dice.below(PHONES),
            payment: is_payment.then(|| dice.pick(&[1, 1, 2])),
            channel: self.wish(0.15),
            address: dice.some(0.5, || dice.pick(&[[192, 0, 2, 1], [192, 0, 2, 2]]).into()),
        });
    }

    /// A channel and no other, that often; where text messages may be withheld, SMS as often again.
    fn wish(&self, odds: f64) -> Option<Channel> {
        let dice = &self.dice;
        let channel = dice.some(odds, || dice.pick(Channel::ALL));
        channel.or_else(|| dice.some(odds, || Channel::Sms).filter(|_| self.tolls.is_on()))
    }

    /// Somebody ends, after so long, what was begun last: its message may be on its way.
    fn regrets(self: &Arc<Self>, after: Duration) {
        let town = Arc::clone(self);
        tokio::spawn(async move {
            sleep(after).await;
            let last = town.book().cases.last().cloned();
            let Some(Case { challenge, flow, .. }) = last else { return };
            let caller = FLOWS[flow].0.to_owned();
            town.ask(Ask::plain(Call::Cancel { caller, challenge }));
        });
    }

    /// Somebody types a code as soon as it comes: its sender may not know yet that it went out.
    pub fn types(self: &Arc<Self>, challenge: ChallengeId, code: Code) {
        let known = self.book().cases.iter().find(|it| it.challenge == challenge).cloned();
        let Some(Case { flow, payment, .. }) = known else { return };
        let (caller, subject, aim) = (FLOWS[flow].0.to_owned(), None, Aim::Right);
        self.ask(Ask::plain(Call::Guess { caller, challenge, code, aim, payment, subject }));
    }

    /// A challenge that a caller knows of, mostly one of the last.
    fn case(&self) -> Option<Case> {
        let book = self.book();
        let back = self.dice.weighted(&[(5, 3), (2, 10), (1, 400)]).min(book.cases.len());
        (back > 0).then(|| book.cases[book.cases.len() - 1 - self.dice.below(back)].clone())
    }

    /// A challenge, and who asks about it: mostly its caller.
    fn asker(&self) -> Option<(String, ChallengeId)> {
        let case = self.case()?;
        let caller = if self.dice.odds(0.04) { "thief" } else { FLOWS[case.flow].0 };
        Some((caller.to_owned(), case.challenge))
    }

    fn guess(self: &Arc<Self>, aim: Aim) {
        let (dice, Some(case)) = (&self.dice, self.case()) else { return };
        let mut known = self.book().codes(&case.challenge);
        if case.phone == PHONES - 1 {
            known.push(Code::parse(TEST_CODE).unwrap());
        }
        let anything: Vec<_> = self.book().notes.iter().map(|note| note.code.clone()).collect();
        let code = match aim {
            Aim::Right if known.is_empty() => return,
            Aim::Right => dice.pick(&known),
            Aim::Anything if !anything.is_empty() => dice.pick(&anything),
            // No code of any challenge has so many digits.
            _ => Code::parse("7777777").unwrap(),
        };
        let other = aim == Aim::Anything && dice.odds(0.7);
        let payment = match case.payment {
            Some(paid) if other => dice.some(0.5, || paid + 1),
            None if other && dice.odds(0.3) => Some(1),
            paid => paid,
        };
        let subject = match aim {
            Aim::Anything if dice.odds(0.2) => Some("eva".to_owned()),
            _ => dice.some(0.3, || FLOWS[case.flow].2.to_owned()),
        };
        let (caller, challenge) = (FLOWS[case.flow].0.to_owned(), case.challenge);
        self.ask_perhaps_twice(Call::Guess { caller, challenge, code, aim, payment, subject });
    }

    fn resend(self: &Arc<Self>) {
        let Some((caller, challenge)) = self.asker() else { return };
        let channel = self.wish(0.2);
        self.ask_perhaps_twice(Call::Resend { caller, challenge, channel });
    }

    /// A call made before is made again, or another one by its name.
    fn repeat(self: &Arc<Self>) {
        let last = |asks: &Vec<Ask>| {
            let back = self.dice.weighted(&[(3, 2), (1, 8)]).min(asks.len());
            (back > 0).then(|| asks[asks.len() - 1 - self.dice.below(back)].clone())
        };
        let Some(mut ask) = last(&self.book().asks) else { return };
        let other = || Code::parse("88888888").unwrap();
        match &mut ask.call {
            Call::Guess { code, aim, .. } if self.dice.odds(0.2) => {
                (*code, *aim, ask.changed) = (other(), Aim::Anything, true);
            }
            _ => {}
        }
        self.tally.raise(if ask.changed { "key used again" } else { "call made again" });
        self.ask(ask);
    }

    fn cancel(self: &Arc<Self>) {
        let Some((caller, challenge)) = self.asker() else { return };
        self.ask(Ask::plain(Call::Cancel { caller, challenge }));
    }

    fn get(self: &Arc<Self>) {
        let Some((caller, challenge)) = self.asker() else { return };
        self.ask(Ask::plain(Call::Get { caller, challenge }));
    }

    fn report(self: &Arc<Self>) {
        let Some((caller, challenge)) = self.asker() else { return };
        let outcome = self.dice.pick(FlowOutcome::ALL);
        self.ask(Ask::plain(Call::Report { caller, challenge, outcome }));
    }

    /// "I didn't request a code", under one of the last messages.
    fn tap(self: &Arc<Self>) {
        let note = {
            let book = self.book();
            let taps = book.notes.iter().rev().filter(|it| it.channel == Channel::Whatsapp);
            taps.take(3).last().cloned()
        };
        let Some(note) = note else { return };
        let whose = Whose { channel: note.channel, sender: note.sender };
        let callback = Callback::NotRequested { message_id: note.message_id };
        self.call_back(whose, callback, self.dice.millis(0..=2000));
    }

    /// A receipt of a delivery that may not exist, by whoever.
    fn stray_receipt(self: &Arc<Self>) {
        let (dice, Some(case)) = (&self.dice, self.case()) else { return };
        let (channel, sender) = dice.pick(&ROADS);
        let delivery = DeliveryRef { challenge: case.challenge, number: dice.below(5) as u32 + 1 };
        let status = dice.pick(&[DeliveryStatus::Sent, DeliveryStatus::Delivered]);
        let message_id = self.book().name("stray");
        let receipt = Receipt { delivery, message_id, status, failure: None, at: None };
        self.tally.raise("receipt out of nowhere");
        let whose = Whose { channel, sender };
        self.call_back(whose, Callback::Receipt(receipt), dice.millis(0..=500));
    }
}

impl Ask {
    fn plain(call: Call) -> Self {
        Self { call, key: String::new(), since: Time::default(), changed: false }
    }
}
