//! The limit of a recipient: how many messages one phone may get, whoever asks for them.
//!
//! Counted exactly, as a list of times. It guards the person against being bombed, and it is what
//! bounds guessing: no message, no new code; no new code, no more attempts.

use std::{num::NonZeroU32, str::FromStr, time::Duration};

use super::{kinds::Purpose, time::Time};

/// At most `count` in any `length`, written `5/10m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many.
    pub count: NonZeroU32,
    /// In how long.
    pub length: Duration,
}

impl Window {
    /// What unproven purposes may use of it: half, rounded up, so that a stranger's signups can't
    /// use up the owner's logins.
    fn unproven_count(self) -> usize {
        (self.count.get() as usize).div_ceil(2)
    }
}

/// A text that is not `<count>/<duration>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be <count>/<duration>, like 5/10m: a count of at least 1 and a duration in s, m, h or d"
)]
pub struct NotAWindow;

impl FromStr for Window {
    type Err = NotAWindow;

    fn from_str(text: &str) -> Result<Self, NotAWindow> {
        let (count, length) = text.split_once('/').ok_or(NotAWindow)?;
        let length = parse_duration(length).filter(|length| !length.is_zero());
        Ok(Self {
            count: count.parse().map_err(|_| NotAWindow)?,
            length: length.ok_or(NotAWindow)?,
        })
    }
}

/// Reads a duration as the configuration writes it: a whole number and `ms`, `s`, `m`, `h` or `d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis_per_unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    number.checked_mul(millis_per_unit).map(Duration::from_millis)
}

/// One message that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// When it was asked for.
    pub at: Time,
    /// Whether its purpose was an unproven one.
    pub unproven: bool,
}

/// The messages of one recipient, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageLog(pub Vec<Counted>);

impl MessageLog {
    /// How many more messages of this purpose may go out now.
    pub fn room(&self, windows: &[Window], purpose: Purpose, now: Time) -> u32 {
        let room = windows.iter().map(|&window| {
            let all = (window.count.get() as usize).saturating_sub(self.within(window, now, false));
            let unproven =
                || window.unproven_count().saturating_sub(self.within(window, now, true));
            if purpose.is_unproven() { all.min(unproven()) } else { all }
        });
        room.min().map_or(u32::MAX, |room| u32::try_from(room).unwrap_or(u32::MAX))
    }

    /// From when a message of this purpose may go out, if nothing else is sent until then.
    pub fn opens(&self, windows: &[Window], purpose: Purpose, now: Time) -> Time {
        let opens = windows.iter().flat_map(|&window| {
            let all = self.frees(window, window.count.get() as usize, false);
            let unproven =
                purpose.is_unproven().then(|| self.frees(window, window.unproven_count(), true));
            [all, unproven.flatten()].into_iter().flatten()
        });
        opens.max().map_or(now, |at| at.max(now))
    }

    /// Counts a message.
    pub fn push(&mut self, at: Time, purpose: Purpose) {
        self.0.push(Counted { at, unproven: purpose.is_unproven() });
    }

    /// Forgets what no window can see any more.
    pub fn prune(&mut self, windows: &[Window], now: Time) {
        let longest = windows.iter().map(|window| window.length).max().unwrap_or_default();
        self.0.retain(|message| now.since(message.at) < longest);
    }

    fn counted(&self, unproven_only: bool) -> impl DoubleEndedIterator<Item = Time> + '_ {
        let counted = self.0.iter().filter(move |message| message.unproven || !unproven_only);
        counted.map(|message| message.at)
    }

    fn within(&self, window: Window, now: Time, unproven_only: bool) -> usize {
        self.counted(unproven_only).filter(|&at| now.since(at) < window.length).count()
    }

    /// When the `count`-th newest message leaves the window: from then on fewer than `count` are in it.
    fn frees(&self, window: Window, count: usize, unproven_only: bool) -> Option<Time> {
        self.counted(unproven_only).rev().nth(count - 1).map(|at| at + window.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows() -> [Window; 2] {
        ["5/10m", "12/24h"].map(|text| text.parse().unwrap())
    }

    #[test]
    fn durations_and_windows_are_read() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("24h"), Some(Duration::from_secs(86_400)));
        for text in ["", "10", "m", "-1s", "1.5h", "1 m", "99999999999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        for text in ["0/1h", "5/", "/10m", "5/0s", "5"] {
            assert_eq!(text.parse::<Window>(), Err(NotAWindow), "{text}");
        }
    }

    #[test]
    fn a_window_opens_to_the_millisecond() {
        let mut log = MessageLog::default();
        for second in 0..5 {
            log.push(Time::from_secs(second), Purpose::Login);
        }
        let now = Time::from_secs(10);
        assert_eq!(log.room(&windows(), Purpose::Login, now), 0);
        let opens = log.opens(&windows(), Purpose::Login, now);
        assert_eq!(opens, Time::from_secs(600));
        assert_eq!(log.room(&windows(), Purpose::Login, opens), 1);
        assert_eq!(log.room(&windows(), Purpose::Login, opens - Duration::from_millis(1)), 0);
    }

    #[test]
    fn a_strangers_signups_leave_room_for_a_login() {
        let mut log = MessageLog::default();
        let now = Time::from_secs(1);
        for _ in 0..3 {
            assert!(log.room(&windows(), Purpose::Signup, now) > 0);
            log.push(now, Purpose::Signup);
        }
        assert_eq!(log.room(&windows(), Purpose::Signup, now), 0);
        assert_eq!(log.room(&windows(), Purpose::Login, now), 2);
    }
}
