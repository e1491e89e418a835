//! What opens a breaker, what closes it, and whom it counts.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const RULES: Rules = Rules {
    completion: 0.35,
    matured: NonZeroU32::new(20).unwrap(),
    rest: Duration::from_secs(15 * 60),
};

const START: Time = Time::from_secs(1_800_000_000);

fn at(minute: u64) -> Time {
    START + Duration::from_secs(minute * 60)
}

/// Challenges of as many others end, of which so many were verified, evenly among the rest.
fn end(breaker: &mut Breaker, others: u32, verified: u32, now: Time) -> Stand {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for number in 0..others {
        let tag = NEXT.fetch_add(1, Ordering::Relaxed);
        let of_first = |count: u32| count * verified / others;
        let verified = of_first(number + 1) > of_first(number);
        breaker.learn(&[Witness { tag, verified }], &RULES, now);
    }
    breaker.stand(now)
}

/// A challenge of somebody ends.
fn again(breaker: &mut Breaker, tag: u32, verified: bool, now: Time) {
    breaker.learn(&[Witness { tag: u32::MAX - tag, verified }], &RULES, now);
}

#[test]
fn the_bound_is_wilsons() {
    for (verified, all, bound) in [(0.0, 20.0, 0.119), (3.0, 20.0, 0.322), (4.0, 20.0, 0.378)] {
        let found = upper_bound(verified, all);
        assert!((found - bound).abs() < 0.001, "{verified} of {all}: {found}");
    }
}

#[test]
fn it_opens_where_hardly_anybody_gives_a_code_back_and_not_before_enough_have_ended() {
    let mut breaker = Breaker::default();
    assert_eq!(end(&mut breaker, 19, 0, at(0)), Stand::Closed);
    assert_eq!(end(&mut breaker, 1, 0, at(0)), Stand::Open(at(15)));
    let mut honest = Breaker::default();
    assert_eq!(end(&mut honest, 100, 40, at(0)), Stand::Closed);
}

#[test]
fn each_rest_is_twice_as_long_up_to_two_hours() {
    let mut breaker = Breaker::default();
    end(&mut breaker, 20, 0, at(0));
    let mut now = at(15);
    for minutes in [30, 60, 120, 120, 120] {
        assert!(matches!(breaker.stand(now), Stand::Probing(_)));
        let rest = Duration::from_secs(minutes * 60);
        assert_eq!(end(&mut breaker, 20, 1, now), Stand::Open(now + rest));
        now = now + rest;
    }
}

#[test]
fn people_who_come_back_close_it() {
    let mut breaker = Breaker::default();
    end(&mut breaker, 20, 0, at(0));
    // What was under way when it opened says nothing of what came after its rest.
    assert_eq!(end(&mut breaker, 50, 50, at(14)), Stand::Open(at(15)));
    assert_eq!(end(&mut breaker, 20, 12, at(20)), Stand::Closed);
    assert_eq!(breaker.rest, Duration::ZERO, "and the next rest is a first one");
}

#[test]
fn a_good_year_does_not_hold_it_closed_for_a_bad_hour() {
    let mut breaker = Breaker::default();
    (0..10_000).for_each(|_| assert_eq!(end(&mut breaker, 5, 4, at(0)), Stand::Closed));
    assert!(matches!(end(&mut breaker, 150, 0, at(30)), Stand::Open(_)));
}

#[test]
fn a_bad_day_is_forgotten_the_next() {
    let mut breaker = Breaker::default();
    end(&mut breaker, 19, 0, at(0));
    assert_eq!(end(&mut breaker, 19, 0, at(24 * 60)), Stand::Closed);
}

#[test]
fn two_numbers_are_two_witnesses_however_often_they_fall_silent() {
    let mut breaker = Breaker::default();
    for number in 0..200 {
        again(&mut breaker, number % 2, false, at(0));
    }
    assert_eq!((breaker.stand(at(0)), breaker.witnesses.len()), (Stand::Closed, 2));
    assert_eq!(end(&mut breaker, 18, 0, at(0)), Stand::Open(at(15)), "with eighteen others");
    // Nor do they hold it open: of those let through after a rest they are two.
    (0..200).for_each(|number| again(&mut breaker, number % 2, false, at(15)));
    assert_eq!(end(&mut breaker, 18, 10, at(15)), Stand::Closed);
}

#[test]
fn one_who_verifies_over_and_over_holds_it_closed_for_nobody() {
    let mut breaker = Breaker::default();
    for _ in 0..18 {
        (0..10).for_each(|_| again(&mut breaker, 0, true, at(0)));
        assert_eq!(end(&mut breaker, 1, 0, at(0)), Stand::Closed);
    }
    assert_eq!(end(&mut breaker, 1, 0, at(0)), Stand::Open(at(15)));
}

#[test]
fn who_fell_silent_and_then_verifies_has_verified() {
    let mut breaker = Breaker::default();
    for number in 0..19 {
        again(&mut breaker, number, false, at(0));
        again(&mut breaker, number, number < 8, at(0));
    }
    again(&mut breaker, 0, false, at(0));
    assert_eq!(end(&mut breaker, 1, 0, at(0)), Stand::Closed, "8 of 20 verified");
}
