//! Where everything random comes from: codes, names, nonces, jitter. In service from the operating
//! system, and nowhere else; a simulation brings a source that it can play again.

use std::{convert::Infallible, sync::Arc};

use rand::{
    Rng,
    rand_core::{TryCryptoRng, TryRng, UnwrapErr},
    rngs::SysRng,
};

/// Fills bytes with chance.
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// A source of randomness. Clones share it.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

impl Entropy {
    /// The operating system's.
    pub fn of_system() -> Self {
        Self::new(|bytes| UnwrapErr(SysRng).fill_bytes(bytes))
    }

    /// One that fills bytes like this. Codes and nonces are as hard to guess as it is.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_bytes_are_never_the_same() {
        let entropy = Entropy::of_system();
        assert_ne!(entropy.bytes::<16>(), entropy.bytes::<16>());
        assert_ne!(entropy.clone().next_u64(), entropy.clone().next_u64());
    }
}
