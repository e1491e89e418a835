//! The main job, by the line that `dev` prints.

use std::time::{Duration, Instant};

use pombo::grpc::proto::{Channel, VerifyOutcome};
use tokio::process::Command;

use crate::support::{pombo::Pombo, redis_server::RedisServer, world::World};

/// Fallback waits that a test can live with.
const SOON: (&str, &str) = ("POMBO_DELIVERY__UNDELIVERED", "1s");

async fn the_pasted_line_verifies(environment: &[(&str, &str)]) {
    let start = Instant::now();
    let dev = Pombo::dev(environment).await;
    assert_eq!(dev.page("/readyz").await, "ready");
    let took = start.elapsed();
    println!("dev served after {took:?}");
    assert!(took < Duration::from_secs(2), "dev must serve within two seconds");

    for (digits, road) in [
        ("00", Channel::Whatsapp),
        ("01", Channel::Sms),
        ("02", Channel::Sms),
        ("03", Channel::Sms),
    ] {
        let number = format!("+55119876543{digits}");
        let line = dev.stdout.wait_for("the line to paste", |line| line.contains(" issue +")).await;
        let answer = paste(&line.replace("+5511987654300", &number)).await;
        assert!(answer.contains("challenge_id"), "{answer}");
        let message = dev.message(&number, 1).await;
        assert_eq!((&*message.channel, &message.to), (name(road), &number));
        assert!(message.text.contains(&message.code) && message.time.ends_with('Z'), "{message:?}");

        let verify = dev.stdout.wait_for("the line to verify", |line| {
            line.contains(" verify ") && answer.contains(line.split_whitespace().nth(2).unwrap())
        });
        let answer = paste(&verify.await).await;
        assert!(answer.contains("VERIFIED"), "{answer}");
        assert!(answer.contains(&format!("used_channel        {}", name(road))), "{answer}");
    }
}

/// Runs a line as a shell would.
async fn paste(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().await.unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Whatsapp => "whatsapp",
        _ => "sms",
    }
}

#[tokio::test]
async fn the_pasted_lines_verify_in_memory() {
    the_pasted_line_verifies(&[SOON]).await;
}

#[tokio::test]
async fn the_pasted_lines_verify_on_redis() {
    let redis = RedisServer::start();
    the_pasted_line_verifies(&[SOON, ("POMBO_STORE__URL", &redis.url())]).await;
}

#[tokio::test]
async fn serve_does_the_same_with_providers_elsewhere() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), Default::default(), &[]).await;
    let pombo = world.serve().await;
    world.simulator.handshake().await.unwrap();
    let number = "+5511987654300";
    let issued = pombo.issue(number).await;
    let message = world.simulator.inbox().wait_for(number, 1).await.remove(0);
    let verified = pombo.verify(&issued.challenge_id, &message.code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert_eq!(verified.used_channel(), Channel::Whatsapp);
    assert_eq!(verified.recipient, number);
}
