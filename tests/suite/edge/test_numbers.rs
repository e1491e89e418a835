//! Test numbers: known codes, nothing sent.

use pombo::{
    grpc::proto::{self, DeliveryStatus, IssueCodeRequest, VerifyOutcome},
    simulator::Channel,
};

use super::{ConfigFile, bad_fields, world};
use crate::support::{
    pombo::{Pombo, login, wrong},
    world::World,
};

/// Made up, so that no country's rules allow it.
const MADE_UP: &str = "+15550100001";

/// Somebody's, as far as the rules of its country tell.
const PLAUSIBLE: &str = "+5511987654300";

const NUMBERS: &str = r#"
[test_numbers]
"+15550100001" = "424242"
"+5511987654300" = { code = "1357", until = "2999-12-31" }
"+15550100009" = { code = "424242", until = "2020-01-31" }
"+5511987654400" = { code = "424242", until = "2020-01-31" }
"#;

async fn serve(world: &World) -> Pombo {
    let file = ConfigFile::new(NUMBERS);
    Pombo::serve_with(&["--config", file.path()], &world.environment()).await
}

#[tokio::test]
async fn a_fixed_code_verifies_and_nothing_is_sent() {
    let world = world(&[]).await;
    let pombo = serve(&world).await;
    for (number, code) in [(MADE_UP, "424242"), (PLAUSIBLE, "1357")] {
        let issued = pombo.issue(number).await;
        assert!(issued.message_sent);
        assert_eq!(issued.code_length as usize, code.len(), "a page shows as many boxes as digits");
        let seen = pombo.get(&issued.challenge_id).await;
        assert_eq!(seen.deliveries[0].status(), DeliveryStatus::Delivered);
        assert_eq!(seen.deliveries[0].sender, "test");
        let missed = pombo.verify(&issued.challenge_id, &wrong(&[code])).await;
        assert_eq!(missed.outcome(), VerifyOutcome::WrongCode);
        let verified = pombo.verify(&issued.challenge_id, code).await;
        assert_eq!((verified.outcome(), &*verified.recipient), (VerifyOutcome::Verified, number));
        for channel in [Channel::WhatsApp, Channel::Sms] {
            assert_eq!(world.simulator.requests(number, channel), 0);
        }
    }
    let metrics = pombo.metrics().await;
    let counted = |name: &str, label: &str| {
        let series =
            metrics.iter().filter(|(series, _)| series.starts_with(name) && series.contains(label));
        series.map(|(_, value)| value).sum::<f64>()
    };
    assert_eq!(counted("pombo_challenges_issued_total", "arm=\"test\""), 2.0);
    assert_eq!(counted("pombo_challenges_concluded_total", "arm=\"test\""), 2.0);
    assert_eq!(counted("pombo_challenges_issued_total", "purpose"), 2.0, "and under no other arm");
}

#[tokio::test]
async fn a_test_number_has_no_message_limit() {
    let limits = [
        ("LIMITS__RECIPIENT", "[\"1/10m\"]"),
        ("CODE__ACCEPT_ODDS", "true"),
        ("LIMITS__CLIENT_IP", "[\"1/1h\"]"),
        ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]"),
    ];
    let world = world(&limits).await;
    let pombo = serve(&world).await;
    for n in 0..12 {
        let request = IssueCodeRequest {
            subject_id: n.to_string(),
            client_ip: "192.0.2.1".into(),
            ..login(MADE_UP)
        };
        let challenge_id = pombo.try_issue(request).await.unwrap().challenge_id;
        let resend =
            proto::ResendCodeRequest { challenge_id: challenge_id.clone(), ..Default::default() };
        pombo.client().await.resend_code(resend).await.unwrap();
        assert_eq!(pombo.verify(&challenge_id, "424242").await.outcome(), VerifyOutcome::Verified);
    }
    assert_eq!(world.simulator.requests(MADE_UP, Channel::WhatsApp), 0);
}

#[tokio::test]
async fn after_its_last_day_it_is_a_number_like_any_other() {
    let world = world(&[]).await;
    let pombo = serve(&world).await;
    let status = pombo.try_issue(login("+15550100009")).await.unwrap_err();
    assert_eq!(bad_fields(&status), ["recipient"]);
    let number = "+5511987654400";
    let issued = pombo.issue(number).await;
    let code = world.simulator.inbox().wait_for(number, 1).await.remove(0).code;
    assert_eq!(pombo.get(&issued.challenge_id).await.deliveries[0].sender, "cloud");
    assert_eq!(pombo.verify(&issued.challenge_id, &code).await.outcome(), VerifyOutcome::Verified);
}
