//! What is charged for a text message whose sender died.

use pombo::simulator::{Behaviour, Channel, Fate};

use super::{rules::TWO_AN_HOUR, *};
use crate::support::{redis_server::RedisServer, world::number};

#[tokio::test]
async fn a_text_message_that_is_sent_again_is_paid_for_again_and_given_back_with_the_first() {
    let redis = RedisServer::start();
    let world = world(&redis.url(), &TWO_AN_HOUR).await;
    let to = number(300_000, "00");
    world.simulator.script_each(&to, Channel::Sms, [Fate::Hang, Behaviour::well().sms]);
    let mut pombo = world.serve().await;
    let id = pombo.try_issue(by_sms(&to)).await.unwrap().challenge_id;
    world.request(&to, Channel::Sms, 1).await;
    pombo.kill().await;

    let heir = world.serve().await;
    let code = world.message(&to, Channel::Sms, 1).await.code;
    let stranger = by_sms(&number(300_001, "00"));
    let (rule, _) = refused(heir.try_issue(stranger.clone()).await);
    assert_eq!(rule, "PREFIX_BUDGET");

    let verified = heir.verify(&id, &code).await;
    assert_eq!(verified.outcome(), proto::VerifyOutcome::Verified);
    // One charge is given back after the other.
    for other in [stranger, by_sms(&number(300_002, "00"))] {
        let given_back = async { while heir.try_issue(other.clone()).await.is_err() {} };
        tokio::time::timeout(PATIENCE, given_back).await.unwrap();
    }
    let (rule, _) = refused(heir.try_issue(by_sms(&number(300_003, "00"))).await);
    assert_eq!(rule, "PREFIX_BUDGET");
}
