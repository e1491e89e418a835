//! Limits on counters that many recipients share.

use std::{collections::HashSet, time::Duration};

use pombo::store::{Charge, Charged};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, charge, ms};

promises! {
    a_window_lets_its_count_through_and_then_tells_the_wait,
    who_waits_as_long_as_told_gets_through,
    who_waits_a_millisecond_less_does_not,
    every_window_has_a_say_and_a_refusal_charges_none,
    an_operation_is_charged_once,
    of_concurrent_charges_exactly_the_count_gets_through,
    what_was_charged_can_be_given_back_once,
    what_was_not_charged_is_not_given_back,
    what_is_given_back_late_is_as_if_it_had_never_been_charged,
    what_is_given_back_is_what_was_charged_where_it_was,
    what_one_gives_back_stays_charged_while_another_relies_on_it,
    what_is_given_back_for_all_is_given_back_whoever_relies_on_it,
    who_never_charged_gives_nothing_back,
    a_counter_without_windows_has_no_limit,
    windows_of_one_counter_are_kept_apart,
    a_dear_charge_counts_for_many_and_is_given_back_whole,
    a_window_whose_count_changes_keeps_what_that_count_allows,
}

fn wait(charged: Charged) -> Duration {
    match charged {
        Charged::Refused(wait) => wait,
        Charged::Allowed => panic!("allowed"),
    }
}

async fn a_window_lets_its_count_through_and_then_tells_the_wait(bench: Bench) {
    let windows = [(3, 60_000)];
    for operation in 0..3 {
        assert_eq!(bench.charge(&charge(1, operation, &windows)).await, Charged::Allowed);
    }
    let told = wait(bench.charge(&charge(1, 9, &windows)).await);
    assert!(told <= ms(20_000) && told > ms(19_000), "{told:?}");
    assert!(!bench.time_stands_still() || told == ms(20_000));
    // Another counter knows nothing of it.
    assert_eq!(bench.charge(&charge(2, 9, &windows)).await, Charged::Allowed);
}

async fn who_waits_as_long_as_told_gets_through(bench: Bench) {
    // 400 / 7 ms is no whole number.
    let windows = [(7, 400), (3, 200)];
    let mut through = 0;
    for operation in 0..20 {
        match bench.charge(&charge(1, operation, &windows)).await {
            Charged::Allowed => through += 1,
            Charged::Refused(told) => {
                bench.pass(told).await;
                let again = bench.charge(&charge(1, operation, &windows)).await;
                assert_eq!(again, Charged::Allowed, "after {told:?}");
            }
        }
    }
    assert!(through >= 3, "the burst");
}

async fn who_waits_a_millisecond_less_does_not(bench: Bench) {
    if !bench.time_stands_still() {
        // A real clock can't be held a millisecond before a moment; the sums are the same.
        return;
    }
    let windows = [(7, 1000)];
    for operation in 0..7 {
        bench.charge(&charge(1, operation, &windows)).await;
    }
    let told = wait(bench.charge(&charge(1, 9, &windows)).await);
    bench.pass(told - ms(1)).await;
    assert_eq!(bench.charge(&charge(1, 9, &windows)).await, Charged::Refused(ms(1)));
    bench.pass(ms(1)).await;
    assert_eq!(bench.charge(&charge(1, 9, &windows)).await, Charged::Allowed);
}

async fn every_window_has_a_say_and_a_refusal_charges_none(bench: Bench) {
    let both = [(1, 60_000), (2, 600_000)];
    assert_eq!(bench.charge(&charge(1, 0, &both)).await, Charged::Allowed);
    for operation in 1..10 {
        let told = wait(bench.charge(&charge(1, operation, &both)).await);
        assert!(told <= ms(60_000), "{told:?}");
    }
    // The refusals have left the room in the longer window: one of two.
    let longer = [(2, 600_000)];
    assert_eq!(bench.charge(&charge(1, 20, &longer)).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 21, &longer)).await);
}

async fn an_operation_is_charged_once(bench: Bench) {
    let windows = [(2, 60_000)];
    for _ in 0..5 {
        assert_eq!(bench.charge(&charge(1, 1, &windows)).await, Charged::Allowed);
    }
    assert_eq!(bench.charge(&charge(1, 2, &windows)).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 3, &windows)).await);
    // It is told the same when there is no room any more.
    assert_eq!(bench.charge(&charge(1, 1, &windows)).await, Charged::Allowed);
}

async fn of_concurrent_charges_exactly_the_count_gets_through(bench: Bench) {
    let mut charges = JoinSet::new();
    for operation in 0..40 {
        let store = bench.store.clone();
        // Each twice: a retry must not count.
        let charge = charge(1, operation % 20, &[(7, 60_000), (11, 600_000)]);
        charges.spawn(async move { (charge.operation, store.charge(&charge).await.unwrap()) });
    }
    let all = charges.join_all().await;
    let allowed = all.into_iter().filter(|(_, charged)| *charged == Charged::Allowed);
    let allowed: HashSet<_> = allowed.map(|(operation, _)| operation).collect();
    assert_eq!(allowed.len(), 7);
}

async fn what_was_charged_can_be_given_back_once(bench: Bench) {
    let windows = [(2, 60_000)];
    for operation in [1, 2] {
        assert_eq!(bench.charge(&charge(1, operation, &windows)).await, Charged::Allowed);
    }
    wait(bench.charge(&charge(1, 3, &windows)).await);
    let back = Charge { cost: -1, ..charge(1, 1, &windows) };
    for _ in 0..3 {
        assert_eq!(bench.charge(&back).await, Charged::Allowed);
    }
    assert_eq!(bench.charge(&charge(1, 3, &windows)).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 4, &windows)).await);
    // Given back, it is as if never charged.
    wait(bench.charge(&charge(1, 1, &windows)).await);
}

async fn what_was_not_charged_is_not_given_back(bench: Bench) {
    let windows = [(1, 60_000)];
    assert_eq!(bench.charge(&charge(1, 1, &windows)).await, Charged::Allowed);
    // One that was refused, and one that nobody knows.
    wait(bench.charge(&charge(1, 2, &windows)).await);
    for operation in [2, 3] {
        let back = Charge { cost: -1, ..charge(1, operation, &windows) };
        assert_eq!(bench.charge(&back).await, Charged::Allowed);
    }
    wait(bench.charge(&charge(1, 4, &windows)).await);
}

async fn what_is_given_back_late_is_as_if_it_had_never_been_charged(bench: Bench) {
    // One and a half of them leak away meanwhile: the first, and half of the second.
    let windows = [(5, 1_000)];
    for operation in 0..4 {
        assert_eq!(bench.charge(&charge(1, operation, &windows)).await, Charged::Allowed);
    }
    bench.pass(ms(300)).await;
    for operation in 0..4 {
        bench.charge(&Charge { cost: -1, ..charge(1, operation, &windows) }).await;
    }
    for operation in 10..15 {
        assert_eq!(bench.charge(&charge(1, operation, &windows)).await, Charged::Allowed);
    }
}

async fn what_is_given_back_is_what_was_charged_where_it_was(bench: Bench) {
    let hour = [(100, 3_600_000)];
    let dear = |operation, cost| Charge { cost, ..charge(1, operation, &hour) };
    for charge in [dear(1, 25), dear(2, 50)] {
        assert_eq!(bench.charge(&charge).await, Charged::Allowed);
    }
    // The price has risen since.
    bench.charge(&dear(1, -75)).await;
    wait(bench.charge(&dear(3, 60)).await);
    assert_eq!(bench.charge(&dear(4, 40)).await, Charged::Allowed);
    // Another window, in which it was never charged.
    let day = |operation, cost| Charge { cost, ..charge(1, operation, &[(100, 86_400_000)]) };
    assert_eq!(bench.charge(&day(5, 90)).await, Charged::Allowed);
    bench.charge(&day(2, -50)).await;
    wait(bench.charge(&day(6, 20)).await);
}

const ONE_A_MINUTE: [(u32, u64); 1] = [(1, 60_000)];

/// A charge of a window of one, and what gives it back.
fn held(operation: u8, by: u8) -> [Charge; 2] {
    let charge = Charge { holder: Some([by; 8]), ..charge(1, operation, &ONE_A_MINUTE) };
    [charge.clone(), Charge { cost: -1, ..charge }]
}

async fn what_one_gives_back_stays_charged_while_another_relies_on_it(bench: Bench) {
    let ([one, back], [other, others_back]) = (held(1, 1), held(1, 2));
    // Once for each, however often it is asked for.
    for charge in [&one, &other, &one, &other] {
        assert_eq!(bench.charge(charge).await, Charged::Allowed);
    }
    for _ in 0..2 {
        assert_eq!(bench.charge(&back).await, Charged::Allowed);
        wait(bench.charge(&charge(1, 2, &ONE_A_MINUTE)).await);
    }
    assert_eq!(bench.charge(&others_back).await, Charged::Allowed);
    assert_eq!(bench.charge(&charge(1, 2, &ONE_A_MINUTE)).await, Charged::Allowed);
}

async fn what_is_given_back_for_all_is_given_back_whoever_relies_on_it(bench: Bench) {
    let ([one, _], [other, others_back]) = (held(1, 1), held(1, 2));
    for charge in [&one, &other, &Charge { holder: None, ..others_back.clone() }] {
        assert_eq!(bench.charge(charge).await, Charged::Allowed);
    }
    assert_eq!(bench.charge(&charge(1, 2, &ONE_A_MINUTE)).await, Charged::Allowed);
    // Nothing is left of it to be given back once more.
    assert_eq!(bench.charge(&others_back).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 3, &ONE_A_MINUTE)).await);
}

async fn who_never_charged_gives_nothing_back(bench: Bench) {
    let ([one, _], [_, strangers_back]) = (held(1, 1), held(1, 2));
    assert_eq!(bench.charge(&one).await, Charged::Allowed);
    assert_eq!(bench.charge(&strangers_back).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 2, &ONE_A_MINUTE)).await);
}

async fn a_counter_without_windows_has_no_limit(bench: Bench) {
    for operation in 0..10 {
        assert_eq!(bench.charge(&charge(1, operation, &[])).await, Charged::Allowed);
    }
}

async fn windows_of_one_counter_are_kept_apart(bench: Bench) {
    // As while two configurations are served side by side.
    assert_eq!(bench.charge(&charge(1, 1, &[(1, 60_000)])).await, Charged::Allowed);
    assert_eq!(bench.charge(&charge(1, 2, &[(1, 30_000)])).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 3, &[(1, 60_000)])).await);
    wait(bench.charge(&charge(1, 4, &[(1, 30_000)])).await);
}

async fn a_dear_charge_counts_for_many_and_is_given_back_whole(bench: Bench) {
    let windows = [(100, 60_000)];
    let dear = |operation| Charge { cost: 60, ..charge(1, operation, &windows) };
    assert_eq!(bench.charge(&dear(1)).await, Charged::Allowed);
    // What twenty drops too many take to leak away, at a hundred a minute.
    let told = wait(bench.charge(&dear(2)).await);
    assert!(told <= ms(12_000) && told > ms(11_000), "{told:?}");
    bench.charge(&Charge { cost: -60, ..dear(1) }).await;
    assert_eq!(bench.charge(&dear(2)).await, Charged::Allowed);
}

async fn a_window_whose_count_changes_keeps_what_that_count_allows(bench: Bench) {
    for operation in 0..3 {
        assert_eq!(bench.charge(&charge(1, operation, &[(3, 60_000)])).await, Charged::Allowed);
    }
    assert!(matches!(bench.charge(&charge(1, 3, &[(3, 60_000)])).await, Charged::Refused(_)));
    // A larger one has room for the difference, and no more.
    for operation in 4..6 {
        assert_eq!(bench.charge(&charge(1, operation, &[(5, 60_000)])).await, Charged::Allowed);
    }
    assert!(matches!(bench.charge(&charge(1, 6, &[(5, 60_000)])).await, Charged::Refused(_)));
    // And a smaller one is full, and no fuller.
    let told = wait(bench.charge(&charge(1, 7, &[(1, 60_000)])).await);
    assert!(told > ms(59_000) && told <= ms(60_000), "{told:?}");
}
