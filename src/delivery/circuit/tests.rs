//! What opens a circuit, and what closes it.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

const ANSWER: News = News { by: Teller::Answer, age: Duration::ZERO };
const RECEIPT: News = News { by: Teller::Receipt, age: Duration::ZERO };

fn stopped(now: Instant) -> Circuit {
    let mut circuit = Circuit::default();
    circuit.stop(now, ANSWER);
    circuit
}

#[test]
fn a_refusal_that_concerns_all_opens_it_at_once_and_one_probe_closes_it() {
    let start = Instant::now();
    let mut circuit = stopped(start);
    assert!(circuit.is_open(start + FIRST_REST - SECOND));
    let later = start + FIRST_REST;
    assert!(!circuit.is_open(later));
    circuit.pass(later);
    assert!(circuit.is_open(later), "one probe at a time");
    circuit.succeed(later + SECOND, ANSWER);
    assert!(!circuit.is_open(later + SECOND) && circuit.is_closed());
}

#[test]
fn each_failed_probe_doubles_the_rest_up_to_a_bound() {
    let mut now = Instant::now();
    let mut circuit = stopped(now);
    let mut rests = vec![FIRST_REST];
    for _ in 0..8 {
        now += *rests.last().unwrap();
        circuit.pass(now);
        circuit.fail(now, ANSWER);
        let mut rest = Duration::ZERO;
        while circuit.is_open(now + rest) {
            rest += SECOND;
        }
        rests.push(rest);
    }
    let seconds: Vec<_> = rests.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
}

#[test]
fn a_probe_that_nobody_hears_of_makes_way_for_another() {
    let start = Instant::now();
    let mut circuit = stopped(start);
    let probe = start + FIRST_REST;
    circuit.pass(probe);
    assert!(circuit.is_open(probe + PROBE - SECOND));
    assert!(!circuit.is_open(probe + PROBE));
}

#[test]
fn a_probe_that_was_not_sent_proves_nothing_and_costs_nothing() {
    let start = Instant::now();
    let mut circuit = Circuit::default();
    circuit.stop(start, RECEIPT);
    let probe = start + FIRST_REST;
    circuit.pass(probe);
    circuit.pass_in_vain(probe + SECOND);
    assert!(!circuit.is_open(probe + SECOND) && !circuit.is_closed());
    circuit.pass(probe + PROBE * 2);
    assert!(circuit.is_open(probe + PROBE * 2), "the next one is the probe");
}

#[test]
fn where_receipts_bring_the_bad_news_an_answer_is_no_good_one() {
    let start = Instant::now();
    let mut circuit = Circuit::default();
    circuit.stop(start, RECEIPT);
    let probe = start + FIRST_REST;
    circuit.pass(probe);
    circuit.succeed(probe, ANSWER);
    assert!(circuit.is_open(probe));
    circuit.fail(probe + SECOND, RECEIPT);
    assert!(circuit.is_open(probe + SECOND + FIRST_REST), "it rests for longer now");

    let second = probe + SECOND + FIRST_REST * 2;
    circuit.pass(second);
    circuit.pass(second + PROBE);
    assert!(circuit.is_closed(), "nothing bad was heard of the probe");
}

#[test]
fn stragglers_of_before_it_opened_change_nothing() {
    let start = Instant::now();
    let mut circuit = stopped(start);
    circuit.fail(start + SECOND, ANSWER);
    circuit.stop(start + SECOND, ANSWER);
    assert!(!circuit.is_open(start + FIRST_REST));

    let probe = start + FIRST_REST;
    circuit.pass(probe);
    let now = probe + SECOND;
    let straggler = News { age: SECOND * 2, ..ANSWER };
    circuit.fail(now, straggler);
    circuit.succeed(now, straggler);
    assert!(circuit.is_open(now), "neither is news of the probe");
    assert!(!circuit.is_open(probe + PROBE), "nor makes it rest for longer");
    circuit.succeed(now, News { age: SECOND, ..ANSWER });
    assert!(circuit.is_closed());
}

#[test]
fn what_went_out_before_it_closed_opens_it_no_more() {
    let start = Instant::now();
    let mut circuit = stopped(start);
    let closed = start + FIRST_REST;
    circuit.pass(closed);
    circuit.succeed(closed, ANSWER);
    let late = News { age: FIRST_REST * 2, ..RECEIPT };
    (0..20).for_each(|_| circuit.fail(closed + SECOND, late));
    circuit.stop(closed + SECOND, late);
    assert!(circuit.is_closed());
}

#[test]
fn what_is_sent_all_the_same_and_goes_well_closes_it() {
    let start = Instant::now();
    let mut circuit = stopped(start);
    circuit.pass(start + SECOND);
    circuit.succeed(start + SECOND, ANSWER);
    assert!(circuit.is_closed());
}

#[test]
fn it_takes_five_failures_and_half_of_what_is_remembered() {
    let now = Instant::now();
    let mut circuit = Circuit::default();
    for failures in 1..=5 {
        assert!(!circuit.is_open(now), "{failures}");
        circuit.fail(now, ANSWER);
    }
    assert!(circuit.is_open(now));

    let mut busy = Circuit::default();
    for _ in 0..20 {
        busy.succeed(now, ANSWER);
    }
    for failures in 1..=10 {
        assert!(!busy.is_open(now), "{failures} of the last 20");
        busy.fail(now, ANSWER);
    }
    assert!(busy.is_open(now));
}

#[test]
fn messages_that_are_taken_and_fail_later_are_failures() {
    let now = Instant::now();
    let mut circuit = Circuit::default();
    for failures in 1..=5 {
        assert!(!circuit.is_open(now), "{failures}");
        (0..3).for_each(|_| circuit.succeed(now, ANSWER));
        circuit.fail(now, RECEIPT);
    }
    assert!(circuit.is_open(now));
}

#[test]
fn failures_of_long_ago_are_forgotten() {
    let start = Instant::now();
    let mut circuit = Circuit::default();
    (0..4).for_each(|_| circuit.fail(start, ANSWER));
    circuit.fail(start + MEMORY + SECOND, ANSWER);
    assert!(!circuit.is_open(start + MEMORY + SECOND));
}
