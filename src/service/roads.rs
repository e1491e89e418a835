//! The senders in their order, each with its pace and its circuits: which roads are open, and sending
//! by one of them.
//!
//! Circuits guide the choice of a road. None stops a message for which a road was chosen: where every
//! road is closed the first one is as good as any, and a message that goes there all the same is the
//! quickest way to hear that it works again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    delivery::{
        Accepted, Message, Messenger, Notice, SendError,
        circuit::{Circuit, News, Part, Teller},
        pace::Pace,
        reaction::{Reaction, Scope},
    },
    insight::metrics,
    otp::{
        Cause, Channel, ClosedRoad, Country, DeliveryStatus, FailureReason, PhoneNumber,
        event::Carried, transaction::Details,
    },
};

/// All roads, in the order in which they are to be tried.
pub struct Roads(Vec<Road>);

/// One sender, its pace and its circuits.
pub struct Road {
    messenger: Arc<dyn Messenger>,
    pace: Pace,
    circuits: Mutex<BTreeMap<Part, Circuit>>,
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
        let now = Instant::now();
        self.0.iter().flat_map(|road| road.closed(now)).collect()
    }
}

impl Road {
    fn new(messenger: Arc<dyn Messenger>) -> Self {
        let pace = Pace::new(messenger.pacing());
        Self { messenger, pace, circuits: Mutex::default() }
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
        let templates = self.messenger.templates(language);
        let (mut circuits, now) = (self.lock(), Instant::now());
        let works =
            |language: &&String| !is_open(&circuits, &Part::Template((*language).clone()), now);
        let template = templates.iter().find(works).or(templates.first());
        let template = template.cloned().unwrap_or_default();
        let of = Of { template: Some(&template), country };
        let concerned = circuits.iter_mut().filter(|(part, _)| of.concerns(part));
        concerned.for_each(|(_, circuit)| circuit.pass(now));
        template
    }

    /// The message was not sent after all.
    pub fn leave(&self, template: &str, country: Country) {
        let of = Of { template: Some(template), country };
        let (mut circuits, now) = (self.lock(), Instant::now());
        let concerned = circuits.iter_mut().filter(|(part, _)| of.concerns(part));
        concerned.for_each(|(_, circuit)| circuit.pass_in_vain(now));
    }

    /// Tries once to hand a message to the provider, for at most `limit`, and learns from what comes
    /// of it.
    pub async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError> {
        let of = Of { template: Some(&message.template), country: message.to.country() };
        let start = Instant::now();
        let sent = self.messenger.send(message, limit).await;
        let news = News { by: Teller::Answer, age: start.elapsed() };
        match &sent {
            Ok(_) => self.succeeded(of, news),
            Err(error) => self.failed(error.reaction, of, news),
        }
        sent
    }

    /// Learns from a receipt.
    pub fn learn(&self, status: DeliveryStatus, failure: Option<Reaction>, carried: &Carried) {
        let of = Of { template: carried.template.as_deref(), country: carried.country };
        let news = News { by: Teller::Receipt, age: carried.age };
        match failure {
            Some(reaction) => self.failed(reaction, of, news),
            // That it was handed on says little: failures come after it.
            None if status >= DeliveryStatus::Delivered => self.succeeded(of, news),
            None => {}
        }
    }

    /// Takes in what the provider tells of itself.
    pub fn notice(&self, notice: &Notice) {
        let news = News { by: Teller::Receipt, age: Duration::ZERO };
        self.change(&notice.part, |circuit, now| match notice.stopped {
            true => circuit.stop(now, news),
            false => circuit.mend(now),
        });
    }

    fn closed(&self, now: Instant) -> Vec<ClosedRoad> {
        let templates = self.messenger.templates("");
        let circuits = self.lock();
        let open = |part: &Part| is_open(&circuits, part, now);
        let whole = [Part::Provider, Part::Token, Part::App, Part::Account, Part::PhoneNumber];
        let no_template = !templates.is_empty()
            && templates.into_iter().all(|language| open(&Part::Template(language)));
        let everywhere = (no_template || whole.iter().any(open)).then_some(None);
        let countries = circuits.keys().filter(|part| open(part)).filter_map(|part| match part {
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

    fn succeeded(&self, of: Of<'_>, news: News) {
        let known: Vec<_> = self.lock().keys().cloned().collect();
        let known = known.iter().filter(|&part| *part != Part::Provider);
        // Of the provider as a whole good news counts even where nothing bad is known.
        for part in known.filter(|part| of.concerns(part)).chain([&Part::Provider]) {
            self.change(part, |circuit, now| circuit.succeed(now, news));
        }
    }

    fn failed(&self, reaction: Reaction, of: Of<'_>, news: News) {
        match (reaction.scope, reaction.cause) {
            (Some(scope), _) => {
                let part = of.part(scope);
                part.inspect(|part| self.change(part, |circuit, now| circuit.stop(now, news)));
            }
            // It took a working provider to find out.
            (None, Cause::Recipient) => self.succeeded(of, news),
            (None, Cause::Sender) if is_of_provider(reaction.reason) => {
                self.change(&Part::Provider, |circuit, now| circuit.fail(now, news));
            }
            // Phones that are off and carriers' filters are nothing that a provider could mend, and
            // whoever asks for codes to such numbers shall close no road.
            (None, Cause::Sender) => {}
        }
    }

    /// Changes one circuit, and tells the operator if that opened or closed it.
    fn change(&self, part: &Part, change: impl FnOnce(&mut Circuit, Instant)) {
        let mut circuits = self.lock();
        let circuit = circuits.entry(part.clone()).or_default();
        let was_closed = circuit.is_closed();
        change(circuit, Instant::now());
        let is_closed = circuit.is_closed();
        if was_closed == is_closed {
            return;
        }
        let (channel, sender) = (self.messenger.channel(), self.messenger.name());
        // Under the lock, so that the gauge goes the same way as the circuit.
        metrics::circuit(channel, sender, part.as_str(), !is_closed);
        drop(circuits);
        match is_closed {
            true => {
                tracing::info!(sender, channel = channel.as_str(), ?part, "a road is open again")
            }
            false => tracing::warn!(sender, channel = channel.as_str(), ?part, "a road is closed"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Part, Circuit>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether many failures for this reason say that the provider is in trouble.
const fn is_of_provider(reason: FailureReason) -> bool {
    matches!(
        reason,
        FailureReason::Unavailable | FailureReason::RateLimited | FailureReason::Misconfigured
    )
}

fn is_open(circuits: &BTreeMap<Part, Circuit>, part: &Part, now: Instant) -> bool {
    circuits.get(part).is_some_and(|circuit| circuit.is_open(now))
}

/// What a message shares with others.
#[derive(Clone, Copy)]
struct Of<'a> {
    /// The template it went in; `None` if that is not known.
    template: Option<&'a str>,
    country: Country,
}

impl Of<'_> {
    /// Whether the message goes through the part's circuit.
    fn concerns(self, part: &Part) -> bool {
        match part {
            Part::Template(language) => Some(&**language) == self.template,
            Part::Country(of) => *of == self.country,
            _ => true,
        }
    }

    /// What a refusal of the message stops; `None` for a template that is not known.
    fn part(self, scope: Scope) -> Option<Part> {
        Some(match scope {
            Scope::Token => Part::Token,
            Scope::App => Part::App,
            Scope::Account => Part::Account,
            Scope::PhoneNumber => Part::PhoneNumber,
            Scope::Template => Part::Template(self.template?.to_owned()),
            Scope::Country => Part::Country(self.country),
        })
    }
}

#[cfg(test)]
mod tests;
