//! The senders: they take messages, refuse them for any reason there is, break off or hang.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use pombo::{
    delivery::{
        Accepted, Again, Message, Messenger, Pacing, SendError,
        reaction::{Reaction, Scope},
    },
    otp::{Channel, FailureReason},
};
use tokio::time::sleep;

use super::{
    dice::Dice,
    life::Life,
    post::Post,
    rules::{SMS, WHATSAPP},
    town::Town,
    weather::Mood,
};

/// All senders, by channel and name.
pub const ROADS: [(Channel, &str); 4] = [
    (Channel::Whatsapp, WHATSAPP[0]),
    (Channel::Whatsapp, WHATSAPP[1]),
    (Channel::Sms, SMS[0]),
    (Channel::Sms, SMS[1]),
];

/// The step at which a sender is told what became of a code.
pub const WORD: &str = "word to the sender";

/// A replica's way to a sender.
struct Pigeon {
    town: Arc<Town>,
    life: Arc<Life>,
    road: usize,
}

/// A replica's ways to all senders.
pub fn pigeons(town: &Arc<Town>, life: &Arc<Life>) -> Vec<Arc<dyn Messenger>> {
    let pigeon = |road| -> Arc<dyn Messenger> {
        Arc::new(Pigeon { town: Arc::clone(town), life: Arc::clone(life), road })
    };
    (0..ROADS.len()).map(pigeon).collect()
}

/// What a sender does with a message.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Takes,
    TakesSlowly,
    TakesAndLoses,
    TakesAndFails,
    Refuses,
    RefusesRecipient,
    BreaksOff,
    Hangs,
}

#[async_trait]
impl Messenger for Pigeon {
    fn name(&self) -> &'static str {
        ROADS[self.road].1
    }

    fn channel(&self) -> Channel {
        ROADS[self.road].0
    }

    fn pacing(&self) -> Pacing {
        // Paces go by a real clock: here none shall be felt.
        Pacing { rate: NonZeroU32::new(100_000_000).unwrap(), pair: None }
    }

    fn templates(&self, _language: &str) -> Vec<String> {
        match self.channel() {
            Channel::Whatsapp => vec!["pt_BR".to_owned(), "en_US".to_owned()],
            Channel::Sms => Vec::new(),
        }
    }

    async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError> {
        self.life.lives_on("try", "before").await;
        self.town.judge_try(&self.life, message);
        let deed = self.deed();
        self.town.tally.raise(format!("sender {deed:?}"));
        let sent = self.act(deed, message, limit).await;
        self.life.lives_on("try", "after").await;
        sent
    }

    async fn conclude(&self, _reference: &str, _used: bool) {
        self.life.lives_on(WORD, "before").await;
        self.town.tally.raise("sender hears of a code");
        self.life.lives_on(WORD, "after").await;
    }
}

impl Pigeon {
    fn deed(&self) -> Deed {
        let mood = self.town.weather().roads[self.road];
        match mood {
            Mood::Well => Deed::Takes,
            Mood::Refusing => Deed::Refuses,
            Mood::Hanging => Deed::Hangs,
            Mood::Silent => Deed::TakesAndLoses,
            Mood::TwoFaced => {
                self.town.dice.pick(&[Deed::BreaksOff, Deed::TakesAndFails, Deed::RefusesRecipient])
            }
            Mood::Moody => self.town.dice.weighted(&[
                (4, Deed::Takes),
                (2, Deed::TakesSlowly),
                (1, Deed::TakesAndLoses),
                (1, Deed::TakesAndFails),
                (4, Deed::Refuses),
                (1, Deed::BreaksOff),
                (1, Deed::Hangs),
            ]),
        }
    }

    async fn act(
        &self,
        deed: Deed,
        message: &Message,
        limit: Duration,
    ) -> Result<Accepted, SendError> {
        let (dice, most) = (&self.town.dice, limit.as_millis() as u64 - 1);
        match deed {
            Deed::Takes => sleep(dice.millis(0..=300)).await,
            Deed::TakesSlowly => sleep(dice.millis(0..=most)).await,
            Deed::TakesAndLoses => return Ok(self.post(message).accepted(dice)),
            Deed::TakesAndFails => {
                self.post(message).travels(&self.town);
                return Err(Reaction::of_status(Some(504)).refused(None, 504, "a gateway"));
            }
            Deed::Refuses => return Err(self.refusal(reaction(dice))),
            Deed::RefusesRecipient => return Err(self.refusal(reaction(dice).of_recipient())),
            Deed::BreaksOff => {
                // It may have got there.
                if dice.odds(0.5) {
                    self.post(message).travels(&self.town);
                }
                sleep(dice.millis(0..=most)).await;
                return Err(Reaction::unanswered(Again::Broken, "broke off"));
            }
            Deed::Hangs => {
                if dice.odds(0.3) {
                    self.post(message).travels(&self.town);
                }
                sleep(limit).await;
                return Err(Reaction::unanswered(Again::Unclear, "hangs"));
            }
        }
        let post = self.post(message);
        post.travels(&self.town);
        Ok(post.accepted(dice))
    }

    fn post(&self, message: &Message) -> Post {
        self.town.note_posted(message);
        Post::new(&self.town, self.road, message)
    }

    fn refusal(&self, reaction: Reaction) -> SendError {
        self.town.tally.raise(format!("refusal {}", reaction.reason.as_str()));
        if let Some(scope) = reaction.scope {
            self.town.tally.raise(format!("refusal of {}", scope.as_str()));
        }
        reaction.refused(Some(1), 400, "no")
    }
}

/// Any reaction there is.
pub fn reaction(dice: &Dice) -> Reaction {
    use Scope::{Account, App, Country, PhoneNumber, Template, Token};
    let reason = dice.pick(FailureReason::ALL);
    let again =
        [Again::No, Again::Once, Again::Yes, Again::Doubtful, Again::Broken, Again::Unclear];
    let alone = Reaction::alone(reason, dice.pick(&again));
    let stop = || {
        let scope = dice.pick(&[Token, App, Account, PhoneNumber, Template, Country]);
        Reaction::stop(reason, scope)
    };
    let reaction = dice.some(0.3, stop).unwrap_or(alone);
    match dice.weighted(&[(8, 0), (1, 1), (1, 2)]) {
        1 => reaction.of_recipient(),
        2 => reaction.of_sender(),
        _ => reaction,
    }
}
