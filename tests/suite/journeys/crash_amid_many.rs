//! A process dies amid many calls, each of them at another stage.

use std::time::Duration;

use pombo::{
    grpc::proto::{ChallengeState, VerifyCodeRequest, VerifyOutcome},
    simulator::Channel::WhatsApp,
};

use crate::support::{
    all,
    pombo::{guess, login},
    redis_server::RedisServer,
    world::{World, brisk, number},
};

#[tokio::test]
async fn a_kill_amid_many_issues_loses_none_that_were_accepted() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve_another().await;
    let heir = world.serve().await;
    // The first call of a process has tables to load.
    pombo.issue(&number(99, "00")).await;
    let client = pombo.client().await;
    let (answered, mut answers) = tokio::sync::mpsc::channel(64);
    let issues = (0..60).map(|index| {
        let (mut client, answered) = (client.clone(), answered.clone());
        let to = number(100 + index, "00");
        async move {
            // Spread, so that the kill finds them at every stage.
            tokio::time::sleep(Duration::from_millis(5) * index).await;
            let answer = client.issue_code(login(&to)).await;
            answered.send(()).await.unwrap();
            let issued = answer.ok()?.into_inner();
            Some((to, issued.challenge_id))
        }
    });
    let kill = async {
        for _ in 0..20 {
            answers.recv().await.unwrap();
        }
        pombo.kill().await;
    };
    let (issued, ()) = tokio::join!(all(issues), kill);
    let accepted: Vec<_> = issued.into_iter().flatten().collect();
    assert!((20..60).contains(&accepted.len()), "{} of 60 accepted", accepted.len());

    let mut messages = 0;
    for (to, id) in &accepted {
        let message = world.message(to, WhatsApp, 1).await;
        assert_eq!(heir.verify(id, &message.code).await.outcome(), VerifyOutcome::Verified);
        assert_eq!(heir.get(id).await.state(), ChallengeState::Verified);
        messages += world.arrived(to).0;
    }
    println!("killed after {} accepted issues: {messages} messages, all verified", accepted.len());
}

#[tokio::test]
async fn a_verification_whose_answer_died_is_told_again_to_the_same_key() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve_another().await;
    let heir = world.serve().await;
    let mut guesses = Vec::new();
    for index in 0..40 {
        let to = number(200 + index, "00");
        let id = pombo.issue(&to).await.challenge_id;
        let code = world.message(&to, WhatsApp, 1).await.code;
        let idempotency_key = format!("submit {index}");
        guesses.push(VerifyCodeRequest { idempotency_key, ..guess(&id, &code) });
    }
    let client = pombo.client().await;
    let (answered, mut first) = tokio::sync::mpsc::channel(64);
    let calls = guesses.iter().cloned().map(|guess| {
        let (mut client, answered) = (client.clone(), answered.clone());
        async move {
            let verified = client
                .verify_code(guess)
                .await
                .is_ok_and(|answer| answer.into_inner().outcome() == VerifyOutcome::Verified);
            answered.send(()).await.unwrap();
            verified
        }
    });
    let kill = async {
        first.recv().await.unwrap();
        pombo.kill().await;
    };
    let (verified, ()) = tokio::join!(all(calls), kill);
    let (mut lost, mut open) = (0, 0);
    for (guess, _) in guesses.into_iter().zip(verified).filter(|(_, verified)| !verified) {
        let answer = heir.try_verify(guess).await.unwrap();
        assert_eq!(answer.outcome(), VerifyOutcome::Verified);
        *(if answer.replayed { &mut lost } else { &mut open }) += 1;
    }
    println!(
        "killed amid 40 verifications: {lost} answers were lost, {open} calls had done nothing"
    );
    assert!(lost + open > 0, "killed too late to prove anything");
    assert_eq!(heir.metrics().await["pombo_live_challenges"], 0.0);
}
