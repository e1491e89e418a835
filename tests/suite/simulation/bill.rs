//! What each text message is to be charged by the rules against toll fraud: made up from the records and
//! from what senders took, and from nothing that the service says of it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use pombo::otp::{
    Arm, Challenge, ChallengeId, Channel, Delivery, DeliveryRef, DeliveryStatus, IndexKey,
    OperationId, Recipient, RecipientKey, State, Time,
    toll::{Rule, Rules},
};

use super::rules::{PHONES, phone};

/// What is charged is known for as long as the longest window.
const KNOWN: Duration = Duration::from_secs(86_400);

/// A counter, and the operation that it is charged for.
pub type Mark = ([u8; 16], OperationId);

/// A text message: the first one of a delivery, or the one that it is sent again by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    pub challenge: ChallengeId,
    pub number: u32,
    pub again: bool,
}

/// What became of a text message, as far as that changes what it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its challenge is pending.
    Pending,
    /// Its challenge ended, and nobody gave a code back.
    Unverified,
    /// Somebody gave a code of its challenge back.
    Verified,
    /// By the record no provider took it.
    Refused,
}

#[derive(Debug)]
pub struct Item {
    pub fate: Fate,
    /// A try of it started, so a provider may have taken it.
    pub is_tried: bool,
    /// A provider took it, whether or not we heard of that.
    pub is_posted: bool,
    pub marks: Vec<(Rule, Mark)>,
}

pub struct Bill {
    /// By each rule that charges every message, the counter of each phone's.
    counters: BTreeMap<RecipientKey, Vec<(Rule, [u8; 16])>>,
    pub items: BTreeMap<Text, Item>,
    /// When each mark was first set.
    first: HashMap<Mark, Time>,
}

impl Item {
    /// Whether a rule goes on charging it: a budget is of what nobody verified, and what was spent is
    /// spent. The providers know what they took, whatever the record says.
    pub fn is_charged_by(&self, rule: Rule) -> bool {
        match self.fate {
            Fate::Pending | Fate::Unverified => true,
            Fate::Verified => rule == Rule::SpendCap,
            Fate::Refused => self.is_posted,
        }
    }
}

impl Fate {
    /// From a record before a commit, and after it.
    fn of(old: Option<&Challenge>, new: &Challenge, delivery: &Delivery, again: bool) -> Self {
        if new.is_live() {
            return Self::Pending;
        }
        // What has expired did so before whatever else its commit tells of it.
        let before = old.and_then(|old| old.delivery(delivery.number));
        let then = before.filter(|_| new.state() == State::Expired).unwrap_or(delivery);
        let is_last = again || !then.taken_over;
        let is_failed = then.status == DeliveryStatus::Failed && then.accepted_at.is_none();
        if is_last && is_failed && !then.perhaps_taken {
            return Self::Refused;
        }
        if new.state() == State::Verified { Self::Verified } else { Self::Unverified }
    }
}

impl Bill {
    pub fn new(index: &IndexKey, rules: &Rules) -> Self {
        let home = |which| {
            let number = phone(which).number;
            let digits = &number.e164().as_bytes()[1..=rules.prefix_digits];
            let prefix = index.limit_tag("prefix", &[digits]);
            let counters = [
                (Rule::PrefixBudget, index.limit_tag("prefix_budget", &[&prefix])),
                (
                    Rule::CountryBudget,
                    index.limit_tag("country_budget", &[number.country().as_str().as_bytes()]),
                ),
                (Rule::SpendCap, index.limit_tag("spend_cap", &[b""])),
            ];
            (index.recipient(&number), counters.to_vec())
        };
        let counters = (0..PHONES).map(home).collect();
        Self { counters, items: BTreeMap::new(), first: HashMap::new() }
    }

    /// Whether a counter is a rule's.
    pub fn has(&self, counter: &[u8; 16]) -> bool {
        self.counters.values().flatten().any(|(_, ours)| ours == counter)
    }

    /// What a mark is known as.
    pub fn name(&self, mark: &Mark) -> String {
        let known = self.items.iter().find_map(|(text, item)| {
            let (rule, _) = item.marks.iter().find(|(_, ours)| ours == mark)?;
            Some(format!("{rule:?} of {text:?}, {:?}", item.fate))
        });
        known.unwrap_or_else(|| format!("{mark:?}"))
    }

    /// A mark was set.
    pub fn note_mark(&mut self, mark: Mark, now: Time) {
        self.first.entry(mark).or_insert(now);
    }

    /// Whether a mark that was set would be known still, unless it was taken away.
    pub fn is_recent(&self, mark: &Mark, now: Time) -> bool {
        self.first.get(mark).is_none_or(|first| now.since(*first) < KNOWN)
    }

    /// Takes in the text messages of a record.
    pub fn note(&mut self, index: &IndexKey, before: &Recipient, after: &Recipient) {
        for new in &after.challenges {
            let old = before.challenges.iter().find(|it| it.id == new.id);
            if old.is_none_or(Challenge::is_live) {
                self.note_challenge(index, old, new);
            }
        }
    }

    fn note_challenge(&mut self, index: &IndexKey, old: Option<&Challenge>, new: &Challenge) {
        let texts = new.deliveries.iter().filter(|it| it.channel == Channel::Sms);
        // To a test number nothing goes out.
        for delivery in texts.filter(|_| new.arm == Arm::None) {
            for again in [false, true].into_iter().take(1 + usize::from(delivery.taken_over)) {
                let text = Text { challenge: new.id, number: delivery.number, again };
                let item = self.items.remove(&text).unwrap_or_else(|| Item {
                    fate: Fate::Pending,
                    is_tried: false,
                    is_posted: false,
                    marks: self.marks(index, &text),
                });
                let fate = Fate::of(old, new, delivery, again);
                self.items.insert(text, Item { fate, ..item });
            }
        }
    }

    fn marks(&self, index: &IndexKey, text: &Text) -> Vec<(Rule, Mark)> {
        let call = if text.again { "text again" } else { "text" };
        let delivery = DeliveryRef { challenge: text.challenge, number: text.number }.to_string();
        let counters = &self.counters[&index.recipient_of(&text.challenge)];
        let mark = |&(rule, counter): &(Rule, _)| {
            (rule, (counter, index.operation(call, rule.as_str(), &delivery)))
        };
        counters.iter().map(mark).collect()
    }
}
