//! Calls can be followed by the ids that their caller gave them, and end at the deadline it set.

use pombo::grpc::proto::ResendCodeRequest;
use prost::Message;
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

/// A call as the wire has it: tonic's own client would give up by itself, and hide the answer.
async fn call(
    pombo: &Pombo,
    method: &str,
    message: &impl Message,
    timeout: &str,
) -> Option<String> {
    let encoded = message.encode_to_vec();
    let mut body = vec![0];
    body.extend((encoded.len() as u32).to_be_bytes());
    body.extend(encoded);
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let url = format!("http://{}/pombo.otp.v1.OtpService/{method}", pombo.grpc);
    let call = client.post(url).header("content-type", "application/grpc").header("te", "trailers");
    let answer = call.header("grpc-timeout", timeout).body(body).send().await.unwrap();
    // Only a refusal has its status in the head.
    answer.headers().get("grpc-status").map(|status| status.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_deadline_ends_the_call_and_loses_nothing() {
    let world = world(&[("CODE__HASH", "owasp")]).await;
    let pombo = world.serve().await;
    let deadline_exceeded = Some((tonic::Code::DeadlineExceeded as i32).to_string());
    for (n, timeout) in ["1m", "5m", "1000u", "1n", "0S"].into_iter().enumerate() {
        let number = format!("+5511987654{n}00");
        let status = call(&pombo, "IssueCode", &login(&number), timeout).await;
        assert_eq!(status, deadline_exceeded, "{timeout}");
        // The challenge got its message all the same, and a retry finds it.
        assert_eq!(world.simulator.inbox().wait_for(&number, 1).await.len(), 1);
        assert!(pombo.issue(&number).await.reused);
    }
    for timeout in ["10S", "1H", "99999999n", "99999999H", "soon", ""] {
        let _ = call(&pombo, "IssueCode", &login("+5511987655500"), timeout).await;
    }
    assert_eq!(call(&pombo, "IssueCode", &login("+5511987656600"), "10S").await, None);
}
