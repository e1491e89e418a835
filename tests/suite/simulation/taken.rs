//! A sender that takes a text message without an answer, or with a failure for one, and refuses its recipient
//! when it is tried again: it wants its money for what it took.

use std::sync::Arc;

use pombo::otp::{
    Channel::{Sms, Whatsapp},
    toll::{self, Rule},
};
use tokio::time::sleep;

use super::{
    as_it_is,
    calls::call,
    driver::OVER,
    laws::{Breach, Law},
    mutant::{Mutant, Mutation},
    on_simulated_time,
    rules::{PHONES, SMS},
    town::{Between, Town},
    twins::issue,
    weather::Mood,
};

/// Its first messages are texts, by such a sender, and have a price.
fn town(seed: u64, between: &Between) -> Arc<Town> {
    let mut town = Town::drawn(seed);
    town.shared_limits = Default::default();
    town.tolls = toll::Rules {
        enforced: [Rule::SpendCap].into(),
        spend: "1000000/24h".parse().ok(),
        ..Default::default()
    };
    town.rules.policies.iter_mut().for_each(|policy| policy.plan = vec![Sms, Whatsapp]);
    town.rules.sms_senders = vec![SMS[0].to_owned()];
    let town = town.opened(between);
    town.weather().roads = [Mood::TwoFaced; 4];
    town
}

/// What is amiss once everybody who can be sent a message was.
fn breach(seed: u64, between: &Between) -> Option<Breach> {
    on_simulated_time(async {
        let town = town(seed, between);
        town.start_replica(0);
        let service = town.some_replica().unwrap();
        for phone in 0..PHONES - 1 {
            call(&service, &issue(0, phone, "")).await;
        }
        sleep(OVER).await;
        town.judge_now();
        town.replicas().clear();
        town.court.breach()
    })
}

#[test]
fn it_is_charged() {
    let breaches: Vec<_> = (0..40).filter_map(|seed| breach(seed, &as_it_is)).collect();
    assert!(breaches.is_empty(), "{breaches:?}");
}

#[test]
fn that_it_is_not_would_be_noticed() {
    let forgetful: &Between = &|store| Arc::new(Mutant::new(Mutation::TakenForgotten, store));
    let breach = (0..40).find_map(|seed| breach(seed, forgetful)).expect("one at least");
    assert_eq!(breach.law, Law::Paid, "{}", breach.what);
}
