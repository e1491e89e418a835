//! What becomes of a message that a sender took: it comes to the phone, and receipts come back:
//! late, lost, twice, in any order, and of other messages.

use std::{sync::Arc, time::Duration};

use pombo::{
    delivery::{Accepted, Callback, Message, Receipt},
    otp::{Channel, Code, DeliveryRef, DeliveryStatus},
    service::{Taken, Whose},
};
use tokio::time::{sleep, timeout};

use super::{
    book::Note,
    dice::Dice,
    pigeon::{ROADS, reaction},
    town::Town,
};

/// A message that a sender took.
#[derive(Clone)]
pub struct Post {
    road: usize,
    delivery: DeliveryRef,
    code: Code,
    /// As receipts name it.
    id: String,
    /// As some callbacks name it.
    alias: String,
}

impl Post {
    pub fn new(town: &Arc<Town>, road: usize, message: &Message) -> Self {
        let mut book = town.book();
        let (id, alias) = (book.name("message"), book.name("alias"));
        Self { road, delivery: message.delivery, code: message.code.clone(), id, alias }
    }

    fn whose(&self) -> Whose {
        let (channel, sender) = ROADS[self.road];
        Whose { channel, sender }
    }

    /// What its sender answers. One of them tells no name but an alias.
    pub fn accepted(&self, dice: &Dice) -> Accepted {
        let named = ROADS[self.road] != (Channel::Whatsapp, "aws");
        Accepted {
            message_id: named.then(|| self.id.clone()),
            alias: (!named).then(|| self.alias.clone()),
            reference: dice.some(0.3, || format!("reference of {}", self.id)),
        }
    }

    /// Goes to its phone, and its receipts go back.
    pub fn travels(&self, town: &Arc<Town>) {
        let dice = &town.dice;
        if dice.odds(0.08) {
            return town.tally.raise("message lost");
        }
        let arrives = dice.weighted(&[(6, 0..=800), (3, 800..=8000), (1, 8_000..=90_000)]);
        let (town_, post, after) = (Arc::clone(town), self.clone(), dice.millis(arrives));
        tokio::spawn(async move {
            sleep(after).await;
            post.arrives(&town_);
        });
        self.reports(town, DeliveryStatus::Sent, after / 2);
        if dice.odds(0.1) {
            return self.reports(town, DeliveryStatus::Failed, after);
        }
        self.reports(town, DeliveryStatus::Delivered, after);
        if dice.odds(0.5) {
            self.reports(town, DeliveryStatus::Read, after + dice.seconds(1..=30));
        }
    }

    fn arrives(&self, town: &Arc<Town>) {
        let Whose { channel, sender } = self.whose();
        let (challenge, code) = (self.delivery.challenge, self.code.clone());
        let message_id = self.id.clone();
        town.book().notes.push(Note { challenge, code, channel, sender, message_id });
        town.tally.raise("message arrives");
        if town.dice.odds(0.2) {
            town.types(challenge, self.code.clone());
        }
    }

    /// A receipt goes back after a while, unless it is lost, and perhaps again.
    fn reports(&self, town: &Arc<Town>, status: DeliveryStatus, after: Duration) {
        let dice = &town.dice;
        let fate = dice.weighted(&[
            (14, "on time"),
            (2, "lost"),
            (2, "twice"),
            (2, "late"),
            (1, "very late"),
        ]);
        town.tally.raise(format!("receipt {fate}"));
        let delay = match fate {
            "lost" => return,
            "late" => dice.seconds(5..=60),
            "very late" => dice.seconds(300..=1200),
            _ => dice.millis(0..=700),
        };
        let times = if fate == "twice" { 2 } else { 1 };
        for nth in 0..times {
            let callback = self.callback(town, status);
            town.call_back(self.whose(), callback, after + delay + dice.millis(0..=3000) * nth);
        }
    }

    fn callback(&self, town: &Town, status: DeliveryStatus) -> Callback {
        let dice = &town.dice;
        let failure = (status == DeliveryStatus::Failed).then(|| reaction(dice));
        let at = dice.weighted(&[(4, Some(0)), (1, None), (1, Some(40)), (1, Some(90_000))]);
        let at = at.map(|ago| town.now() - Duration::from_secs(ago));
        let unnamed = self.whose().sender == "aws" && dice.odds(0.5);
        if unnamed {
            return Callback::Unnamed { message_id: self.alias.clone(), status, failure, at };
        }
        let foreign = dice.odds(0.04);
        if foreign {
            town.tally.raise("receipt of another message");
        }
        let message_id = if foreign { town.book().name("nobody's") } else { self.id.clone() };
        Callback::Receipt(Receipt { delivery: self.delivery, message_id, status, failure, at })
    }
}

impl Town {
    /// A sender calls back after a while, and again until somebody has taken it.
    pub fn call_back(self: &Arc<Self>, whose: Whose, callback: Callback, after: Duration) {
        let town = Arc::clone(self);
        tokio::spawn(async move {
            sleep(after).await;
            for nth in 1..=6 {
                if town.is_taken(whose, callback.clone()).await {
                    return;
                }
                town.tally.raise("callback comes again");
                sleep(Duration::from_secs(nth * nth)).await;
            }
        });
    }

    async fn is_taken(&self, whose: Whose, callback: Callback) -> bool {
        let Some(service) = self.some_replica() else { return false };
        let call = service.take_all(whose, vec![callback]);
        let Ok(Ok(taken)) = timeout(Duration::from_secs(5), call).await else { return false };
        for taken in taken.keys() {
            self.tally.raise(match taken {
                Taken::Noted => "callback noted",
                Taken::Ignored => "callback ignored",
                Taken::NotRequested => "callback not requested",
            });
        }
        true
    }
}
