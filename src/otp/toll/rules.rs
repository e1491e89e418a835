//! What is configured against toll fraud, and what a text message is charged by it.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    time::Duration,
};

use super::{Budget, Destination, Evidence, Rule, Stand, breaker};
use crate::otp::{
    country::Country, id::RecipientKey, index_key::IndexKey, limits::Window, phone::PhoneNumber,
    time::Time,
};

/// What text messages cost, in thousandths of whatever money the cap is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// To a country that has no price of its own.
    pub usual: u32,
    /// To these countries.
    pub by_country: BTreeMap<Country, u32>,
}

/// What is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Rules that keep messages from being sent.
    pub enforced: BTreeSet<Rule>,
    /// Rules that are only observed. One in neither is not asked.
    pub observed: BTreeSet<Rule>,
    /// Digits of a number that are its prefix, its country code among them.
    pub prefix_digits: usize,
    /// When a prefix's breaker opens.
    pub breaker: breaker::Rules,
    /// What a prefix may have.
    pub prefix: Budget,
    /// What a country may have.
    pub country: Budget,
    /// What all messages may cost, in thousandths.
    pub spend: Option<Window>,
    /// What one costs.
    pub prices: Prices,
}

/// What is known of where a message goes.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Of its prefix.
    pub prefix: Evidence,
    /// Of its country.
    pub country: Evidence,
    /// As of this time.
    pub now: Time,
}

/// What a message is charged by one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toll {
    /// What the windows are of.
    pub of: Vec<u8>,
    /// The windows.
    pub windows: Vec<Window>,
    /// How much.
    pub cost: u32,
}

impl Default for Rules {
    /// The usual numbers, and no rule asked.
    fn default() -> Self {
        let floor = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let budget = Budget { hour: floor(3), day: floor(20) };
        Self {
            enforced: BTreeSet::new(),
            observed: BTreeSet::new(),
            prefix_digits: 7,
            breaker: breaker::Rules {
                completion: 0.35,
                matured: floor(20),
                rest: Duration::from_secs(900),
            },
            prefix: budget,
            country: budget,
            spend: None,
            prices: Prices { usual: 1_000, by_country: BTreeMap::new() },
        }
    }
}

impl Rules {
    /// Where text messages to a number go.
    pub fn destination(&self, index: &IndexKey, number: &PhoneNumber) -> Destination {
        let digits = &number.e164().as_bytes()[1..];
        let prefix = &digits[..digits.len().min(self.prefix_digits)];
        let prefix = RecipientKey(index.limit_tag("prefix", &[prefix]));
        Destination { prefix: Some(prefix), country: number.country() }
    }

    /// Those that are asked.
    pub fn asked(&self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(|rule| self.is_asked(*rule))
    }

    /// Whether it is asked.
    pub fn is_asked(&self, rule: Rule) -> bool {
        self.enforced.contains(&rule) || self.observed.contains(&rule)
    }

    /// Whether any is asked.
    pub fn is_on(&self) -> bool {
        self.asked().next().is_some()
    }

    /// What a message to there is charged by a rule, if anything; or how long the rule makes it wait,
    /// whatever else was charged.
    pub fn toll(
        &self,
        rule: Rule,
        to: Destination,
        known: &Known,
    ) -> Result<Option<Toll>, Duration> {
        let (windows, cost) = match rule {
            Rule::PrefixBreaker => (self.probes(known)?, 1),
            Rule::PrefixBudget => (self.prefix.windows(&known.prefix, known.now).into(), 1),
            Rule::CountryBudget => (self.country.windows(&known.country, known.now).into(), 1),
            Rule::SpendCap => {
                let price = self.prices.by_country.get(&to.country).copied();
                (Vec::from_iter(self.spend), price.unwrap_or(self.prices.usual))
            }
        };
        let of = match rule {
            Rule::PrefixBreaker | Rule::PrefixBudget => to.prefix.map(|prefix| prefix.0.to_vec()),
            Rule::CountryBudget => Some(to.country.as_str().as_bytes().to_vec()),
            Rule::SpendCap => Some(Vec::new()),
        };
        // Nothing by a closed breaker, to a record from before its prefix was kept, and to a country that
        // costs nothing.
        let toll = of.map(|of| Toll { of, windows, cost });
        Ok(toll.filter(|toll| toll.cost > 0 && !toll.windows.is_empty()))
    }

    /// What the breaker lets through: everything, or a few.
    fn probes(&self, known: &Known) -> Result<Vec<Window>, Duration> {
        let count = self.breaker.matured;
        match known.prefix.breaker.stand(known.now) {
            Stand::Closed => Ok(Vec::new()),
            Stand::Probing(length) => Ok(vec![Window { count, length }]),
            Stand::Open(until) => Err(until.since(known.now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn numbers_of_one_prefix_go_to_one_place_that_tells_nothing_of_them() {
        let (rules, index) = (Rules::default(), IndexKey::new(Zeroizing::new([1; 32])));
        let place = |number| rules.destination(&index, &PhoneNumber::parse(number).unwrap());
        assert_eq!(place("+5511987654321"), place("+5511987000021"));
        assert_ne!(place("+5511987654321"), place("+5511986654321"));
        assert_eq!(place("+5511987654321").country.as_str(), "BR");
    }

    #[test]
    fn a_message_costs_what_its_country_does() {
        let br = Country::new("BR");
        let rules = Rules {
            spend: "100000/1h".parse().ok(),
            prices: Prices { usual: 100, by_country: [(br, 25)].into() },
            ..Rules::default()
        };
        let known = Known {
            prefix: Evidence::default(),
            country: Evidence::default(),
            now: Time::default(),
        };
        let cost = |country| {
            let to = Destination { prefix: None, country };
            rules.toll(Rule::SpendCap, to, &known).unwrap().unwrap().cost
        };
        assert_eq!((cost(br), cost(Country::new("GB"))), (25, 100));
        let unknown = Destination { prefix: None, country: br };
        assert_eq!(rules.toll(Rule::PrefixBudget, unknown, &known), Ok(None));
    }
}
