//! The senders in their order, each with its pace and its circuits: which roads are open, and sending
//! by one of them.
//!
//! Circuits guide the choice of a road. None stops a message for which a road was chosen: where every
//! road is closed the first one is as good as any, and a message that goes there all the same is the
//! quickest way to hear that it works again.

mod circuits;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    delivery::{
        Accepted, Message, Messenger, Notice, SendError,
        circuit::{News, Part, Teller},
        pace::Pace,
        reaction::Reaction,
    },
    otp::{
        Channel, ClosedRoad, Country, DeliveryStatus, PhoneNumber, event::Carried,
        transaction::Details,
    },
};
use circuits::{Circuits, Shared};

/// All roads, in the order in which they are to be tried.
pub struct Roads(Vec<Road>);

/// One sender, its pace and its circuits.
pub struct Road {
    messenger: Arc<dyn Messenger>,
    pace: Pace,
    circuits: Circuits,
}

impl Roads {
    /// Of these senders, those of one channel in the order in which they are to be tried.
    pub fn new(messengers: Vec<Arc<dyn Messenger>>) -> Self {
        Self(messengers.into_iter().map(Road::new).collect())
    }

    /// The road of a channel that this sender serves.
    pub fn find(&self, channel: Channel, sender: &str) -> Option<&Road> {
        let mut roads = self.0.iter();
        roads.find(|it| it.messenger.channel() == channel && it.messenger.name() == sender)
    }

    /// Whether a message by this channel shows a payment whole, whoever sends it.
    pub fn show(&self, channel: Channel, details: &Details, language: &str, digits: u8) -> bool {
        let roads = self.0.iter().filter(|road| road.messenger.channel() == channel);
        let mut roads = roads.peekable();
        roads.peek().is_some() && roads.all(|road| road.messenger.shows(details, language, digits))
    }

    /// The roads that are closed now, for everybody or for a country.
    pub fn closed(&self) -> Vec<ClosedRoad> {
        self.0.iter().flat_map(Road::closed).collect()
    }
}

impl Road {
    fn new(messenger: Arc<dyn Messenger>) -> Self {
        let (pace, circuits) = (Pace::new(messenger.pacing()), Circuits::new(&*messenger));
        Self { messenger, pace, circuits }
    }

    /// Who serves it.
    pub fn messenger(&self) -> &dyn Messenger {
        &*self.messenger
    }

    /// Waits until the sender's pace allows the caller's next message to this number; false if that is
    /// not before `until`.
    pub async fn turn(&self, caller: &str, to: &PhoneNumber, until: Instant) -> bool {
        self.pace.turn(caller, to, until).await
    }

    /// A message is on its way to somebody of this country, who asked for this language. Gives the
    /// approved language to write it in: the nearest that works. Empty for a sender that needs none.
    pub fn enter(&self, language: &str, country: Country) -> String {
        self.circuits.pass(self.messenger.templates(language), country)
    }

    /// The message was not sent after all.
    pub fn leave(&self, template: &str, country: Country) {
        self.circuits.pass_in_vain(Shared { template: Some(template), country });
    }

    /// Tries once to hand a message to the provider, for at most `limit`, and learns from what comes
    /// of it.
    pub async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError> {
        let shared = Shared { template: Some(&message.template), country: message.to.country() };
        let start = Instant::now();
        let sent = self.messenger.send(message, limit).await;
        let news = News { by: Teller::Answer, age: start.elapsed() };
        match &sent {
            Ok(_) => self.circuits.succeeded(shared, news),
            Err(error) => self.circuits.failed(error.reaction, shared, news),
        }
        sent
    }

    /// Learns from a receipt.
    pub fn learn(&self, status: DeliveryStatus, failure: Option<Reaction>, carried: &Carried) {
        let shared = Shared { template: carried.template.as_deref(), country: carried.country };
        let news = News { by: Teller::Receipt, age: carried.age };
        match failure {
            Some(reaction) => self.circuits.failed(reaction, shared, news),
            // That it was handed on says little: failures come after it.
            None if status >= DeliveryStatus::Delivered => self.circuits.succeeded(shared, news),
            None => {}
        }
    }

    /// Takes in what the provider tells of itself.
    pub fn notice(&self, notice: &Notice) {
        let news = News { by: Teller::Receipt, age: Duration::ZERO };
        self.circuits.change(&notice.part, |circuit, now| match notice.stopped {
            true => circuit.stop(now, news),
            false => circuit.mend(now),
        });
    }

    fn closed(&self) -> Vec<ClosedRoad> {
        let (templates, open) = (self.messenger.templates(""), self.circuits.open());
        let whole = [Part::Provider, Part::Token, Part::App, Part::Account, Part::PhoneNumber];
        let no_template = !templates.is_empty()
            && templates.into_iter().all(|language| open.contains(&Part::Template(language)));
        let is_whole = no_template || whole.iter().any(|part| open.contains(part));
        let everywhere = is_whole.then_some(None);
        let countries = open.iter().filter_map(|part| match part {
            Part::Country(country) => Some(Some(*country)),
            _ => None,
        });
        let closed = |country| ClosedRoad {
            channel: self.messenger.channel(),
            sender: self.messenger.name().to_owned(),
            country,
        };
        everywhere.into_iter().chain(countries).map(closed).collect()
    }
}

#[cfg(test)]
mod tests;
