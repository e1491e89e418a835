//! Callbacks that somebody wrote down on their way, sent again or altered: they cause no message, end no
//! challenge and change no delivery of anybody's.

use pombo::{
    grpc::proto::{ChallengeState, Purpose, VerifyOutcome},
    simulator::{meta, twilio},
};
use reqwest::StatusCode;

use super::{
    NO_WAITS, Siege, outcome, session,
    wiretap::{Call, SIGNATURES, Wiretap},
};
use crate::support::{pombo::guess, redis_server::RedisServer, world::number};

/// Two replicas whose providers' callbacks all pass by the wiretap.
async fn tapped() -> (Siege, Wiretap) {
    let tap = Wiretap::start().await;
    let more = [NO_WAITS, ("SERVER__PUBLIC_URL", &*tap.url)];
    let siege = Siege::over(RedisServer::start(), "error,pombo::cli::serve=info", &more).await;
    tap.lead_to(&siege.replicas[0].webhooks);
    siege.world.simulator.set_webhook_base(&*tap.url);
    (siege, tap)
}

async fn challenge(siege: &Siege, to: &str, subject: &str) -> String {
    let issued = siege.issue(0, "bank", session(to, Purpose::Login, subject)).await;
    issued.unwrap().challenge_id
}

/// What may be seen of a challenge but for the moment of a receipt that says nothing new.
async fn looks(siege: &Siege, id: &str) -> (ChallengeState, Vec<(i32, i32)>, i32) {
    let seen = siege.get("bank", id).await;
    let deliveries = seen.deliveries.iter().map(|it| (it.channel, it.status)).collect();
    (seen.state(), deliveries, seen.attempts_remaining)
}

async fn counted(siege: &Siege, result: &str) -> f64 {
    let mut all = 0.0;
    for source in ["whatsapp", "twilio"] {
        let labels = format!("{{source=\"{source}\",result=\"{result}\"}}");
        all += siege.counted(&format!("pombo_webhooks_total{labels}")).await;
    }
    all
}

/// Sends each to both replicas, and tells how many calls that was.
async fn send_all(siege: &Siege, calls: &[Call], expected: StatusCode) -> usize {
    for call in calls {
        for replica in &siege.replicas {
            assert_eq!(call.send(&replica.webhooks).await, expected, "{call:?}");
        }
    }
    calls.len() * siege.replicas.len()
}

/// Signatures of those who do not know the secret.
fn signatures(call: &Call) -> Vec<Call> {
    let good = &call.signature.1;
    let by = |secret: &str| match call.signature.0 == SIGNATURES[0] {
        true => meta::sign(secret, call.body.as_bytes()),
        false => twilio::sign(&call.path, &[], secret),
    };
    let mut signatures: Vec<String> =
        ["", "secret", "simulated-verify-token"].map(by).into_iter().collect();
    signatures.extend([String::new(), "sha256=".to_owned(), good[..good.len() - 1].to_owned()]);
    signatures.extend([good.to_lowercase() + "0", format!("{good},{good}")]);
    signatures.extend([good.to_uppercase()]);
    signatures.into_iter().map(|signature| call.signed(signature)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_overheard_of_one_challenge_does_nothing_to_another() {
    let (siege, tap) = tapped().await;
    let (own, victim) = (number(1, "02"), number(2, "00"));
    // The attacker's own message fails on WhatsApp, and goes by SMS.
    let own_id = challenge(&siege, &own, "attacker").await;
    let failed = tap.hear(&[&own_id, "\"failed\""]).await;
    let by_sms = tap.hear(&[&own_id, "MessageStatus=delivered"]).await;
    let id = challenge(&siege, &victim, "victim").await;
    let read = tap.hear(&[&id, "\"read\""]).await;
    let code = siege.code_of(&victim, &id).await;
    let before = looks(&siege, &id).await;
    let forged_before = counted(&siege, "forged").await;

    let elsewhere = |call: &Call| call.altered(&own_id, &id);
    let mut forgeries = vec![
        elsewhere(&failed),
        elsewhere(&by_sms),
        elsewhere(&by_sms).altered("=delivered", "=undelivered"),
        by_sms.altered("=delivered", "=failed"),
        by_sms.altered("delivery=", &format!("delivery={id}.1&delivery=")),
        read.altered("\"read\"", "\"failed\""),
        read.altered("statuses", "messages"),
        read.signed(by_sms.signature.1.clone()),
        read.altered(&id, &own_id),
    ];
    for call in [&failed, &elsewhere(&failed), &by_sms, &elsewhere(&by_sms)] {
        forgeries.extend(signatures(call));
    }
    let sent = send_all(&siege, &forgeries, StatusCode::UNAUTHORIZED).await;
    let forged = counted(&siege, "forged").await - forged_before;
    println!("{sent} forged callbacks: {forged} counted as such");
    assert_eq!(forged, sent as f64);
    assert_eq!(looks(&siege, &id).await, before);
    let told = siege.verify(1, "bank", guess(&id, &code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_told_again_sends_nothing_again() {
    let (siege, tap) = tapped().await;
    let to = number(1, "02");
    let id = challenge(&siege, &to, "anna").await;
    let failed = tap.hear(&[&id, "\"failed\""]).await;
    tap.hear(&[&id, "MessageStatus=delivered"]).await;
    siege.code_of(&to, &id).await;
    // And one more, by SMS again, so that the failed one lies well behind.
    siege.resend(1, "bank", &id).await.unwrap();
    siege.world.simulator.inbox().wait_for(&to, 2).await;
    let settled = |(_, deliveries, _): &(_, Vec<(i32, i32)>, _)| deliveries[2].1 == 6;
    while !settled(&looks(&siege, &id).await) {
        tokio::task::yield_now().await;
    }
    let before = looks(&siege, &id).await;
    let all = tap.heard(&[&id]);
    let mut again = vec![failed; 40];
    again.extend(all.iter().rev().cloned());
    let sent = send_all(&siege, &again, StatusCode::OK).await;
    println!("{sent} genuine callbacks told again, backwards, too: {before:?} as before");
    assert_eq!(looks(&siege, &id).await, before);
    assert_eq!(siege.codes(&to).len(), 2, "no other message went out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_ends_its_own_challenge_and_no_later_or_other_one() {
    let (siege, tap) = tapped().await;
    let (to, victim) = (number(1, "09"), number(2, "00"));
    let id = challenge(&siege, &victim, "victim").await;
    let read = tap.hear(&[&id, "\"read\""]).await;
    let own = challenge(&siege, &to, "attacker").await;
    let tapped = tap.hear(&["DID_NOT_REQUEST_CODE"]).await;
    while looks(&siege, &own).await.0 == ChallengeState::Pending {
        tokio::task::yield_now().await;
    }
    // From now on the phone taps nothing.
    siege.world.simulator.script(&to, pombo::simulator::Behaviour::well());
    let later = challenge(&siege, &to, "attacker").await;
    let later_code = siege.code_of(&to, &later).await;
    let message_of = |call: &Call, before: &str| {
        let (_, after) = call.body.split_once(before).unwrap();
        let start = after.find("wamid.").unwrap();
        after[start..].split('"').next().unwrap().to_owned()
    };
    let (tapped_id, victims) =
        (message_of(&tapped, "\"context\""), message_of(&read, "\"statuses\""));
    let forgeries = signatures(&tapped.altered(&tapped_id, &victims));
    let forged = send_all(&siege, &forgeries, StatusCode::UNAUTHORIZED).await;
    let again = send_all(&siege, &vec![tapped; 20], StatusCode::OK).await;
    println!("{forged} forged taps on another's message, {again} replays of a genuine one");
    assert_eq!(looks(&siege, &id).await.0, ChallengeState::Pending);
    let told = siege.verify(0, "bank", guess(&later, &later_code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
    assert_eq!(counted(&siege, "not_requested").await, 1.0);
}
