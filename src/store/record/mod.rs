//! The stored form of a recipient: what `proto/pombo/store/v1/record.proto` says, and nothing that
//! the rest of the house gets to see. [`write`] makes it, [`read`] takes it apart again.

pub mod evidence;

mod read;

mod write;

#[cfg(test)]
mod arbitrary;

#[cfg(test)]
mod tests;

use crate::otp::{Recipient, Time};

use super::StoreError;

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// The types made from the definition.
#[allow(missing_docs, clippy::all)]
mod wire {
    tonic::include_proto!("pombo.store.v1");
}

/// Writes a recipient down. A concluded challenge takes about 300 bytes, what a plain verified flow
/// leaves behind about 350.
pub fn encode(recipient: &Recipient) -> Vec<u8> {
    prost::Message::encode_to_vec(&write::recipient(recipient))
}

/// Reads a recipient back, exactly as it was written.
///
/// # Errors
///
/// [`StoreError::Unreadable`] for bytes of a newer format, and for bytes that are no record at all.
pub fn decode(bytes: &[u8]) -> Result<Recipient, StoreError> {
    read::recipient(bytes)
}

/// The moment to which others are written as differences: small numbers take few bytes.
///
/// Differences wrap, so every moment can be written against every other one.
#[derive(Clone, Copy)]
struct Base(Time);

impl Base {
    fn difference(self, time: Time) -> i64 {
        time.millis().wrapping_sub(self.0.millis()).cast_signed()
    }

    fn time(self, difference: i64) -> Time {
        Time::from_millis(self.0.millis().wrapping_add(difference.cast_unsigned()))
    }

    fn difference_if(self, time: Option<Time>) -> Option<i64> {
        time.map(|time| self.difference(time))
    }

    fn time_if(self, difference: Option<i64>) -> Option<Time> {
        difference.map(|difference| self.time(difference))
    }
}
