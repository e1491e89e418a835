//! Every key that this service has in Redis.
//!
//! What belongs together carries its partition in braces, Redis Cluster's hash tag, so that it lies
//! in one slot and one script may touch it.

use crate::{
    otp::{MessageTag, OperationId, RecipientKey},
    store::bounds::partition,
};

/// How many partitions the store was set up with. Text, no TTL.
pub(super) const PARTITIONS: &str = "pombo:partitions";

/// The fingerprint of the index key by which records are placed. Text, no TTL.
pub(super) const INDEX: &str = "pombo:index";

/// Places things in partitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) partitions: u32,
}

impl Keys {
    /// All partitions.
    pub(super) fn all(self) -> impl Iterator<Item = Partition> {
        (0..self.partitions).map(Partition)
    }

    /// Where a keyed hash belongs.
    pub(super) fn partition<const N: usize>(self, hash: &[u8; N]) -> Partition {
        Partition(partition(hash, self.partitions))
    }
}

/// One of the parts into which recipients fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition(pub(super) u32);

impl Partition {
    /// A recipient's record. String: version in 8 bytes, big-endian, then the blob. TTL: the commit's.
    pub(super) fn record(self, key: &RecipientKey) -> String {
        format!("pombo:{{{}}}:record:{key}", self.0)
    }

    /// The alarms. Sorted set: recipient keys in hex by milliseconds. TTL: that of the longest-lived
    /// record with an alarm, so that it goes with the last one.
    pub(super) fn schedule(self) -> String {
        format!("pombo:{{{}}}:schedule", self.0)
    }

    /// The funnel's counters, and under `events` how many there ever were. Hash: number by name. No
    /// TTL.
    pub(super) fn counters(self) -> String {
        format!("pombo:{{{}}}:counters", self.0)
    }

    /// Event records. Stream: field `e` the record, `n` how many there were with it. TTL: at
    /// least `Commit::events_ttl` from each commit on.
    pub(super) fn events(self) -> String {
        format!("pombo:{{{}}}:events", self.0)
    }

    /// How far the readers of a name are with the events. Hash: `at` and `count` of the last one
    /// passed, `holder` and `until` of the lease. TTL: twice the stream's, so that it outlives it.
    pub(super) fn reader(self, name: &str) -> String {
        format!("pombo:{{{}}}:reader:{name}", self.0)
    }

    /// A shared counter's buckets. Hash: `at:drops` by length. TTL: until all are empty.
    pub(super) fn limit(self, counter: &[u8; 16]) -> String {
        format!("pombo:{{{}}}:limit:{}", self.0, hex(counter))
    }

    /// That an operation was charged. Hash: `charge`, and a field for each who relies on it. TTL: the
    /// counter's longest window.
    pub(super) fn charge(self, counter: &[u8; 16], operation: &OperationId) -> String {
        format!("pombo:{{{}}}:charge:{}:{}", self.0, hex(counter), hex(&operation.0))
    }

    /// Which delivery a message belongs to. String: `<challenge id>.<number>`. TTL: the caller's.
    pub(super) fn message(self, message: &MessageTag) -> String {
        format!("pombo:{{{}}}:message:{}", self.0, hex(&message.0))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_the_first_eight_bytes_modulo_their_number() {
        let keys = Keys { partitions: 64 };
        let mut key = RecipientKey([0xff; 16]);
        key.0[..8].copy_from_slice(&(64 * 5 + 17_u64).to_be_bytes());
        let record = keys.partition(&key.0).record(&key);
        assert_eq!(record, "pombo:{17}:record:0000000000000151ffffffffffffffff");
    }

    #[test]
    fn what_a_script_touches_lies_in_one_slot() {
        let partition = Keys { partitions: 64 }.partition(&[7; 16]);
        let operation = OperationId([1; 12]);
        for key in [
            partition.record(&RecipientKey([7; 16])),
            partition.schedule(),
            partition.counters(),
            partition.events(),
            partition.reader("https"),
            partition.limit(&[7; 16]),
            partition.charge(&[7; 16], &operation),
            partition.message(&MessageTag([7; 12])),
        ] {
            assert!(key.starts_with("pombo:{7}:"), "{key}");
        }
    }
}
