//! Numbers to which nothing is sent at all, on any channel: those of blocked prefixes, and those whose
//! owner earns by being called.

use std::collections::BTreeSet;

use crate::otp::phone::{PhoneNumber, Tariff};

/// What keeps a number out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// Its prefix is blocked.
    BlockedPrefix,
    /// Its plan says that calls to it cost more than others, and who gets that.
    NumberType,
}

/// Which numbers are kept out.
#[derive(Clone, Debug, Default)]
pub struct Screens {
    /// `+` and the first digits of numbers.
    pub blocked_prefixes: Vec<String>,
    /// What keeps numbers out.
    pub enforced: BTreeSet<Screen>,
    /// What is only observed.
    pub observed: BTreeSet<Screen>,
}

impl Screen {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::BlockedPrefix, Self::NumberType];

    /// As metrics and the configuration spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockedPrefix => "blocked_prefix",
            Self::NumberType => "number_type",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|screen| screen.as_str() == text)
    }
}

impl Screens {
    /// Whether it is asked.
    pub fn is_asked(&self, screen: Screen) -> bool {
        self.enforced.contains(&screen) || self.observed.contains(&screen)
    }

    /// The screens that this number meets, of those that are asked, each with whether it is enforced.
    pub fn hits(&self, number: &PhoneNumber) -> impl Iterator<Item = (Screen, bool)> {
        let mut prefixes = self.blocked_prefixes.iter();
        let blocked = prefixes.any(|prefix| number.e164().starts_with(prefix.as_str()));
        let costly = number.tariff() != Tariff::Usual;
        [(blocked, Screen::BlockedPrefix), (costly, Screen::NumberType)]
            .into_iter()
            .filter_map(|(hit, screen)| hit.then_some(screen))
            .filter(|screen| self.is_asked(*screen))
            .map(|screen| (screen, self.enforced.contains(&screen)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_prefixes_and_costly_numbers_are_hit() {
        let screens = Screens {
            blocked_prefixes: vec!["+551198".into(), "+44901".into()],
            enforced: [Screen::NumberType].into(),
            observed: [Screen::BlockedPrefix].into(),
        };
        let blocked = (Screen::BlockedPrefix, false);
        assert_eq!(hits(&screens, "+5511987654321"), [blocked]);
        assert_eq!(hits(&screens, "+5521987654321"), []);
        // British numbers: premium rate, shared cost, a mobile.
        assert_eq!(hits(&screens, "+449012345678"), [blocked, (Screen::NumberType, true)]);
        assert_eq!(hits(&screens, "+448431234567"), [(Screen::NumberType, true)]);
        assert_eq!(hits(&screens, "+447400123456"), []);
        let not_asked = Screens { enforced: [].into(), ..screens };
        assert_eq!(hits(&not_asked, "+448431234567"), []);
    }

    fn hits(screens: &Screens, number: &str) -> Vec<(Screen, bool)> {
        screens.hits(&PhoneNumber::parse(number).unwrap()).collect()
    }
}
