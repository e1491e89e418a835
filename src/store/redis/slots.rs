//! The slots of a cluster, and which server has which.

use redis::{Arg, Cmd, FromRedisValue, Value};

use super::address::Host;

/// How many slots a cluster has.
const SLOTS: u16 = 16384;

/// Which server has which slot.
#[derive(Default)]
pub(super) struct Slots(Vec<(u16, u16, Host)>);

impl Slots {
    /// Reads the reply to `CLUSTER SLOTS`. Who has told it is meant where it names no host.
    pub(super) fn read(told: Value, teller: &Host) -> Option<Self> {
        let ranges = Vec::<Vec<Value>>::from_redis_value(told).ok()?;
        let read = ranges.into_iter().map(|range| {
            let mut parts = range.into_iter();
            let first = u16::from_redis_value(parts.next()?).ok()?;
            let last = u16::from_redis_value(parts.next()?).ok()?;
            // The first server is the primary; what follows its host and port, and who follows it, is
            // of no interest.
            let mut primary = Vec::<Value>::from_redis_value(parts.next()?).ok()?.into_iter();
            let host = Option::<String>::from_redis_value(primary.next()?).ok()?;
            let port = u16::from_redis_value(primary.next()?).ok()?;
            let host = host.filter(|host| !matches!(&**host, "" | "?"));
            Some((first, last, (host.unwrap_or_else(|| teller.0.clone()), port)))
        });
        let read = read.collect::<Option<Vec<_>>>()?;
        (!read.is_empty()).then_some(Self(read))
    }

    /// Who has a slot. What was learnt last counts.
    pub(super) fn owner(&self, slot: u16) -> Option<&Host> {
        let mut ranges = self.0.iter().rev();
        ranges.find(|(first, last, _)| (*first..=*last).contains(&slot)).map(|(_, _, host)| host)
    }

    /// Notes who has a slot now.
    pub(super) fn assign(&mut self, slot: u16, host: Host) {
        self.0.retain(|(first, last, _)| first != last || *first != slot);
        self.0.push((slot, slot, host));
    }

    /// Those who have slots.
    pub(super) fn owners(&self) -> Vec<Host> {
        let mut owners: Vec<Host> = self.0.iter().map(|(_, _, host)| host.clone()).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

/// The slot of a command's keys, which are all in one. `None` if it has no key.
pub(super) fn of(command: &Cmd) -> Option<u16> {
    let mut parts = command.args_iter().filter_map(|part| match part {
        Arg::Simple(bytes) => Some(bytes),
        _ => None,
    });
    let key = match parts.next()? {
        // Script and number of keys come before them.
        b"EVAL" | b"EVALSHA" => parts.nth(2)?,
        _ => parts.next()?,
    };
    Some(of_key(key))
}

/// What stands between braces places a key, or all of it.
fn of_key(key: &[u8]) -> u16 {
    let tag = || {
        let (_, rest) = key.split_at_checked(key.iter().position(|&byte| byte == b'{')? + 1)?;
        rest.split(|&byte| byte == b'}')
            .next()
            .filter(|tag| !tag.is_empty() && tag.len() < rest.len())
    };
    crc16(tag().unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM, by the cluster's specification.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc: u16, _| {
            crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_placed_as_the_specification_says() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(of_key(b"foo{bar}{zap}"), of_key(b"bar"));
        assert_eq!(of_key(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(of_key(b"foo{bar"), crc16(b"foo{bar") % SLOTS);
        assert_eq!(of_key(b"foo"), 12182);
    }

    #[test]
    fn a_command_is_placed_by_its_first_key() {
        let mut script = redis::cmd("EVALSHA");
        script.arg("sha").arg(2).arg("pombo:{foo}:a").arg("pombo:{foo}:b").arg("x");
        assert_eq!(of(&script), Some(12182));
        assert_eq!(of(redis::cmd("GET").arg("foo")), Some(12182));
        assert_eq!(of(&redis::cmd("TIME")), None);
    }

    #[test]
    fn what_was_learnt_last_counts() {
        let host = |port| ("h".to_owned(), port);
        let mut slots = Slots(vec![(0, 99, host(1)), (100, 199, host(2))]);
        assert_eq!(slots.owner(99), Some(&host(1)));
        slots.assign(99, host(3));
        slots.assign(99, host(2));
        assert_eq!((slots.owner(99), slots.owner(98)), (Some(&host(2)), Some(&host(1))));
        assert_eq!(slots.owner(200), None);
        assert_eq!(slots.owners(), [host(1), host(2)]);
    }
}
