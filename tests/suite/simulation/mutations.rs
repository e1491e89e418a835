//! Whatever a service broke, the laws would see it.

use std::sync::Arc;

use super::{
    laws::Law,
    mutant::{Mutant, Mutation},
    run,
};

/// Whether one of a few seeds shows that a mutation breaks this law.
fn is_noticed(how: Mutation, law: Law) -> bool {
    (0..40).any(|seed| {
        let run = run(seed, &move |store| Arc::new(Mutant::new(how, store)));
        let breach = run.end.err();
        println!("{how:?}, seed {seed}: {breach:?}");
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
