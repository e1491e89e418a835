//! Every documented error code of Twilio, against the reading that was agreed on.

use pombo::{
    delivery::{
        Again,
        reaction::{Reaction, Scope},
        sms::twilio_errors::judge,
    },
    otp::{Cause, FailureReason},
};

use super::whatsapp_codes::rows;

/// Code, reason, whether to try again, what else stops.
const TABLE: &str = "
    20003   misconfigured       no      account
    20404   misconfigured       no      -
    20429   rate_limited        once    -
    21211   unreachable         no      -
    21212   misconfigured       no      phone_number
    21408   misconfigured       no      country
    21603   misconfigured       no      phone_number
    21606   misconfigured       no      phone_number
    21608   misconfigured       no      -
    21610   rejected            no      -
    21611   rate_limited        no      -
    21612   rejected            no      -
    21614   unreachable         no      -
    21617   rejected            no      -
    21635   unreachable         no      -
    21703   misconfigured       no      phone_number
    21705   misconfigured       no      phone_number
    30001   rate_limited        no      -
    30002   misconfigured       no      account
    30003   unreachable         once    -
    30004   rejected            no      -
    30005   unreachable         no      -
    30006   unreachable         no      -
    30007   rejected            no      -
    30008   other               no      -
    30017   unavailable         yes     -
    30018   misconfigured       no      country
    30022   rate_limited        no      -
    30023   rate_limited        no      -
    30024   misconfigured       no      country
    30032   misconfigured       no      phone_number
    30034   misconfigured       no      phone_number
    30035   misconfigured       no      phone_number
    30036   unavailable         no      -
    30038   rejected            no      -
    30040   misconfigured       no      country
    30410   unavailable         no      -
    30450   blocked_as_fraud    no      -
    30453   blocked_as_fraud    no      -
    30454   rate_limited        no      account
    30485   blocked_as_fraud    no      -
    63016   other               no      -
    63999   other               no      -
";

#[test]
fn every_code_means_what_the_table_says() {
    for (code, reason, again, scope) in rows(TABLE) {
        for status in [None, Some(201), Some(400), Some(500)] {
            let judged = judge(Some(code), status);
            let found = (judged.reason, judged.again, judged.scope.map(Scope::as_str));
            assert_eq!(found, (reason, again, scope), "{code} {status:?}");
        }
    }
}

#[test]
fn what_a_recipient_does_not_want_no_other_sender_gets_around() {
    let refused = (0..100_000).filter(|code| {
        let judged = judge(Some(*code), None);
        judged.reason == FailureReason::Rejected && judged.cause == Cause::Recipient
    });
    assert_eq!(refused.collect::<Vec<_>>(), [21_610, 30_004, 30_038]);
    // What Twilio itself was too slow for says nothing of the recipient.
    assert_eq!(judge(Some(30_036), None).cause, Cause::Sender);
}

#[test]
fn only_three_codes_speak_of_fraud() {
    let fraud = (0..100_000)
        .filter(|code| judge(Some(*code), None).reason == FailureReason::BlockedAsFraud);
    assert_eq!(fraud.collect::<Vec<_>>(), [30_450, 30_453, 30_485]);
}

#[test]
fn unknown_codes_go_by_the_status() {
    for code in [-1, 0, 20_500, 62_999, 64_000, i64::MAX] {
        for status in [None, Some(400), Some(401), Some(429), Some(503)] {
            assert_eq!(judge(Some(code), status), Reaction::of_status(status), "{code} {status:?}");
        }
    }
    assert_eq!(judge(Some(20_500), Some(500)).again, Again::Doubtful);
}
