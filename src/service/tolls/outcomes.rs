//! What becomes of text messages, and of calls for them: what was verified, or no provider can have taken, is
//! given back; what that tells of where they went is learnt; calls that got none are told of.

use std::sync::Arc;

use super::{
    super::{Issue, Service},
    gathering::{News, Place},
};
use crate::{
    insight::RefusedCall,
    otp::{
        Answer, Event, RecipientKey, Refusal, Supply,
        event::{Cleared, Settlement, Testimony},
        toll::{Destination, Screen, breaker::Witness, evidence::Matured},
    },
};

impl Service {
    /// Takes in what became of a challenge's text messages: those that were verified are no fraud and
    /// are given back to the budgets (what was spent is spent), those that no provider took cost
    /// nothing, and more is known of where the others went.
    pub(in crate::service) fn settle(
        self: &Arc<Self>,
        recipient: RecipientKey,
        settlement: Settlement,
    ) {
        if !self.parts.tolls.is_on() {
            return;
        }
        let service = Arc::clone(self);
        self.tasks.spawn(async move {
            service.give_back_texts(&settlement).await;
            let Some(testimony) = settlement.testimony else { return };
            let (of_prefix, of_country) = service.told_by(&recipient, testimony);
            let of_prefix = async {
                if let Some(prefix) = prefix_place(settlement.to) {
                    service.learn(prefix, of_prefix).await;
                }
            };
            let of_country = async {
                if let Some(news) = of_country {
                    service.learn(service.country_place(settlement.to), news).await;
                }
            };
            tokio::join!(of_prefix, of_country);
        });
    }

    /// What a challenge tells of the prefix that its text messages went to, and of the country.
    fn told_by(&self, recipient: &RecipientKey, testimony: Testimony) -> (News, Option<News>) {
        let verified = testimony == Testimony::Verified;
        let ended = Matured { verified: verified.into(), challenges: 1, ..Matured::default() };
        let witness = vec![Witness { tag: self.witness_tag(recipient), verified }];
        let news = |matured| News { matured, ..News::default() };
        match testimony {
            Testimony::EndedEarly => (news(Matured { early: witness, ..ended }), None),
            Testimony::Verified | Testimony::Unverified => {
                (news(Matured { witnesses: witness, ..ended.clone() }), Some(news(ended)))
            }
        }
    }

    /// Takes in that a call got no text message though it asked for nothing else, or for one of a pending
    /// challenge. Its answer is all that there is of it: nothing was committed that would tell.
    pub(in crate::service) fn note_refused(
        self: &Arc<Self>,
        event: &Event,
        supply: &Supply,
        answer: &Answer,
    ) {
        let withheld = supply.cleared.iter().find_map(|it| {
            let enforced = it.hits.iter().find(|hit| hit.enforced)?;
            Some((it, enforced.rule.limit()))
        });
        let Some((Cleared { text, hits }, by)) = withheld else { return };
        let is_refused = match answer {
            Answer::Refused(Refusal::Limited { limit, .. }) => *limit == by,
            Answer::Issued(issued) => issued.reused && !issued.message_sent,
            _ => false,
        };
        if is_refused {
            let calls = hits.iter().filter_map(|hit| RefusedCall::by_rule(event, *text, *hit));
            calls.for_each(|call| self.tell_refused(text.to, call));
        }
    }

    /// Takes in that a call was for a number to which nothing is sent, or nothing would be.
    pub(in crate::service) fn note_screened(
        self: &Arc<Self>,
        issue: &Issue,
        screen: Screen,
        enforced: bool,
    ) {
        // These come from all over the world: of where it is no more is told than the country.
        let to = Destination { prefix: None, country: issue.recipient.number.country() };
        let (caller, purpose) = (&issue.caller, issue.purpose);
        self.tell_refused(to, RefusedCall::by_screen(caller, purpose, to, screen, enforced));
    }

    fn tell_refused(self: &Arc<Self>, to: Destination, call: RefusedCall) {
        let place = prefix_place(to).unwrap_or_else(|| self.country_place(to));
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
            // A breaker charges only while it lets a few through to see, and is given back the refused.
            let Ok(Some(toll)) = toll else { continue };
            let verified = settlement.testimony == Some(Testimony::Verified) && rule.is_budget();
            let texts = settlement.texts.iter().filter(|_| verified);
            let texts = texts.chain(&settlement.refused);
            charges.extend(texts.map(|text| self.charge_for(rule, &toll, text, None)));
        }
        self.give_back(charges).await;
    }

    fn country_place(&self, to: Destination) -> Place {
        Place { key: self.country_key(to.country), country: to.country }
    }
}

fn prefix_place(to: Destination) -> Option<Place> {
    to.prefix.map(|key| Place { key, country: to.country })
}
