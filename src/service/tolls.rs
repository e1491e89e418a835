//! Toll fraud: whether one more text message may be paid for, asked where it is about to be sent,
//! whoever drove it there: a call, a receipt or an alarm.
//!
//! A message is charged once, under the name of its delivery and try, for whoever works on it; it is given
//! back by those whose commit does not send it, and for all once its challenge ended and no provider can have
//! taken it. A budget gets it back also once the challenge is verified. So what a budget holds are messages
//! that were promised and that nobody verified. A rule that is enforced fails closed: without the store there
//! is no message anyway. One that is only observed fails open.

mod gathering;

mod learning;

mod outcomes;

use std::time::Duration;

use super::Service;
use crate::{
    insight::metrics,
    otp::{
        Country, RecipientKey,
        event::Text,
        toll::{Destination, Evidence, Hit, Known, Rule, Toll},
    },
    store::{Charge, Charged, Holder, Loaded, StoreError, record},
};
pub use gathering::Learning;

impl Service {
    /// What the rules say to a text message, and what it was charged if they let it go.
    pub(super) async fn clear(
        &self,
        text: &Text,
        holder: Holder,
    ) -> Result<(Vec<Hit>, Vec<Charge>), StoreError> {
        if !self.parts.tolls.is_on() {
            return Ok((Vec::new(), Vec::new()));
        }
        let known = self.known(text.to).await;
        let mut clearing = Clearing { service: self, text, holder, known, charged: Vec::new() };
        let hits = clearing.ask_all().await;
        let is_let_go = hits.as_ref().is_ok_and(|hits| hits.iter().all(|hit| !hit.enforced));
        let mut charged = clearing.charged;
        if !is_let_go {
            self.give_back(charged.drain(..)).await;
        }
        Ok((hits?, charged))
    }

    /// A message is charged by each rule once, whichever replica asks, and however often; one that is sent
    /// again, since nobody knows what became of the first, is another. Several replicas may rely on one
    /// charge, as long as they don't know whose commit it will be that sends the message.
    fn charge_for(&self, rule: Rule, toll: &Toll, text: &Text, holder: Option<Holder>) -> Charge {
        let index = &self.parts.index;
        let call = if text.again { "text again" } else { "text" };
        Charge {
            counter: index.limit_tag(rule.as_str(), &[&toll.of]),
            windows: toll.windows.iter().map(|it| (it.count.get(), it.length)).collect(),
            cost: i32::try_from(toll.cost).unwrap_or(i32::MAX),
            operation: index.operation(call, rule.as_str(), &text.delivery.to_string()),
            holder,
        }
    }

    pub(super) async fn give_back(&self, charges: impl IntoIterator<Item = Charge>) {
        for charge in charges {
            let refund = Charge { cost: -charge.cost, ..charge };
            if let Err(error) = self.parts.store.charge(&refund).await {
                tracing::warn!(%error, "a text message could not be given back to its budget");
            }
        }
    }

    async fn known(&self, to: Destination) -> Result<Known, StoreError> {
        let country = self.country_key(to.country);
        let prefix = async {
            match &to.prefix {
                Some(prefix) => Ok(self.evidence(prefix).await?.0),
                None => Ok(Evidence::default()),
            }
        };
        let (prefix, (country, loaded)) = tokio::try_join!(prefix, self.evidence(&country))?;
        Ok(Known { prefix, country, now: loaded.now })
    }

    /// Where what is known of a country is kept.
    fn country_key(&self, country: Country) -> RecipientKey {
        RecipientKey(self.parts.index.limit_tag("country", &[country.as_str().as_bytes()]))
    }

    /// What is known of a place, and its record as it was found. One that can't be read, as a newer version
    /// wrote it or it is damaged, tells nothing, and what is learnt next is written over it. The place
    /// then has the floors, like one that nobody knows; were it refused text messages instead, it would be
    /// until the record ends, fifteen days on.
    async fn evidence(&self, place: &RecipientKey) -> Result<(Evidence, Loaded), StoreError> {
        let loaded = self.parts.store.load(place).await?;
        let known = loaded.blob.as_deref().map(record::evidence::decode).transpose();
        let known = known.inspect_err(|error| {
            tracing::warn!(%error, "what is known of a destination counts as nothing");
            metrics::evidence_unreadable();
        });
        Ok((known.ok().flatten().unwrap_or_default(), loaded))
    }
}

/// A text message that asks to be let go.
struct Clearing<'a> {
    service: &'a Service,
    text: &'a Text,
    holder: Holder,
    known: Result<Known, StoreError>,
    charged: Vec<Charge>,
}

impl Clearing<'_> {
    /// The rules that stand in the way, up to the first that is enforced.
    async fn ask_all(&mut self) -> Result<Vec<Hit>, StoreError> {
        let rules = &self.service.parts.tolls;
        let mut hits = Vec::new();
        for rule in rules.asked() {
            let enforced = rules.enforced.contains(&rule);
            match self.ask(rule).await {
                Ok(None) => {}
                Ok(Some(wait)) if enforced => {
                    metrics::limited(rule.as_str());
                    hits.push(Hit { rule, wait, enforced });
                    break;
                }
                Ok(Some(wait)) => {
                    metrics::observed(rule.as_str());
                    hits.push(Hit { rule, wait, enforced });
                }
                Err(error) if enforced => return Err(error),
                Err(error) => {
                    tracing::warn!(rule = rule.as_str(), %error, "a rule could not be asked");
                }
            }
        }
        Ok(hits)
    }

    /// How long one rule makes the message wait, if it does; if not, it is charged.
    async fn ask(&mut self, rule: Rule) -> Result<Option<Duration>, StoreError> {
        let (rules, to) = (&self.service.parts.tolls, self.text.to);
        let toll = match (&self.known, rule) {
            (Ok(known), _) => rules.toll(rule, to, known),
            // What was spent needs no evidence.
            (Err(_), Rule::SpendCap) => rules.toll(rule, to, &Known::default()),
            (Err(error), _) => return Err(error.clone()),
        };
        match toll {
            Err(wait) => Ok(Some(wait)),
            Ok(None) => Ok(None),
            Ok(Some(toll)) => self.charge(rule, &toll).await,
        }
    }

    async fn charge(&mut self, rule: Rule, toll: &Toll) -> Result<Option<Duration>, StoreError> {
        let charge = self.service.charge_for(rule, toll, self.text, Some(self.holder));
        // Before it is asked for: where the answer is lost, it may have been charged.
        self.charged.push(charge.clone());
        match self.service.parts.store.charge(&charge).await? {
            Charged::Allowed => Ok(None),
            Charged::Refused(wait) => {
                self.charged.pop();
                Ok(Some(wait))
            }
        }
    }
}
