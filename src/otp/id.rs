//! Names of things: recipients, challenges, deliveries, messages, operations.

use std::{fmt, str::FromStr};

/// Where a record lives: a recipient's, by a keyed hash of the phone number (see
/// [`IndexKey`](super::IndexKey)), or what is known of a place, by one of its prefix or country. Without the
/// key it says nothing about the number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecipientKey(pub [u8; 16]);

impl fmt::Display for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecipientKey({self})")
    }
}

impl FromStr for RecipientKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits: &[u8; 32] = text.as_bytes().try_into().map_err(|_| Malformed)?;
        let mut key = [0; 16];
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| Malformed)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| Malformed)?;
        }
        Ok(Self(key))
    }
}

/// A challenge's public name: `ch_` and 52 characters of Crockford's base32, lower case.
///
/// Half of it is random, the other half is the recipient key masked by a keyed function of the
/// random half: whoever holds the index key finds the record without a look-up, and nobody else
/// can tell whether two ids belong to one person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChallengeId(pub [u8; 32]);

/// A text that is no id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is malformed")]
pub struct Malformed;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: &str = "ch_";
const DIGITS: usize = 52;

impl fmt::Display for ChallengeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        (0..DIGITS).try_for_each(|digit| {
            let value = (0..5).fold(0, |value, bit| value << 1 | self.bit(digit * 5 + bit));
            write!(f, "{}", char::from(ALPHABET[value]))
        })
    }
}

impl ChallengeId {
    fn bit(&self, index: usize) -> usize {
        self.0.get(index / 8).map_or(0, |byte| usize::from(byte >> (7 - index % 8) & 1))
    }
}

impl fmt::Debug for ChallengeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChallengeId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits = text.strip_prefix(PREFIX).ok_or(Malformed)?;
        if digits.len() != DIGITS {
            return Err(Malformed);
        }
        let mut id = [0u8; 32];
        for (position, digit) in digits.bytes().enumerate() {
            let value = ALPHABET.iter().position(|&c| c == digit).ok_or(Malformed)?;
            for bit in (0..5).filter(|bit| value >> (4 - bit) & 1 == 1) {
                let index = position * 5 + bit;
                *id.get_mut(index / 8).ok_or(Malformed)? |= 1 << (7 - index % 8);
            }
        }
        Ok(Self(id))
    }
}

/// One delivery of one challenge, as it travels to a provider and back: `<challenge id>.<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryRef {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The delivery's number in it, from 1.
    pub number: u32,
}

impl fmt::Display for DeliveryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.challenge, self.number)
    }
}

impl FromStr for DeliveryRef {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (challenge, number) = text.split_once('.').ok_or(Malformed)?;
        match number.as_bytes() {
            [digit @ b'1'..=b'9'] => {
                Ok(Self { challenge: challenge.parse()?, number: u32::from(digit - b'0') })
            }
            _ => Err(Malformed),
        }
    }
}

/// A keyed hash of a provider's message id.
///
/// WhatsApp's ids carry the phone number in base64, so the id itself is never stored or logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageTag(pub [u8; 12]);

/// Names one call, so that it can be applied twice without changing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub [u8; 12]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = ChallengeId(std::array::from_fn(|i| (i * 37 + 11) as u8));
        let text = id.to_string();
        assert_eq!(text.len(), 55);
        assert_eq!(text.parse(), Ok(id));
        let delivery = DeliveryRef { challenge: id, number: 3 };
        assert_eq!(delivery.to_string().parse(), Ok(delivery));
    }

    #[test]
    fn one_id_has_one_spelling() {
        let text = ChallengeId([0xff; 32]).to_string();
        assert_eq!(text.to_uppercase().parse::<ChallengeId>(), Err(Malformed));
        let padded = format!("{}z", &text[..54]);
        assert_eq!(padded.parse::<ChallengeId>(), Err(Malformed));
        assert_eq!(format!("{text}0").parse::<ChallengeId>(), Err(Malformed));
    }
}
