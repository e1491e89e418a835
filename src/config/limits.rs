//! `[limits]`: how much of the service one person, one address, one caller may use, and where
//! messages may go.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Mode,
    kind::{DURATION, Kind, within},
    reader::Reader,
    section::Section,
};
use crate::otp::{Countries, Country, event::Limit, limits::Window, policy::LedgerRules};

/// All of `[limits]`.
pub(super) struct Limits {
    pub(super) allowed_countries: Countries,
    pub(super) recipient: Vec<Window>,
    pub(super) shared: SharedLimits,
    pub(super) ledger: LedgerRules,
}

/// Limits on counters that many recipients share. An empty list limits nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLimits {
    /// Of one subject of one caller. Default `10/1h`.
    pub subject: Vec<Window>,
    /// Of one client IP. Default `30/1h`.
    pub client_ip: Vec<Window>,
    /// Of one caller. Default none.
    pub caller: Vec<Window>,
    /// Those of them that refuse nothing and are only counted. Default none.
    pub observed: BTreeSet<Limit>,
}

const WINDOW: Kind<Window> = Kind::new(
    "limits like \"5/10m\": a count of at least 1, and a duration in s, m, h or d",
    |text| text.parse().ok(),
);

/// NIST SP 800-63B-4 §3.2.2 ends at a hundred failures in a row.
const FAILURES: Kind<u32> = Kind::new("a whole number from 1 to 100", |text| within(text, 1..=100));

/// A limit that may be observed before it is enforced.
const OBSERVED: Kind<Limit> =
    Kind::new("limits out of \"subject\", \"client_ip\" and \"caller\"", |text| {
        [Limit::Subject, Limit::ClientIp, Limit::Caller].into_iter().find(|it| it.as_str() == text)
    });

/// A country, or `None` for all of them.
const COUNTRY: Kind<Option<Country>> = Kind::new(
    "countries by their two capital letters (ISO 3166), like [\"BR\", \"PT\"], or [\"*\"] for all",
    |text| match text {
        "*" => Some(None),
        _ => text.parse::<phonenumber::country::Id>().ok().map(|_| Some(Country::new(text))),
    },
);

pub(super) fn read(reader: &mut Reader, mode: Mode, retention: Duration) -> Limits {
    let mut keys = reader.section("limits").demanding(mode.is_strict());
    let limits = Limits {
        allowed_countries: countries(&mut keys),
        recipient: keys.list("recipient", &WINDOW).unwrap_or_else(|| usual(&["5/10m", "12/24h"])),
        shared: SharedLimits {
            subject: windows(&mut keys, "subject").unwrap_or_else(|| usual(&["10/1h"])),
            client_ip: windows(&mut keys, "client_ip").unwrap_or_else(|| usual(&["30/1h"])),
            caller: windows(&mut keys, "caller").unwrap_or_default(),
            observed: keys.list("observe", &OBSERVED).unwrap_or_default().into_iter().collect(),
        },
        ledger: LedgerRules {
            failures_in_a_row: keys.get("failures_in_a_row", &FAILURES).unwrap_or(10),
            lock: keys.get("lock", &DURATION).unwrap_or(Duration::from_secs(1_800)),
            failures_per_day: keys.get("failures_per_day", &FAILURES).unwrap_or(20),
        },
    };
    check(&mut keys, &limits, retention);
    limits
}

fn usual(windows: &[&str]) -> Vec<Window> {
    windows.iter().filter_map(|text| text.parse().ok()).collect()
}

/// The windows of a counter in the store, which knows each by its length.
pub(super) fn windows(keys: &mut Section<'_>, name: &str) -> Option<Vec<Window>> {
    let windows = keys.list(name, &WINDOW)?;
    let lengths: BTreeSet<_> = windows.iter().map(|window| window.length).collect();
    if lengths.len() < windows.len() {
        keys.refuse(name, "limits the same time twice; keep the smaller count of the two");
    }
    Some(windows)
}

fn countries(keys: &mut Section<'_>) -> Countries {
    let said = keys.need_list("allowed_countries", &COUNTRY, vec![None]);
    let named: BTreeSet<_> = said.iter().copied().flatten().collect();
    let any = said.contains(&None);
    if said.is_empty() {
        keys.refuse("allowed_countries", "is empty, so nobody would get a code; name a country");
    } else if any && !named.is_empty() {
        keys.refuse("allowed_countries", "names \"*\" beside countries; keep one or the other");
    }
    if any { Countries::Any } else { Countries::Only(named) }
}

/// What a limit counts stands in the recipient's record, which lives as long as it is retained.
fn check(keys: &mut Section<'_>, limits: &Limits, retention: Duration) {
    if limits.recipient.is_empty() {
        keys.refuse("recipient", "is empty; it bounds guessing, so name at least one limit");
    }
    let forgotten = "reaches further back than store.retention; make it shorter, or that longer";
    if limits.recipient.iter().any(|window| window.length > retention) {
        keys.refuse("recipient", forgotten);
    }
    if limits.ledger.lock > retention {
        keys.refuse("lock", forgotten);
    }
}
