//! Whose numbers may be asked for: those of the allowed countries, and the configured test numbers.

use std::collections::HashMap;

use crate::otp::{Code, Countries, Country, PhoneNumber, Time, phone::PhoneError};

/// The numbers that are admitted.
pub struct Numbers {
    /// Countries whose numbers are admitted.
    pub countries: Countries,
    /// By E.164 number.
    pub tests: HashMap<String, TestNumber>,
}

/// A number to which nothing is sent and whose code is known.
#[derive(Clone, Debug)]
pub struct TestNumber {
    /// The code of all its challenges.
    pub code: Code,
    /// From when on it is a number like any other.
    pub until: Option<Time>,
}

/// A number that may be asked for. A screen may keep it out all the same.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The number.
    pub number: PhoneNumber,
    /// Its fixed code, if it is a test number.
    pub test_code: Option<Code>,
}

/// Why a number may not be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// It is no phone number.
    Malformed(PhoneError),
    /// Its country is not allowed.
    Country(Country),
}

impl Numbers {
    /// Reads a number. Test numbers come first: they need not follow any country's rules.
    pub fn admit(&self, text: &str, now: Time) -> Result<Admitted, NotAdmitted> {
        let test = self.tests.get(text);
        if let Some(test) = test.filter(|test| test.until.is_none_or(|until| now < until)) {
            let number = PhoneNumber::parse_test_number(text).map_err(NotAdmitted::Malformed)?;
            return Ok(Admitted { number, test_code: Some(test.code.clone()) });
        }
        let number = PhoneNumber::parse(text).map_err(NotAdmitted::Malformed)?;
        let country = number.country();
        if !self.countries.allow(country) {
            return Err(NotAdmitted::Country(country));
        }
        Ok(Admitted { number, test_code: None })
    }
}
