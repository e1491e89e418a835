//! Toll fraud: whether one more text message may be paid for, asked where it is about to be sent,
//! whoever drove it there: a call, a receipt or an alarm.
//!
//! A message is charged once, under the name of its delivery and try, and given back once its challenge is
//! verified; so what a budget holds are messages that nobody verified. A rule that is enforced fails
//! closed: without the store there is no message anyway. One that is only observed fails open.

mod learning;

use std::{sync::Arc, time::Duration};

use super::Service;
use crate::{
    insight::{RefusedCall, metrics},
    otp::{
        Answer, Country, Event, RecipientKey, Refusal, Supply,
        event::{Settlement, Text},
        toll::{
            Destination, Evidence, Hit, Known, Rule, Toll, breaker::Witness, evidence::Matured,
        },
    },
    store::{Charge, Charged, Loaded, StoreError, record},
};
pub use learning::Learning;
use learning::News;

impl Service {
    /// What the rules say to a text message, and what it was charged if they let it go.
    pub(super) async fn clear(
        &self,
        text: &Text,
    ) -> Result<(Option<Hit>, Vec<Charge>), StoreError> {
        let rules = &self.parts.tolls;
        if !rules.is_on() {
            return Ok((None, Vec::new()));
        }
        let known = self.known(text.to).await;
        let (mut charged, mut noted) = (Vec::new(), None);
        for rule in rules.asked() {
            let enforced = rules.enforced.contains(&rule);
            match self.ask(rule, text, &known, &mut charged).await {
                Ok(None) => {}
                Ok(Some(wait)) if enforced => {
                    metrics::limited(rule.as_str());
                    self.give_back(charged).await;
                    return Ok((Some(Hit { rule, wait, enforced }), Vec::new()));
                }
                Ok(Some(wait)) => {
                    metrics::observed(rule.as_str());
                    noted = noted.or(Some(Hit { rule, wait, enforced }));
                }
                Err(error) if enforced => {
                    self.give_back(charged).await;
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(rule = rule.as_str(), %error, "a rule could not be asked");
                }
            }
        }
        Ok((noted, charged))
    }

    /// How long one rule makes a message wait, if it does; if not, it is charged.
    async fn ask(
        &self,
        rule: Rule,
        text: &Text,
        known: &Result<Known, StoreError>,
        charged: &mut Vec<Charge>,
    ) -> Result<Option<Duration>, StoreError> {
        let toll = match (known, rule) {
            (Ok(known), _) => self.parts.tolls.toll(rule, text.to, known),
            // What was spent needs no evidence.
            (Err(_), Rule::SpendCap) => self.parts.tolls.toll(rule, text.to, &Known::default()),
            (Err(error), _) => return Err(error.clone()),
        };
        let toll = match toll {
            Err(wait) => return Ok(Some(wait)),
            Ok(None) => return Ok(None),
            Ok(Some(toll)) => toll,
        };
        // Before it is asked for: where the answer is lost, it may have been charged.
        charged.push(self.charge_for(rule, &toll, text));
        let asked = &charged[charged.len() - 1];
        let told = self.parts.store.charge(asked).await?;
        Ok(match told {
            Charged::Allowed => None,
            Charged::Refused(wait) => {
                charged.pop();
                Some(wait)
            }
        })
    }

    /// A message is charged by each rule once, whichever replica asks, and however often; one that is sent
    /// again, since nobody knows what became of the first, is another.
    fn charge_for(&self, rule: Rule, toll: &Toll, text: &Text) -> Charge {
        let index = &self.parts.index;
        let call = if text.again { "text again" } else { "text" };
        Charge {
            counter: index.limit_tag(rule.as_str(), &[&toll.of]),
            windows: toll.windows.iter().map(|it| (it.count.get(), it.length)).collect(),
            cost: i32::try_from(toll.cost).unwrap_or(i32::MAX),
            operation: index.operation(call, rule.as_str(), &text.delivery.to_string()),
        }
    }

    pub(super) async fn give_back(&self, charges: Vec<Charge>) {
        for charge in charges {
            let refund = Charge { cost: -charge.cost, ..charge };
            if let Err(error) = self.parts.store.charge(&refund).await {
                tracing::warn!(%error, "a text message could not be given back to its budget");
            }
        }
    }

    /// Takes in what became of a challenge's text messages: those that were verified are no fraud and
    /// are given back to the budgets (what was spent is spent), those that no provider took cost
    /// nothing, and more is known of where the others went.
    pub(super) fn settle(self: &Arc<Self>, recipient: RecipientKey, settlement: Settlement) {
        if !self.parts.tolls.is_on() {
            return;
        }
        let service = Arc::clone(self);
        self.tasks.spawn(async move {
            service.give_back_texts(&settlement).await;
            let Some(verified) = settlement.verified else { return };
            let of_country =
                Matured { verified: verified.into(), challenges: 1, ..Matured::default() };
            let witnesses = vec![Witness { tag: service.witness_tag(&recipient), verified }];
            let of_prefix = Matured { witnesses, ..of_country.clone() };
            let news = |matured| News { matured, ..News::default() };
            let country = service.place_of(settlement.to.country);
            let of_prefix = async {
                if let Some(prefix) = settlement.to.prefix {
                    service.learn(prefix, news(of_prefix)).await;
                }
            };
            tokio::join!(of_prefix, service.learn(country, news(of_country)));
        });
    }

    /// Takes in that a call got no text message though it asked for nothing else, or for one of a pending
    /// challenge. Its answer is all that there is of it: nothing was committed that would tell.
    pub(super) fn note_refused(self: &Arc<Self>, event: &Event, supply: &Supply, answer: &Answer) {
        let mut hits = supply.cleared.iter().filter_map(|(text, hit)| Some((*text, (*hit)?)));
        let Some((text, hit)) = hits.find(|(_, hit)| hit.enforced) else { return };
        let is_refused = match answer {
            Answer::Refused(Refusal::Limited { limit, .. }) => *limit == hit.rule.limit(),
            Answer::Issued(issued) => issued.reused && !issued.message_sent,
            _ => false,
        };
        let call = RefusedCall::new(event, text, hit.rule).filter(|_| is_refused);
        let Some(call) = call else { return };
        let place = text.to.prefix.unwrap_or_else(|| self.place_of(text.to.country));
        let (service, refused) = (Arc::clone(self), call.into());
        self.tasks.spawn(async move {
            service.learn(place, News { refused, ..News::default() }).await;
        });
    }

    fn witness_tag(&self, recipient: &RecipientKey) -> u32 {
        let [first, second, third, fourth, ..] =
            self.parts.index.limit_tag("witness", &[&recipient.0]);
        u32::from_be_bytes([first, second, third, fourth]) >> 1
    }

    async fn give_back_texts(&self, settlement: &Settlement) {
        let known = self.known(settlement.to).await.unwrap_or_default();
        let mut charges = Vec::new();
        for rule in self.parts.tolls.asked() {
            let toll = self.parts.tolls.toll(rule, settlement.to, &known);
            let Ok(Some(toll)) = toll else { continue };
            let verified = settlement.verified == Some(true) && rule.is_budget();
            let texts = settlement.texts.iter().filter(|_| verified);
            let texts = texts.chain(&settlement.refused);
            charges.extend(texts.map(|text| self.charge_for(rule, &toll, text)));
        }
        self.give_back(charges).await;
    }

    async fn known(&self, to: Destination) -> Result<Known, StoreError> {
        let country = self.place_of(to.country);
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
    fn place_of(&self, country: Country) -> RecipientKey {
        RecipientKey(self.parts.index.limit_tag("country", &[country.as_str().as_bytes()]))
    }

    /// What is known of a place, and its record as it was found.
    async fn evidence(&self, place: &RecipientKey) -> Result<(Evidence, Loaded), StoreError> {
        let loaded = self.parts.store.load(place).await?;
        let known = loaded.blob.as_deref().map(record::evidence::decode).transpose()?;
        Ok((known.unwrap_or_default(), loaded))
    }
}
