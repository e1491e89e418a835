//! `[test_numbers]`: numbers whose code is known beforehand and to which nothing is sent.

use toml::value::{Date, Datetime};

use super::{kind::Kind, reader::Reader};
use crate::otp::{Code, PhoneNumber, Time};

/// A number to which nothing is sent.
#[derive(Clone, Debug)]
pub struct TestNumber {
    /// The number, which need not exist.
    pub number: PhoneNumber,
    /// Its code, always.
    pub code: Code,
    /// From then on it is a number like any other: the end of its last day, UTC. Default never.
    pub until: Option<Time>,
}

const CODE: Kind<Code> = Kind::new("a code of 4 to 10 digits", Code::parse).secret();

const LAST_DAY: Kind<Time> = Kind::new("a day, like \"2027-01-31\"", |text| {
    let day: Datetime = text.parse().ok()?;
    let Datetime { date: Some(date), time: None, offset: None } = day else {
        return None;
    };
    end_of(date)
});

pub(super) fn read(reader: &mut Reader) -> Vec<TestNumber> {
    let mut all = reader.section("test_numbers").demanding(true);
    let mut numbers = Vec::new();
    for name in all.names() {
        let (code, until) = if all.is_table(&name) {
            let mut keys = all.below(&name);
            (keys.get("code", &CODE), keys.get("until", &LAST_DAY))
        } else {
            (all.get(&name, &CODE), None)
        };
        match (PhoneNumber::parse_test_number(&name), code) {
            (Ok(number), Some(code)) => numbers.push(TestNumber { number, code, until }),
            (Ok(_), None) => all.miss(&name, CODE.accepts()),
            (Err(error), _) => all.refuse(&name, error.to_string()),
        }
    }
    numbers
}

/// The midnight that ends a day; days before 1970 have none.
fn end_of(date: Date) -> Option<Time> {
    // Years begin in March, so that the leap day is the last of its year; 400 of them have
    // 146 097 days, and 719 468 days lie between 1 March of year 0 and the epoch.
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year * 365 + year / 4 - year / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    u64::try_from(days + 1).ok().map(|days| Time::from_secs(days * 86_400))
}
