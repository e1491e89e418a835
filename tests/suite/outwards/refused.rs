//! Calls that a rule or a screen against toll fraud refused.

use pombo::grpc::proto::Channel;
use serde_json::{Value, json};

use super::*;
use crate::support::{
    pombo::{by_sms, login},
    world::number,
};

#[tokio::test]
async fn a_refused_call_is_an_event_with_its_rule() {
    let receiver = Receiver::start().await;
    let budget = [("FRAUD__ENFORCE", "[\"prefix_budget\"]"), ("FRAUD__PREFIX_HOURLY", "1")];
    let world = world("memory:", &receiver, &budget).await;
    let pombo = world.serve().await;
    pombo.try_issue(by_sms(&number(300_000, "00"))).await.unwrap();
    let here = number(300_001, "00");
    pombo.try_issue(by_sms(&here)).await.unwrap_err();
    let id = pombo.issue(&here).await.challenge_id;
    world.message(&here, pombo::simulator::Channel::WhatsApp, 1).await;
    pombo.resend(&id, Channel::Sms).await.unwrap_err();
    assert!(!pombo.try_issue(by_sms(&here)).await.unwrap().message_sent);

    let is_refused = |came: &&Came| came.kind() == "call.refused";
    let refused = |seen: &[Came]| seen.iter().filter(is_refused).count() == 3;
    let seen = receiver.until("three refused calls", refused).await;
    let mut of_nothing = seen.iter().filter(is_refused).filter(|it| it.text("subject").is_empty());
    let data = &of_nothing.next().expect("the call that began no challenge").event["data"];
    let told = ["rule", "enforced", "purpose", "country"].map(|name| &data[name]);
    assert_eq!(json!(told), json!(["prefix_budget", true, "login", "BR"]));
    assert_eq!(data["prefix"].as_str().unwrap().len(), 32);
    assert!(!data.to_string().contains(&here[4..]), "{data}");
    assert_eq!(of_nothing.count(), 0);
    let of_challenge = seen.iter().filter(is_refused).filter(|it| it.text("subject") == id);
    assert_eq!(of_challenge.count(), 2);
}

/// Of each screen its first event, and how many calls all its events tell of.
async fn screened(rules: &[(&str, &str)]) -> Vec<(Value, u64)> {
    let receiver = Receiver::start().await;
    let rules = [&[("FRAUD__BLOCKED_PREFIXES", "[\"+551193\"]")], rules].concat();
    let world = world("memory:", &receiver, &rules).await;
    let pombo = world.serve().await;
    for index in 0..20 {
        let _ = pombo.try_issue(login(&number(300_000 + index, "00"))).await;
    }
    let _ = pombo.try_issue(login("+449012345678")).await;

    let of = |seen: &[Came], rule: &str| -> Vec<Value> {
        let refused = seen.iter().filter(|it| it.kind() == "call.refused");
        let data = refused.map(|it| it.event["data"].clone());
        data.filter(|data| data["rule"] == rule).collect()
    };
    let calls =
        |told: &[Value]| -> u64 { told.iter().map(|data| data["calls"].as_u64().unwrap()).sum() };
    let told = ["blocked_prefix", "number_type"];
    let all = |seen: &[Came]| told.map(|rule| calls(&of(seen, rule))) == [20, 1];
    let seen = receiver.until("twenty-one screened calls", all).await;
    assert!(
        seen.iter().filter(|it| it.kind() == "call.refused").count() < 10,
        "alike are told together"
    );
    told.map(|rule| (of(&seen, rule)[0].clone(), calls(&of(&seen, rule)))).into()
}

#[tokio::test]
async fn a_call_to_a_number_that_is_screened_out_is_an_event_with_its_rule() {
    let told = screened(&[]).await;
    let [(blocked, 20), (costly, 1)] = &told[..] else { panic!("{told:?}") };
    let fields = ["enforced", "purpose", "country", "prefix"];
    assert_eq!(json!(fields.map(|name| &blocked[name])), json!([true, "login", "BR", null]));
    assert_eq!(json!(fields.map(|name| &costly[name])), json!([true, "login", "GB", null]));
}

#[tokio::test]
async fn a_screen_that_is_only_observed_is_told_of_alike() {
    let told = screened(&[("FRAUD__OBSERVE", "[\"blocked_prefix\", \"number_type\"]")]).await;
    let enforced: Vec<_> = told.iter().map(|(data, calls)| (&data["enforced"], calls)).collect();
    assert_eq!(enforced, [(&json!(false), &20), (&json!(false), &1)]);
}

/// What is told by which rule, and whether it was enforced, of two text messages to one prefix.
async fn told_of_the_second(kind: &str, rules: &[(&str, &str)]) -> Vec<(String, bool)> {
    let receiver = Receiver::start().await;
    let floors = [("FRAUD__PREFIX_HOURLY", "1"), ("FRAUD__COUNTRY_HOURLY", "1")];
    let world = world("memory:", &receiver, &[&floors, rules].concat()).await;
    let pombo = world.serve().await;
    pombo.try_issue(by_sms(&number(300_000, "00"))).await.unwrap();
    let _ = pombo.try_issue(by_sms(&number(300_001, "00"))).await;
    let of = |seen: &[Came]| -> Vec<(String, bool)> {
        let data = seen.iter().filter(|it| it.kind() == kind).map(|it| &it.event["data"]);
        let told =
            data.map(|data| (data["rule"].as_str().unwrap().into(), data["enforced"] == true));
        told.collect()
    };
    let mut told = of(&receiver.until("both rules", |seen| of(seen).len() == 2).await);
    told.sort();
    told
}

#[tokio::test]
async fn each_rule_that_is_observed_is_told_of() {
    let observed = [("FRAUD__OBSERVE", "[\"prefix_budget\", \"country_budget\"]")];
    let told = told_of_the_second("challenge.text_withheld", &observed).await;
    assert_eq!(told, [("country_budget".to_owned(), false), ("prefix_budget".to_owned(), false)]);
}

#[tokio::test]
async fn beside_the_rule_that_refused_a_call_those_are_told_of_that_would_have() {
    let rules =
        [("FRAUD__OBSERVE", "[\"prefix_budget\"]"), ("FRAUD__ENFORCE", "[\"country_budget\"]")];
    let told = told_of_the_second("call.refused", &rules).await;
    assert_eq!(told, [("country_budget".to_owned(), true), ("prefix_budget".to_owned(), false)]);
}
