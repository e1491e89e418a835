//! Rules against toll fraud that do nothing, or more than anybody wants.

use super::{Caution, Fraud};
use crate::otp::toll::{Rule, Rules, Screen};

const PREFIXES: Caution = Caution {
    key: "fraud.blocked_prefixes",
    sentence: "is looked at by nobody, as neither fraud.enforce nor fraud.observe names blocked_prefix; what \
               a list names replaces its default, so name it there",
};

const SPEND: Caution = Caution {
    key: "fraud.spend",
    sentence: "caps nothing, as neither fraud.enforce nor fraud.observe names spend_cap; what a list names \
               replaces its default, so name it there",
};

const PRICE: Caution = Caution {
    key: "fraud.price",
    sentence: "or one of fraud.prices is more than fraud.spend allows altogether, so no text message at that \
               price is ever within the cap; raise the cap or lower the price",
};

const FLOOR: Caution = Caution {
    key: "fraud.country_hourly",
    sentence: "or fraud.country_daily is at its default while country_budget is enforced, so in a country \
               that has not verified many text messages yet a few that nobody verifies stop all others; set \
               both above what an honest hour and day leave unverified",
};

impl Fraud {
    /// What of it is there to be told.
    pub(super) fn cautions(&self) -> impl Iterator<Item = Caution> {
        let (tolls, screens) = (&self.tolls, &self.screens);
        let is_blocking = screens.is_asked(Screen::BlockedPrefix);
        let all = [
            (!screens.blocked_prefixes.is_empty() && !is_blocking, PREFIXES),
            (tolls.spend.is_some() && !tolls.is_asked(Rule::SpendCap), SPEND),
            (tolls.is_asked(Rule::SpendCap) && is_too_dear(tolls), PRICE),
            (tolls.enforced.contains(&Rule::CountryBudget) && has_usual_floor(tolls), FLOOR),
        ];
        all.into_iter().filter_map(|(is_so, caution)| is_so.then_some(caution))
    }
}

fn is_too_dear(tolls: &Rules) -> bool {
    let prices = tolls.prices.by_country.values().chain([&tolls.prices.usual]);
    let dearest = prices.max().copied().unwrap_or_default();
    tolls.spend.is_some_and(|spend| dearest > spend.count.get())
}

fn has_usual_floor(tolls: &Rules) -> bool {
    let usual = Rules::default().country;
    tolls.country.hour == usual.hour || tolls.country.day == usual.day
}
