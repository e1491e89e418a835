//! The circuits of a road: what became of its messages teaches of what they share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use crate::{
    delivery::{
        Messenger,
        circuit::{Circuit, News, Part},
        reaction::{Reaction, Scope},
    },
    insight::metrics,
    otp::{Cause, Channel, Country, FailureReason},
};

/// One for each part of which something was heard, and who serves the road.
pub struct Circuits {
    channel: Channel,
    sender: &'static str,
    all: Mutex<BTreeMap<Part, Circuit>>,
}

impl Circuits {
    /// Of a sender of which nothing was heard yet.
    pub fn new(messenger: &dyn Messenger) -> Self {
        Self { channel: messenger.channel(), sender: messenger.name(), all: Mutex::default() }
    }

    /// The parts that let no message pass now.
    pub fn open(&self) -> BTreeSet<Part> {
        let (circuits, now) = (self.lock(), Instant::now());
        let open = circuits.iter().filter(|(_, circuit)| circuit.is_open(now));
        open.map(|(part, _)| part.clone()).collect()
    }

    /// A message passes, to somebody of this country. Gives the first template that works, or the first.
    pub fn pass(&self, templates: Vec<String>, country: Country) -> String {
        let (mut circuits, now) = (self.lock(), Instant::now());
        let works = |language: &&String| {
            let circuit = circuits.get(&Part::Template((*language).clone()));
            circuit.is_none_or(|circuit| !circuit.is_open(now))
        };
        let template = templates.iter().find(works).or(templates.first());
        let template = template.cloned().unwrap_or_default();
        let shared = Shared { template: Some(&template), country };
        let concerned = circuits.iter_mut().filter(|(part, _)| shared.concerns(part));
        concerned.for_each(|(_, circuit)| circuit.pass(now));
        template
    }

    /// It was not sent after all.
    pub fn pass_in_vain(&self, shared: Shared<'_>) {
        let (mut circuits, now) = (self.lock(), Instant::now());
        let concerned = circuits.iter_mut().filter(|(part, _)| shared.concerns(part));
        concerned.for_each(|(_, circuit)| circuit.pass_in_vain(now));
    }

    /// It went well.
    pub fn succeeded(&self, shared: Shared<'_>, news: News) {
        let known: Vec<_> = self.lock().keys().cloned().collect();
        let known = known.iter().filter(|&part| *part != Part::Provider);
        // Of the provider as a whole good news counts even where nothing bad is known.
        for part in known.filter(|part| shared.concerns(part)).chain([&Part::Provider]) {
            self.change(part, |circuit, now| circuit.succeed(now, news));
        }
    }

    /// It went wrong.
    pub fn failed(&self, reaction: Reaction, shared: Shared<'_>, news: News) {
        match (reaction.scope, reaction.cause) {
            (Some(scope), _) => {
                let part = shared.part(scope);
                part.inspect(|part| self.change(part, |circuit, now| circuit.stop(now, news)));
            }
            // It took a working provider to find out.
            (None, Cause::Recipient) => self.succeeded(shared, news),
            (None, Cause::Sender) if is_of_provider(reaction.reason) => {
                self.change(&Part::Provider, |circuit, now| circuit.fail(now, news));
            }
            // Phones that are off and carriers' filters are nothing that a provider could mend, and
            // whoever asks for codes to such numbers shall close no road.
            (None, Cause::Sender) => {}
        }
    }

    /// Changes one circuit, and tells the operator if that opened or closed it.
    pub fn change(&self, part: &Part, change: impl FnOnce(&mut Circuit, Instant)) {
        let mut circuits = self.lock();
        let circuit = circuits.entry(part.clone()).or_default();
        let was_closed = circuit.is_closed();
        change(circuit, Instant::now());
        let is_closed = circuit.is_closed();
        if was_closed == is_closed {
            return;
        }
        let (channel, sender) = (self.channel, self.sender);
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
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether many failures for this reason say that the provider is in trouble.
const fn is_of_provider(reason: FailureReason) -> bool {
    matches!(
        reason,
        FailureReason::Unavailable | FailureReason::RateLimited | FailureReason::Misconfigured
    )
}

/// What a message shares with others.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// The template it went in; `None` if that is not known.
    pub template: Option<&'a str>,
    /// Where it goes.
    pub country: Country,
}

impl Shared<'_> {
    /// Whether the message goes through the part's circuit.
    fn concerns(self, part: &Part) -> bool {
        match part {
            Part::Template(language) => Some(&**language) == self.template,
            Part::Country(country) => *country == self.country,
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
