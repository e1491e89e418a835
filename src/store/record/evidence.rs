//! The stored form of what is known of a destination: `proto/pombo/store/v1/destination.proto`.

use std::time::Duration;

use prost::Message;

use super::{FORMAT, read::check_format, wire};
use crate::{
    otp::{
        Time,
        toll::{Breaker, Evidence, breaker::Witness, evidence::Tally},
    },
    store::StoreError,
};

/// Writes evidence down: less than a kilobyte for a busy place by default, and sixteen with the largest `fraud.matured`.
pub fn encode(evidence: &Evidence) -> Vec<u8> {
    let Breaker { rests_until, rest, since, witnesses } = &evidence.breaker;
    let breaker = wire::Breaker {
        rests_until: rests_until.map(Time::millis),
        rest_ms: rest.as_millis() as u64,
        since: since.millis(),
        witnesses: witnesses.iter().map(|it| it.tag << 1 | u32::from(it.verified)).collect(),
    };
    let evidence = wire::Evidence {
        format: FORMAT,
        hours: numbers(&evidence.hours),
        days: numbers(&evidence.days),
        breaker: (evidence.breaker != Breaker::default()).then_some(breaker),
    };
    evidence.encode_to_vec()
}

/// Reads evidence back.
///
/// # Errors
///
/// [`StoreError::Unreadable`] for bytes of a newer format, and for bytes that are no evidence.
pub fn decode(bytes: &[u8]) -> Result<Evidence, StoreError> {
    check_format(bytes)?;
    let malformed = |_| StoreError::Unreadable("it is no evidence".to_owned());
    let evidence = wire::Evidence::decode(bytes).map_err(malformed)?;
    let breaker = evidence.breaker.unwrap_or_default();
    Ok(Evidence {
        hours: tallies(&evidence.hours),
        days: tallies(&evidence.days),
        breaker: Breaker {
            rests_until: breaker.rests_until.map(Time::from_millis),
            rest: Duration::from_millis(breaker.rest_ms),
            since: Time::from_millis(breaker.since),
            witnesses: breaker.witnesses.iter().map(witness).collect(),
        },
    })
}

fn witness(&number: &u32) -> Witness {
    Witness { tag: number >> 1, verified: number & 1 == 1 }
}

fn numbers(tallies: &[Tally]) -> Vec<u64> {
    tallies.iter().flat_map(|tally| [tally.number, tally.verified.into()]).collect()
}

fn tallies(numbers: &[u64]) -> Vec<Tally> {
    let (pairs, _) = numbers.as_chunks::<2>();
    let tally = |&[number, verified]: &[u64; 2]| Tally {
        number,
        verified: u32::try_from(verified).unwrap_or(u32::MAX),
    };
    pairs.iter().map(tally).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn evidence() -> impl Strategy<Value = Evidence> {
        let tally = || vec((any::<u64>(), any::<u32>()), 0..30);
        let witnesses = vec(any::<u32>(), 0..90);
        let breaker = (option::of(any::<u64>()), any::<u64>(), any::<u64>(), witnesses);
        (tally(), tally(), breaker).prop_map(|(hours, days, breaker)| {
            let tallies = |pairs: Vec<(u64, u32)>| {
                pairs.into_iter().map(|(number, verified)| Tally { number, verified }).collect()
            };
            let (rests_until, rest, since, witnesses) = breaker;
            Evidence {
                hours: tallies(hours),
                days: tallies(days),
                breaker: Breaker {
                    rests_until: rests_until.map(Time::from_millis),
                    rest: Duration::from_millis(rest),
                    since: Time::from_millis(since),
                    witnesses: witnesses.iter().map(witness).collect(),
                },
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(evidence in evidence()) {
            prop_assert_eq!(decode(&encode(&evidence)).unwrap(), evidence);
        }

        #[test]
        fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
