//! Two calls at once under one key are one call.

use pombo::otp::{Refusal, Time, event::Limit};
use tokio::join;

use super::{
    as_it_is,
    calls::{Ask, Call, call},
    laws::Told,
    on_simulated_time,
    town::Town,
};

/// A demand for a code, for one of the flows.
pub fn issue(flow: usize, phone: usize, key: &str) -> Ask {
    let call = Call::Issue { flow, phone, payment: None, channel: None, address: None };
    Ask { call, key: key.to_owned(), since: Time::default(), changed: false }
}

#[test]
fn twins_are_charged_once() {
    for seed in 0..40 {
        on_simulated_time(async {
            let mut town = Town::drawn(seed);
            town.shared_limits = Default::default();
            town.tolls = Default::default();
            town.shared_limits.caller = vec!["2/1h".parse().unwrap()];
            let town = town.opened(&as_it_is);
            town.start_replica(0);
            let service = town.some_replica().unwrap();
            let twin = issue(0, 0, "key");
            let twins = join!(call(&service, &twin), call(&service, &twin));
            let (Told::Issued(one), Told::Issued(other)) = twins else { panic!("{twins:?}") };
            assert_eq!(one, other);
            let next = call(&service, &issue(0, 1, "")).await;
            assert!(matches!(next, Told::Issued(_)), "seed {seed}: {next:?}");
            let last = call(&service, &issue(0, 2, "")).await;
            assert!(
                matches!(last, Told::Refused(Refusal::Limited { limit: Limit::Caller, .. })),
                "seed {seed}: {last:?}"
            );
        });
    }
}
