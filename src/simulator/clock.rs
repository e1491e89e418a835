//! Dates as the services write them, all in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970, as webhooks carry them; a clock set before that reads as zero.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// `2026-07-17T12:06:05Z`
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::of(time);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same with a fraction of so many digits: `2026-07-17T12:06:05.120Z`
pub(crate) fn rfc3339_fraction(time: SystemTime, digits: usize) -> String {
    let nanos = time.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let fraction = format!("{nanos:09}");
    let seconds = rfc3339(time);
    format!("{}.{}Z", seconds.trim_end_matches('Z'), fraction.get(..digits).unwrap_or(&fraction))
}

/// `Fri, 17 Jul 2026 12:06:05 +0000`
pub(crate) fn rfc2822(time: SystemTime) -> String {
    let Civil { year, month, day, hour, minute, second, weekday } = Civil::of(time);
    let month = MONTHS[month - 1];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

/// `2607171206`: the form of Twilio's `RawDlrDoneDate`.
pub(crate) fn yymmddhhmm(time: SystemTime) -> String {
    let Civil { year, month, day, hour, minute, .. } = Civil::of(time);
    format!("{:02}{month:02}{day:02}{hour:02}{minute:02}", year % 100)
}

/// Seconds since 1970 of `20260717T120605Z`, the form of AWS's `x-amz-date`; `None` for any other.
pub(crate) fn from_basic(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let number = |text: &str, at: usize, len: usize| text.get(at..at + len)?.parse::<u64>().ok();
    let (year, month, day) = (number(date, 0, 4)?, number(date, 4, 2)?, number(date, 6, 2)?);
    let (hour, minute, second) = (number(time, 0, 2)?, number(time, 2, 2)?, number(time, 4, 2)?);
    // The year begins in March here too.
    let year = year.checked_sub(u64::from(month <= 2))?;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    Some(days.checked_sub(719_468)? * 86_400 + hour * 3_600 + minute * 60 + second)
}

struct Civil {
    year: u64,
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    weekday: &'static str,
}

impl Civil {
    /// The proleptic Gregorian calendar, with years that begin in March so that the leap day comes last.
    fn of(time: SystemTime) -> Self {
        let seconds = unix_seconds(time);
        let days = seconds / 86_400;
        let since_march_0000 = days + 719_468;
        let era = since_march_0000 / 146_097;
        let day_of_era = since_march_0000 % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month: month as usize,
            day: day_of_year - (153 * march_month + 2) / 5 + 1,
            hour: seconds / 3_600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            weekday: DAYS[(days % 7) as usize],
        }
    }
}
