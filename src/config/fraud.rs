//! `[fraud]`: what keeps text messages from earning somebody money.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    time::Duration,
};

use super::{
    kind::{DURATION, Kind, spelled, within},
    reader::Reader,
    section::Section,
};
use crate::otp::{
    Country,
    limits::{Window, parse_duration},
    toll::{Budget, Prices, Rule, Rules, Screen, Screens, breaker},
};

/// All of `[fraud]`.
#[derive(Clone, Debug)]
pub struct Fraud {
    /// What text messages may cost.
    pub tolls: Rules,
    /// Whom nothing is sent to.
    pub screens: Screens,
}

/// What may be enforced or observed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Toll(Rule),
    Screen(Screen),
}

impl Named {
    fn from_text(text: &str) -> Option<Self> {
        Rule::from_text(text).map(Self::Toll).or(Screen::from_text(text).map(Self::Screen))
    }

    fn toll(self) -> Option<Rule> {
        if let Self::Toll(rule) = self { Some(rule) } else { None }
    }

    fn screen(self) -> Option<Screen> {
        if let Self::Screen(screen) = self { Some(screen) } else { None }
    }
}

const RULE: Kind<Named> = Kind::new(
    "rules out of \"blocked_prefix\", \"number_type\", \"prefix_breaker\", \"prefix_budget\", \
     \"country_budget\" and \"spend_cap\"",
    Named::from_text,
);

const PREFIX: Kind<String> = Kind::new("prefixes like \"+8821\": + and 1 to 14 digits", |text| {
    spelled(text.strip_prefix('+')?, 1..=14, |c| c.is_ascii_digit())
        .map(|digits| format!("+{digits}"))
});

const DIGITS: Kind<usize> = Kind::new("a whole number from 3 to 12", |text| within(text, 3..=12));

const COUNT: Kind<NonZeroU32> = Kind::new("a whole number from 1 to 1000000", |text| {
    within(text, 1..=1_000_000).and_then(NonZeroU32::new)
});

const MATURED: Kind<NonZeroU32> = Kind::new("a whole number from 10 to 1000", |text| {
    within(text, 10..=1_000).and_then(NonZeroU32::new)
});

const SHARE: Kind<f64> = Kind::new("a share from 0.05 to 0.95", |text| within(text, 0.05..=0.95));

const PRICE: Kind<u32> =
    Kind::new("a price up to 1000 with at most three decimals, like \"0.05\"", |text| {
        thousandths(text).filter(|price| *price <= 1_000_000)
    });

const SPEND: Kind<Window> = Kind::new(
    "an amount of money with at most three decimals and a duration, like \"50/1h\": up to 1000000 in an \
     hour, and in a longer time the less",
    |text| {
        let (amount, length) = text.split_once('/')?;
        let count = thousandths(amount).filter(|amount| *amount <= 1_000_000_000)?;
        let length = parse_duration(length).filter(|length| !length.is_zero())?;
        // What the store can tell apart.
        (length.as_millis() * u128::from(count) <= 1 << 53).then_some(())?;
        Some(Window { count: NonZeroU32::new(count)?, length })
    },
);

pub(super) fn read(reader: &mut Reader) -> Fraud {
    let mut keys = reader.section("fraud");
    let usual = Rules::default();
    let enforced = rules(&mut keys, "enforce", &["blocked_prefix", "number_type", "spend_cap"]);
    let observed =
        rules(&mut keys, "observe", &["prefix_breaker", "prefix_budget", "country_budget"]);
    // What is said of a rule in one list outweighs the other's default.
    let (enforced, observed) = match (keys.says("enforce"), keys.says("observe")) {
        (true, false) => (enforced.clone(), without(observed, &enforced)),
        (false, true) => (without(enforced, &observed), observed),
        _ => (enforced, observed),
    };
    if enforced.iter().any(|rule| observed.contains(rule)) {
        keys.refuse("observe", "names a rule that fraud.enforce names too; keep one of the two");
    }
    let tolls = Rules {
        enforced: enforced.iter().filter_map(|rule| rule.toll()).collect(),
        observed: observed.iter().filter_map(|rule| rule.toll()).collect(),
        prefix_digits: keys.get("prefix_digits", &DIGITS).unwrap_or(usual.prefix_digits),
        breaker: breaker::Rules {
            completion: keys.get("completion", &SHARE).unwrap_or(usual.breaker.completion),
            matured: keys.get("matured", &MATURED).unwrap_or(usual.breaker.matured),
            rest: keys.get("rest", &DURATION).unwrap_or(usual.breaker.rest),
        },
        prefix: budget(&mut keys, "prefix_hourly", "prefix_daily", usual.prefix),
        country: budget(&mut keys, "country_hourly", "country_daily", usual.country),
        spend: keys.get("spend", &SPEND),
        prices: prices(&mut keys, usual.prices),
    };
    if tolls.breaker.rest < LEAST_REST {
        keys.refuse(
            "rest",
            "is shorter than a code lives, so what ends after it says nothing; \
            make it at least \"10m\"",
        );
    }
    let screens = Screens {
        blocked_prefixes: keys.list("blocked_prefixes", &PREFIX).unwrap_or_default(),
        enforced: enforced.iter().filter_map(|rule| rule.screen()).collect(),
        observed: observed.iter().filter_map(|rule| rule.screen()).collect(),
    };
    Fraud { tolls, screens }
}

/// Messages from before a breaker opened have ended by the end of its rest.
const LEAST_REST: Duration = Duration::from_secs(600);

fn rules(keys: &mut Section<'_>, name: &str, usual: &[&str]) -> Vec<Named> {
    let usual = || usual.iter().filter_map(|text| Named::from_text(text)).collect();
    keys.list(name, &RULE).unwrap_or_else(usual)
}

fn without(rules: Vec<Named>, others: &[Named]) -> Vec<Named> {
    rules.into_iter().filter(|rule| !others.contains(rule)).collect()
}

fn budget(keys: &mut Section<'_>, hour: &str, day: &str, usual: Budget) -> Budget {
    Budget {
        hour: keys.get(hour, &COUNT).unwrap_or(usual.hour),
        day: keys.get(day, &COUNT).unwrap_or(usual.day),
    }
}

fn prices(keys: &mut Section<'_>, usual: Prices) -> Prices {
    let named = keys.map("prices", &PRICE);
    let mut by_country = BTreeMap::new();
    let mut strangers = BTreeSet::new();
    for (name, price) in named {
        // The environment spells them in small letters.
        match Country::new(&name.to_uppercase()) {
            Country::UNKNOWN => drop(strangers.insert(name)),
            country => drop(by_country.insert(country, price)),
        }
    }
    for name in strangers {
        keys.below("prices").refuse(&name, "is no country; name it by its two capital letters");
    }
    Prices { usual: keys.get("price", &PRICE).unwrap_or(usual.usual), by_country }
}

/// `0.05` is 50.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 3 {
        return None;
    }
    let decimals: u32 = format!("{decimals:0<3}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(decimals)
}
