//! What both stores bound alike.

use std::time::Duration;

/// Event records that are kept, of a partition in Redis or in all in memory. A reader that comes
/// once in ten seconds misses nothing at a thousand events a second and partition; at about 350
/// bytes each the default 64 partitions hold at most 220 MB.
pub(super) const EVENTS_KEPT: usize = 10_000;

/// Longest life of anything, in milliseconds: ten years. Redis refuses moments beyond its range.
const LONGEST_MS: u64 = 10 * 365 * 86_400_000;

/// A duration in whole milliseconds, at least 1: neither store takes a life of nothing.
pub(super) fn life_ms(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX).clamp(1, LONGEST_MS)
}

/// The partition of a keyed hash. Its first bytes are as random as the rest.
pub(super) fn partition(hash: &[u8], partitions: u32) -> u32 {
    let head = hash.iter().take(8).fold(0_u64, |head, &byte| head << 8 | u64::from(byte));
    (head % u64::from(partitions)) as u32
}
