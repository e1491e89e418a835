//! Limits on keys that many recipients share: subject, client address, caller.
//!
//! They are charged before the commit that sends a message, once for each call, and given back if
//! the call sends none after all. They fail closed: without the store there is no message either. One
//! that is only observed refuses nothing, is counted where it would have, and fails open.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use crate::{
    insight::metrics,
    otp::{
        IndexKey, OperationId,
        event::{Limit, Verdict},
        limits::Window,
    },
    store::{Charge, Charged, Store, StoreError},
};

/// The configured limits. An empty list is no limit.
#[derive(Clone, Debug, Default)]
pub struct SharedLimits {
    /// Messages for one subject of one caller.
    pub subject: Vec<Window>,
    /// Messages asked for from one address, IPv6 by its /64.
    pub client_ip: Vec<Window>,
    /// Messages asked for by one caller,
    pub caller: Vec<Window>,
    /// or by those that have limits of their own.
    pub quotas: BTreeMap<String, Vec<Window>>,
    /// Those that are only observed.
    pub observed: BTreeSet<Limit>,
}

/// What one call would be charged.
#[derive(Clone, Debug, Default)]
pub struct Charges {
    charges: Vec<(Limit, Charge)>,
    observed: BTreeSet<Limit>,
}

impl SharedLimits {
    /// What a call is charged. Someone unknown is not pooled with everybody else who is unknown: an
    /// empty subject or address, and one that says nothing (`0.0.0.0`, `::`), has no limit of its kind.
    /// Where callers have no names, all are one.
    pub fn charges(
        &self,
        index: &IndexKey,
        operation: OperationId,
        caller: &str,
        subject: &str,
        client_ip: Option<IpAddr>,
    ) -> Charges {
        let address =
            client_ip.map(as_itself).filter(|address| !address.is_unspecified()).map(network);
        let subject = (!subject.is_empty()).then(|| vec![caller.as_bytes(), subject.as_bytes()]);
        let address = address.as_ref().map(|address| vec![&address[..]]);
        let quota = self.quotas.get(caller).unwrap_or(&self.caller);
        let caller = Some(vec![caller.as_bytes()]);
        let wanted = [
            (Limit::Subject, &self.subject, subject),
            (Limit::ClientIp, &self.client_ip, address),
            (Limit::Caller, quota, caller),
        ];
        let charges = wanted.into_iter().filter_map(|(limit, windows, value)| {
            let value = value.filter(|_| !windows.is_empty())?;
            let counter = index.limit_tag(limit.as_str(), &value);
            let windows = windows.iter().map(|window| (window.count.get(), window.length));
            Some((
                limit,
                Charge { counter, windows: windows.collect(), cost: 1, operation, holder: None },
            ))
        });
        Charges { charges: charges.collect(), observed: self.observed.clone() }
    }
}

impl Charges {
    /// Charges all or none, and says which limit stands in the way.
    pub async fn charge(&self, store: &dyn Store) -> Result<Verdict, StoreError> {
        for (done, (limit, charge)) in self.charges.iter().enumerate() {
            let charged = store.charge(charge).await;
            if self.observed.contains(limit) {
                note(*limit, charged);
                continue;
            }
            if !matches!(charged, Ok(Charged::Allowed)) {
                // The last one, too: where its answer was lost, it may have been charged.
                give_back(store, &self.charges[..=done]).await;
            }
            if let Charged::Refused(wait) = charged? {
                return Ok(Verdict::Refused { limit: *limit, wait: rounded_up(wait) });
            }
        }
        Ok(Verdict::Allowed)
    }

    /// Gives back what was charged.
    pub async fn give_back(&self, store: &dyn Store) {
        give_back(store, &self.charges).await;
    }
}

/// What became of a charge that refuses nothing.
fn note(limit: Limit, charged: Result<Charged, StoreError>) {
    match charged {
        Ok(Charged::Allowed) => {}
        Ok(Charged::Refused(_)) => metrics::observed(limit.as_str()),
        Err(error) => tracing::warn!(limit = limit.as_str(), %error, "a limit could not be asked"),
    }
}

async fn give_back(store: &dyn Store, charges: &[(Limit, Charge)]) {
    for (limit, charge) in charges {
        let refund = Charge { cost: -1, ..charge.clone() };
        if let Err(error) = store.charge(&refund).await {
            tracing::warn!(limit = limit.as_str(), %error, "a charge could not be given back");
        }
    }
}

fn rounded_up(wait: Duration) -> Duration {
    Duration::from_millis(wait.as_micros().div_ceil(1000) as u64)
}

/// What is written before an IPv4 address as an IPv6 one: by NAT64 (RFC 6052), by SIIT (RFC 2765), and before
/// there was either (RFC 4291, 2.5.5.1).
const BEFORE_IPV4: [[u8; 12]; 3] = [
    [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
    [0; 12],
];

/// What NAT64 writes before one that it translates within a network of its own, with the rest as it likes
/// (RFC 8215).
const LOCAL_NAT64: [u8; 6] = [0, 0x64, 0xff, 0x9b, 0, 1];

/// An IPv4 address as such, where it is written as an IPv6 one in a way that shows it.
fn as_itself(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    let IpAddr::V6(v6) = address else { return address };
    let octets = v6.octets();
    let v4 = BEFORE_IPV4.iter().find_map(|before| octets.strip_prefix(before));
    let v4 = v4.and_then(|v4| <[u8; 4]>::try_from(v4).ok());
    v4.map_or(address, IpAddr::from)
}

/// Who an address stands for: itself, or its /64, of which one person has all.
fn network(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) if v6.octets().starts_with(&LOCAL_NAT64) => v6.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_limit() {
        let network = |text: &str| network(as_itself(text.parse().unwrap()));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        for written in ["64:ff9b::192.0.2.1", "::ffff:0:192.0.2.1", "::192.0.2.1"] {
            assert_eq!(network(written), network("192.0.2.1"), "{written}");
        }
        assert_ne!(network("64:ff9b:1::192.0.2.1"), network("64:ff9b:1::192.0.2.2"));
    }
}
