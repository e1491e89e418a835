//! The index key stays what it was when the store was first used.

use crate::support::{
    pombo::{Pombo, run},
    redis_server::RedisServer,
    world::{World, brisk},
};

const OTHER: &str = "5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE=";

#[tokio::test]
async fn serve_refuses_another_index_key_and_says_what_to_do() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let pombo = world.serve().await;
    let other = [&world.environment()[..], &[("POMBO_KEYS__INDEX", OTHER)]].concat();
    let elsewhere = ("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0");
    for command in ["serve", "check"] {
        let ended = run(&[command], &[&other[..], &[elsewhere]].concat()).await;
        assert_ne!(ended.code, 0, "{command}");
        for said in ["keys.index", "placed by a key with the fingerprint", "configure that key"] {
            assert!(ended.stderr.contains(said), "{command}, {said}: {}", ended.stderr);
        }
        assert!(!ended.stderr.contains(OTHER), "{}", ended.stderr);
    }
    // It changed nothing for who has the right one.
    let again: Pombo = world.serve_another().await;
    assert_eq!(again.page("/readyz").await, pombo.page("/readyz").await);
}
