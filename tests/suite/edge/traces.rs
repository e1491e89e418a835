//! Calls can be followed by the ids that their caller gave them.

use pombo::grpc::proto::ResendCodeRequest;
use serde_json::Value;
use tonic::Request;

use super::{NUMBER, world};
use crate::support::pombo::{Pombo, login};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Every line of the log, each of which must be an object.
fn log(pombo: &Pombo) -> Vec<Value> {
    let lines = pombo.stderr.all();
    let parsed = lines.iter().map(|line| serde_json::from_str(line));
    let parsed = parsed.map(|line| line.unwrap_or_else(|error| panic!("{error} in {lines:?}")));
    parsed.inspect(|line: &Value| assert!(line.is_object(), "{line}")).collect()
}

#[tokio::test]
async fn every_line_of_a_call_carries_its_ids() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let named = |message| {
        let mut request = Request::new(message);
        let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
        request.metadata_mut().insert("x-request-id", "request-7".parse().unwrap());
        request
    };
    let mut client = pombo.client().await;
    let issued = client.issue_code(named(login(NUMBER))).await.unwrap().into_inner();
    client.issue_code(named(login("+1"))).await.unwrap_err();
    let accepted = |line: &str| line.contains("delivery moved on") && line.contains("\"accepted\"");
    pombo.stderr.wait_for("the provider's answer", accepted).await;
    for said in ["challenge issued", "call refused", "\"accepted\""] {
        let line = pombo.stderr.wait_for(said, |line| line.contains(said)).await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let spans = line["spans"].as_array().cloned().unwrap_or_default();
        let has = |name: &str, value: &str| {
            spans.iter().chain([&line["span"]]).any(|span| span[name] == value)
        };
        assert!(has("request_id", "request-7") && has("trace_id", TRACE), "{line}");
    }

    // Without ids of its caller's a call gets one of ours, and no bad one is repeated.
    let mut odd =
        Request::new(ResendCodeRequest { challenge_id: issued.challenge_id, ..Default::default() });
    odd.metadata_mut().insert("x-request-id", "a {\"b\": 1}".parse().unwrap());
    odd.metadata_mut().insert("traceparent", "00-zz-1-01".parse().unwrap());
    client.resend_code(odd).await.unwrap_err();
    pombo
        .stderr
        .wait_for("a refusal", |line| line.contains("the wait before another message"))
        .await;
    let refused = log(&pombo).into_iter().rfind(|line| line["message"] == "call refused").unwrap();
    assert_eq!(refused["span"]["request_id"].as_str().unwrap().len(), 16);
    assert_eq!(refused["span"]["trace_id"], "");
}

#[tokio::test]
async fn a_warning_carries_its_calls_ids_whatever_else_is_logged() {
    let world = world(&[]).await;
    let quiet = [("RUST_LOG", "warn,pombo::cli=info")];
    let pombo = Pombo::serve_with(&[], &[&world.environment()[..], &quiet].concat()).await;
    let mut request = Request::new(login("+5511987654301"));
    request.metadata_mut().insert("x-request-id", "request-8".parse().unwrap());
    pombo.client().await.issue_code(request).await.unwrap();
    let line = pombo.stderr.wait_for("a refused send", |line| line.contains("a send failed")).await;
    assert!(line.contains("\"request_id\":\"request-8\""), "{line}");
}
