//! Every documented error code of Meta, against the reading that was agreed on.

use pombo::{
    delivery::{
        Again,
        reaction::{Reaction, Scope},
        whatsapp::errors::judge,
    },
    otp::FailureReason,
};

/// Code, reason, whether to try again, what else stops.
const TABLE: &str = "
    0       misconfigured       no      token
    1       unavailable         once    -
    2       unavailable         yes     -
    3       misconfigured       no      app
    4       rate_limited        no      app
    10      misconfigured       no      app
    33      misconfigured       no      phone_number
    100     rejected            no      -
    104     misconfigured       no      token
    190     misconfigured       no      token
    200     misconfigured       no      app
    201     misconfigured       no      app
    250     misconfigured       no      app
    299     misconfigured       no      app
    368     misconfigured       no      account
    80007   rate_limited        no      account
    130403  not_on_whatsapp     no      -
    130429  rate_limited        yes     -
    130472  rejected            no      -
    130497  misconfigured       no      country
    131000  unavailable         yes     -
    131005  misconfigured       no      app
    131008  rejected            no      -
    131009  rejected            no      -
    131016  unavailable         yes     -
    131021  rejected            no      -
    131026  not_on_whatsapp     no      -
    131030  misconfigured       no      -
    131031  misconfigured       no      account
    131037  misconfigured       no      phone_number
    131042  misconfigured       no      account
    131045  misconfigured       no      phone_number
    131047  rejected            no      -
    131048  rate_limited        no      phone_number
    131049  rejected            no      -
    131050  rejected            no      -
    131051  rejected            no      -
    131052  other               no      -
    131053  other               no      -
    131056  rate_limited        no      -
    131057  unavailable         no      phone_number
    131062  rejected            no      -
    131063  other               no      -
    131064  rate_limited        no      account
    132000  rejected            no      -
    132001  misconfigured       no      template
    132005  misconfigured       no      template
    132007  misconfigured       no      template
    132008  rejected            no      -
    132012  rejected            no      -
    132015  misconfigured       no      template
    132016  misconfigured       no      template
    132018  rejected            no      -
    132068  other               no      -
    132069  other               no      -
    133004  unavailable         yes     -
    133010  misconfigured       no      phone_number
    134011  other               no      -
    135000  rejected            once    -
    137000  identity_changed    no      -
    139200  other               no      -
";

pub fn rows(table: &str) -> Vec<(i64, FailureReason, Again, Option<&str>)> {
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|words| !words.is_empty())
        .map(|words| {
            let again = match words[2] {
                "no" => Again::No,
                "once" => Again::Once,
                "yes" => Again::Yes,
                other => panic!("{other}"),
            };
            let scope = Some(words[3]).filter(|scope| *scope != "-");
            (words[0].parse().unwrap(), FailureReason::from_text(words[1]).unwrap(), again, scope)
        })
        .collect()
}

#[test]
fn every_code_means_what_the_table_says() {
    for (code, reason, again, scope) in rows(TABLE) {
        // The status does not count: Meta's own pages disagree about it.
        for status in [None, Some(200), Some(400), Some(429), Some(500)] {
            let judged = judge(Some(code), status);
            let found = (judged.reason, judged.again, judged.scope.map(Scope::as_str));
            assert_eq!(found, (reason, again, scope), "{code} {status:?}");
        }
    }
}

#[test]
fn every_permission_code_stops_the_app() {
    for code in 200..=299 {
        assert_eq!(judge(Some(code), Some(403)).scope, Some(Scope::App), "{code}");
    }
}

#[test]
fn unknown_codes_go_by_the_status() {
    for code in [-1, 5, 199, 300, 131_999, i64::MAX] {
        for status in [None, Some(400), Some(401), Some(429), Some(503)] {
            assert_eq!(judge(Some(code), status), Reaction::of_status(status), "{code} {status:?}");
        }
    }
    assert_eq!(judge(Some(5), Some(503)).again, Again::Doubtful);
    assert_eq!(judge(Some(5), Some(400)).again, Again::No);
}

#[test]
fn nothing_that_stops_more_than_one_message_is_tried_again() {
    for code in 0..140_000 {
        let judged = judge(Some(code), Some(400));
        assert!(judged.scope.is_none() || judged.again == Again::No, "{code}");
    }
}
