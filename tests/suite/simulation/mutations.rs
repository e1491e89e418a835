//! Whatever a service broke, the laws would see it.

use std::sync::Arc;

use super::{
    Run, as_it_is,
    laws::Law,
    mutant::{Mutant, Mutation},
    run, run_in,
    town::Town,
};

/// Whether one of a few seeds shows that a mutation breaks this law.
fn is_noticed(how: Mutation, law: Law) -> bool {
    is_broken(law, |seed| run(seed, &move |store| Arc::new(Mutant::new(how, store))))
}

fn is_broken(law: Law, run: impl Fn(u64) -> Run) -> bool {
    (0..40).any(|seed| {
        let breach = run(seed).end.err();
        println!("{law:?}, seed {seed}: {breach:?}");
        breach.is_some_and(|breach| breach.law == law)
    })
}

#[test]
fn a_guess_that_is_not_counted_is_noticed() {
    assert!(is_noticed(Mutation::GuessNotCounted, Law::Attempts));
}

#[test]
fn a_second_verification_is_noticed() {
    assert!(is_noticed(Mutation::VerifiedTwice, Law::OneVerified));
}

#[test]
fn a_dropped_alarm_is_noticed() {
    assert!(is_noticed(Mutation::AlarmDropped, Law::OneAlarm));
}

#[test]
fn a_try_without_a_look_is_noticed() {
    assert!(is_noticed(Mutation::LookLeftOut, Law::LookFirst));
}

#[test]
fn a_status_moved_back_is_noticed() {
    assert!(is_noticed(Mutation::StatusMovedBack, Law::Forward));
}

#[test]
fn a_ledger_cleared_by_a_new_challenge_is_noticed() {
    assert!(is_noticed(Mutation::LedgerCleared, Law::Memory));
}

#[test]
fn a_digest_stored_after_its_message_went_out_is_noticed() {
    assert!(is_noticed(Mutation::DigestStoredLate, Law::DigestFirst));
}

#[test]
fn a_charge_that_one_gives_back_for_all_is_noticed() {
    assert!(is_noticed(Mutation::GivenBackForOthers, Law::Paid));
}

#[test]
fn a_charge_that_nobody_gives_back_is_noticed() {
    let gentle = |seed| {
        let mut town = Town::drawn(seed);
        town.is_gentle = true;
        town.opened(&|store| Arc::new(Mutant::new(Mutation::NothingGivenBack, store)))
    };
    assert!(is_broken(Law::Paid, |seed| run_in(|| gentle(seed))));
}

#[test]
fn an_answer_that_replicas_may_not_have_is_noticed() {
    let careless = |seed| {
        let mut town = Town::drawn(seed);
        town.says_that_it_waits = false;
        town.opened(&as_it_is)
    };
    assert!(is_broken(Law::Lasting, |seed| run_in(|| careless(seed))));
}
