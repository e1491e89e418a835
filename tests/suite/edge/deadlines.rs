//! Calls end at the deadline that their caller set, and on the wire as the contract says.

use pombo::grpc::proto::VerifyOutcome;
use prost::Message;

use super::world;
use crate::support::{
    pombo::{PATIENCE, Pombo, guess, login},
    redis_server::RedisServer,
    world::World,
};

/// A call as the wire has it: tonic's own client would give up by itself, and hide the answer.
async fn call(
    pombo: &Pombo,
    method: &str,
    message: &impl Message,
    timeout: &str,
) -> Option<String> {
    raw_call(pombo, method, framed(&message.encode_to_vec()), timeout).await
}

/// A message as gRPC's body has it.
fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

async fn raw_call(pombo: &Pombo, method: &str, body: Vec<u8>, timeout: &str) -> Option<String> {
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
    // With so little time the transport may give up before it has read the request, by a word of its
    // own.
    let given_up = [tonic::Code::DeadlineExceeded, tonic::Code::Cancelled];
    let given_up = given_up.map(|code| Some((code as i32).to_string()));
    for (n, timeout) in ["1m", "5m", "1000u", "1n", "0S"].into_iter().enumerate() {
        let number = format!("+5511987654{n}00");
        let status = call(&pombo, "IssueCode", &login(&number), timeout).await;
        assert!(given_up.contains(&status), "{timeout}: {status:?}");
        // Either nothing was begun, or its message comes: a retry leads to one message in each case.
        pombo.issue(&number).await;
        assert_eq!(world.simulator.inbox().wait_for(&number, 1).await.len(), 1);
    }
    for timeout in ["10S", "1H", "99999999n", "99999999H", "soon", ""] {
        let _ = call(&pombo, "IssueCode", &login("+5511987655500"), timeout).await;
    }
    assert_eq!(call(&pombo, "IssueCode", &login("+5511987656600"), "10S").await, None);
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let pombo = world(&[]).await.serve().await;
    let invalid_argument = Some((tonic::Code::InvalidArgument as i32).to_string());
    // An endless number, a field cut short, a text that is no UTF-8.
    let messages = [vec![0xff; 12], vec![0x0a, 0x05, b'+'], vec![0x0a, 0x02, 0xc3, 0x28]];
    // No message at all, and one that is said to be compressed.
    let bodies = messages.iter().map(|message| framed(message));
    for body in bodies.chain([vec![], vec![1, 0, 0, 0, 0]]) {
        let status = raw_call(&pombo, "IssueCode", body.clone(), "5S").await;
        assert_eq!(status, invalid_argument, "{body:?}");
    }
}

#[tokio::test]
async fn a_verification_that_nobody_waits_for_does_not_happen() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), Default::default(), &[]).await;
    let pombo = world.serve().await;
    let number = "+5511987654300";
    let issued = pombo.issue(number).await;
    let code = world.simulator.inbox().wait_for(number, 1).await.remove(0).code;
    redis.pause();
    let status = call(&pombo, "VerifyCode", &guess(&issued.challenge_id, &code), "300m").await;
    assert_eq!(status, Some((tonic::Code::DeadlineExceeded as i32).to_string()));
    redis.resume();
    // The person's next try is the first that anybody hears of.
    let next = async {
        loop {
            match pombo.try_verify(guess(&issued.challenge_id, &code)).await {
                Ok(answer) => return answer,
                Err(status) => assert_eq!(status.code(), tonic::Code::Unavailable),
            }
        }
    };
    let verified = tokio::time::timeout(PATIENCE, next).await.unwrap();
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert!(!verified.replayed);
}
