//! `[attestation]`: the signed statement of a verification.

use std::time::Duration;

use super::{
    kind::{Kind, lasting},
    reader::Reader,
};
use crate::otp::attestation::Issuer;

/// The statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// How long it holds from the verification on, from half a minute to an hour. Default 5 minutes.
    pub ttl: Duration,
}

/// A token tells whole seconds. A shorter life would end on the way to whoever is shown it; a longer
/// one is a login of its own.
const TTL: Kind<Duration> =
    Kind::new("a duration in whole seconds from \"30s\" to \"1h\"", |text| {
        let bounds = Duration::from_secs(30)..=Duration::from_secs(3600);
        lasting(text).filter(|ttl| bounds.contains(ttl) && ttl.subsec_nanos() == 0)
    });

pub(super) fn read(reader: &mut Reader) -> Attestation {
    let ttl = reader.section("attestation").get("ttl", &TTL);
    Attestation { ttl: ttl.unwrap_or(Issuer::default().ttl) }
}
