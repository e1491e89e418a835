//! Countries, by which messages are allowed and counted.

use std::{collections::BTreeSet, fmt};

/// A country by its ISO 3166-1 alpha-2 code, or none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// A number that no single country owns.
    pub const UNKNOWN: Self = Self([0, 0]);

    /// Two capital letters; anything else is [`UNKNOWN`](Self::UNKNOWN).
    pub fn new(code: &str) -> Self {
        match code.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Self([*a, *b]),
            _ => Self::UNKNOWN,
        }
    }

    /// The two letters, or nothing.
    pub fn as_str(&self) -> &str {
        match self {
            &Self::UNKNOWN => "",
            Self(letters) => std::str::from_utf8(letters).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where messages may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Countries {
    /// Everywhere, `["*"]`.
    Any,
    /// To numbers of these countries.
    Only(BTreeSet<Country>),
}

impl Countries {
    /// Whether messages may go to numbers of this country. Numbers of no single country are
    /// allowed only where every country is.
    pub fn allow(&self, country: Country) -> bool {
        match self {
            Self::Any => true,
            Self::Only(countries) => countries.contains(&country),
        }
    }
}
