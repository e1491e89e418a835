//! What must happen in a run over many seeds, and often in a long one: every transition, every answer, every fault.

use std::collections::BTreeMap;

use super::pigeon::WORD;

const TRANSITIONS: &[&str] = &[
    "issued",
    "taken over",
    "guess counted",
    "locked",
    "delivery queued",
    "delivery accepted",
    "delivery sent",
    "delivery timed_out",
    "delivery failed",
    "delivery delivered",
    "delivery read",
    "fell back, refused",
    "fell back, failed",
    "fell back, undelivered",
    "fell back, unread",
    "fell back, unverified",
    "changed sender, refused",
    "changed sender, failed",
    "changed sender, undelivered",
    "concluded, code_matched",
    "concluded, time",
    "concluded, attempts",
    "concluded, caller",
    "concluded, new_transaction",
    "concluded, no_channel_left",
    "concluded, not_requested_by_recipient",
    "concluded, identity_changed",
    "flow completed",
    "flow abandoned",
];

const ANSWERS: &[&str] = &[
    "answer issued, new, sent",
    "answer issued, reused, sent",
    "answer issued, reused, silent",
    "answer resent",
    "answer replayed",
    "answer challenge",
    "answer reported",
    "answer verified",
    "answer wrong_code",
    "answer expired",
    "answer exhausted",
    "answer already_used",
    "answer cancelled",
    "answer superseded",
    "answer unknown_challenge",
    "answer transaction_mismatch",
    "answer undeliverable",
    "answer locked",
    "refused recipient",
    "refused subject",
    "refused client_ip",
    "refused caller",
    "refused resend_wait",
    "refused locked",
    "refused NotFound",
    "refused Concluded",
    "refused NoMessageLeft",
    "refused NoSender",
    "refused KeyReused",
    "refused TransactionMissing",
    "refused TransactionUnexpected",
    "failed Store",
    "failed Unsure",
    "retry looked at",
];

const TOLLS: &[&str] = &[
    "text withheld, prefix_breaker",
    "text withheld, prefix_budget",
    "text withheld, country_budget",
    "text withheld, spend_cap",
    "text noted by a rule",
    "refused prefix_breaker",
    "refused prefix_budget",
    "refused country_budget",
    "refused spend_cap",
    "text charged",
    "text charged already",
    "charge refused",
    "text tried",
    "text tried again",
    "charge given back",
    "charge held by another",
    "charge left behind",
    "text given back",
];

const FAULTS: &[&str] = &[
    "store commit conflict",
    "store commit conflict out of nothing",
    "store commit unacknowledged",
    "two answers to commits are lost",
    "caller hangs up",
    "caller hears nothing",
    "call made again",
    "key used again",
    "double submit with a key",
    "double submit without a key",
    "clock jumps ahead",
    "clock jumps far ahead",
    "clock jumps back",
    "message lost",
    "receipt lost",
    "receipt twice",
    "receipt late",
    "receipt very late",
    "receipt of another message",
    "receipt out of nowhere",
    "callback comes again",
    "callback ignored",
    "callback not requested",
    "sender Takes",
    "sender TakesSlowly",
    "sender TakesAndLoses",
    "sender TakesAndFails",
    "sender Refuses",
    "sender RefusesRecipient",
    "sender BreaksOff",
    "sender Hangs",
    "sender hears of a code",
    "replica starts",
];

const STORE_CALLS: &[&str] = &["load", "commit", "claim", "charge", "remember", "find"];

const STORE_FAULTS: &[&str] =
    &["SlowThere", "SlowBack", "Lost", "AnswerLost", "CarriedOutLater", "Unreachable"];

const REASONS: &[&str] = &[
    "not_on_whatsapp",
    "rejected",
    "rate_limited",
    "unavailable",
    "misconfigured",
    "blocked_as_fraud",
    "unreachable",
    "identity_changed",
    "other",
    "of token",
    "of app",
    "of account",
    "of phone_number",
    "of template",
    "of country",
];

fn expected() -> impl Iterator<Item = String> {
    let names =
        [TRANSITIONS, ANSWERS, TOLLS, FAULTS].into_iter().flatten().map(ToString::to_string);
    let faults = |call| STORE_FAULTS.iter().map(move |fault| format!("store {call} {fault}"));
    let calls = STORE_CALLS.iter().chain(&["try", WORD]);
    let deaths = |call| ["before", "after"].map(|when| format!("died {when} {call}"));
    let refusals = REASONS.iter().map(|reason| format!("refusal {reason}"));
    names.chain(STORE_CALLS.iter().flat_map(faults)).chain(calls.flat_map(deaths)).chain(refusals)
}

/// Nothing that a run has to meet is rarer than this.
pub fn assert_all_common(counts: &BTreeMap<String, u64>, least: u64) {
    let times = |name: &String| counts.get(name).copied().unwrap_or_default();
    let rare: Vec<_> =
        expected().filter(|name| times(name) < least).map(|name| (times(&name), name)).collect();
    assert!(rare.is_empty(), "happened less than {least} times: {rare:?}");
}
