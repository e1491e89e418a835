//! Numbers to which nothing is sent at all; and limits that are only observed.

use super::*;
use crate::{
    edge::{keyed, sha256_hex},
    support::world::number,
};

/// A British premium-rate number, and one of shared cost.
const COSTLY: [&str; 2] = ["+449012345678", "+448431234567"];

fn barred<T: std::fmt::Debug>(call: Result<T, Status>) {
    let status = call.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "PREFIX_BLOCKED");
}

/// A service whose caller is a bank.
async fn for_a_bank(more: &[(&str, &str)]) -> Pombo {
    let hash = sha256_hex("bank key");
    let bank = [("CALLERS__0__NAME", "bank"), ("CALLERS__0__API_KEY_SHA256", &*hash)];
    world("memory:", &[&bank, more].concat()).await.serve().await
}

#[tokio::test]
async fn blocked_prefixes_and_costly_numbers_get_nothing() {
    let world = world("memory:", &[("FRAUD__BLOCKED_PREFIXES", "[\"+551193\"]")]).await;
    let pombo = world.serve().await;
    barred(pombo.try_issue(login(&number(300_000, "00"))).await);
    for to in COSTLY {
        barred(pombo.try_issue(login(to)).await);
    }
    pombo.issue(&number(400_000, "00")).await;
    let metrics = pombo.metrics().await;
    assert_eq!(metrics["pombo_limited_total{limit=\"blocked_prefix\"}"], 1.0);
    assert_eq!(metrics["pombo_limited_total{limit=\"number_type\"}"], 2.0);
}

#[tokio::test]
async fn who_may_not_ask_or_asks_wrongly_is_told_that_first_and_is_no_hit() {
    let pombo = for_a_bank(&[("CALLERS__0__PURPOSES", "signup")]).await;
    let mut client = pombo.client().await;
    let mut ask = async |request| {
        let answer = client.issue_code(keyed("bank key", request)).await;
        let status = answer.unwrap_err();
        let details = status.get_error_details();
        (status.code(), details.error_info().map(|it| it.reason.clone()).unwrap_or_default())
    };
    let wrong = IssueCodeRequest { language_code: "?".to_owned(), ..login(COSTLY[0]) };
    assert_eq!(ask(wrong).await, (Code::InvalidArgument, String::new()));
    assert_eq!(ask(login(COSTLY[0])).await.1, "PURPOSE_NOT_ALLOWED");
    let signup = IssueCodeRequest { purpose: proto::Purpose::Signup.into(), ..login(COSTLY[0]) };
    assert_eq!(ask(signup).await.1, "PREFIX_BLOCKED");
    assert_eq!(pombo.metrics().await["pombo_limited_total{limit=\"number_type\"}"], 1.0);
}

#[tokio::test]
async fn what_would_be_screened_out_can_be_observed_first() {
    let rules = [
        ("FRAUD__BLOCKED_PREFIXES", "[\"+551193\"]"),
        ("FRAUD__OBSERVE", "[\"blocked_prefix\", \"number_type\"]"),
    ];
    let pombo = world("memory:", &rules).await.serve().await;
    pombo.issue(&number(300_000, "00")).await;
    pombo.issue(COSTLY[0]).await;
    let metrics = pombo.metrics().await;
    assert_eq!(metrics["pombo_observed_total{limit=\"blocked_prefix\"}"], 1.0);
    assert_eq!(metrics["pombo_observed_total{limit=\"number_type\"}"], 1.0);
}

#[tokio::test]
async fn an_observed_limit_refuses_nobody_and_is_counted() {
    let limits = [("LIMITS__SUBJECT", "[\"1/1h\"]"), ("LIMITS__OBSERVE", "[\"subject\"]")];
    let pombo = world("memory:", &limits).await.serve().await;
    for index in 0..3 {
        let request = login(&number(300_000 + index, "00"));
        pombo
            .try_issue(IssueCodeRequest { subject_id: "ana".to_owned(), ..request })
            .await
            .unwrap();
    }
    assert_eq!(pombo.metrics().await["pombo_observed_total{limit=\"subject\"}"], 2.0);
}

#[tokio::test]
async fn a_caller_may_have_a_quota_of_its_own() {
    let quota = [("CALLERS__0__QUOTA", "[\"2/1h\"]"), ("LIMITS__CALLER", "[\"1/1h\"]")];
    let pombo = for_a_bank(&quota).await;
    let mut client = pombo.client().await;
    let mut ask = async |index: u32| {
        let request = login(&number(300_000 + index, "00"));
        client.issue_code(keyed("bank key", request)).await
    };
    ask(0).await.unwrap();
    ask(1).await.unwrap();
    assert_eq!(refused(ask(2).await).0, "CALLER_LIMIT");
}
