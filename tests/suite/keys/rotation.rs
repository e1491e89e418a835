//! The ring is rotated in the order of docs/KEYS.md, one replica after the other, while challenges are
//! pending under either key: nobody notices.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use pombo::{
    grpc::proto::{Channel::Unspecified, VerifyOutcome},
    simulator::Channel::Sms,
};

use super::{key_set, part};
use crate::support::{
    all,
    pombo::Pombo,
    redis_server::RedisServer,
    world::{RING as OLD, SOON, World, brisk, number},
};

pub const NEW: &str = "k2:5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE=";

/// What each step makes of the ring, in the order of the page.
fn steps() -> [(&'static str, String); 3] {
    [
        ("the new key reads", format!("{OLD},{NEW}")),
        ("the new key writes", format!("{NEW},{OLD}")),
        ("the old key goes", NEW.to_owned()),
    ]
}

/// What becomes of a pending challenge.
#[derive(Clone, Copy)]
enum Fate {
    /// Its code is given.
    Verified,
    /// Another message is asked for, whose code is given.
    Resent,
    /// Its phone is off, so that an alarm leads on.
    FallenBack,
}

/// A challenge under way.
struct Pending {
    id: String,
    to: String,
    fate: Fate,
    /// The replica that is asked from here on.
    by: usize,
}

/// Two replicas over one store, and keys that change.
struct House {
    world: World,
    replicas: [Pombo; 2],
    next: u32,
}

impl House {
    async fn new(redis: &RedisServer) -> Self {
        let waits = ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]");
        let world = World::new(&redis.url(), brisk(), &[SOON, waits]).await;
        let replicas = [world.serve().await, world.serve_another().await];
        Self { world, replicas, next: 0 }
    }

    /// A challenge of every fate, issued by each replica, for each replica to go on with.
    async fn issue(&mut self) -> Vec<Pending> {
        let mut issued = Vec::new();
        for (issuer, by) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for fate in [Fate::Verified, Fate::Resent, Fate::FallenBack] {
                self.next += 1;
                let digits = if matches!(fate, Fate::FallenBack) { "03" } else { "00" };
                let to = number(self.next, digits);
                let id = self.replicas[issuer].issue(&to).await.challenge_id;
                issued.push(Pending { id, to, fate, by });
            }
        }
        issued
    }

    /// Starts a replica anew, under this ring.
    async fn replace(&mut self, replica: usize, ring: &str) {
        self.replicas[replica].terminate().await;
        assert_eq!(self.replicas[replica].exit().await, 0);
        missed_no_key(&self.replicas[replica]);
        let ring = ("POMBO_KEYS__RING", ring);
        let elsewhere = [("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0"), ring];
        let place = if replica == 0 { &elsewhere[1..] } else { &elsewhere[..] };
        self.replicas[replica] = self.world.serve_under(place).await;
    }

    /// Leads all of these to their end, and checks what is attested by what each replica publishes.
    async fn conclude(&self, pending: Vec<Pending>) -> BTreeMap<String, usize> {
        let mut signed = BTreeMap::new();
        let sets = [key_set(&self.replicas[0]).await, key_set(&self.replicas[1]).await];
        for pending in pending {
            let token = self.verified(&pending).await;
            for set in &sets {
                assert!(checks(&token, set), "{} by {set:#?}", part(&token, 0));
            }
            let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
            *signed.entry(kid).or_default() += 1;
        }
        signed
    }

    async fn verified(&self, pending: &Pending) -> String {
        let Pending { id, to, fate, by } = pending;
        let replica = &self.replicas[*by];
        let code = match fate {
            Fate::Verified => self.newest(to, 1).await,
            Fate::Resent => {
                let before = self.world.simulator.inbox().wait_for(to, 1).await.len();
                replica.resend(id, Unspecified).await.unwrap();
                self.newest(to, before + 1).await
            }
            Fate::FallenBack => self.world.message(to, Sms, 1).await.code,
        };
        let answer = replica.verify(id, &code).await;
        assert_eq!((answer.outcome(), &answer.recipient), (VerifyOutcome::Verified, to));
        answer.attestation
    }

    async fn newest(&self, to: &str, least: usize) -> String {
        self.world.simulator.inbox().wait_for(to, least).await.pop().unwrap().code
    }
}

#[track_caller]
fn missed_no_key(replica: &Pombo) {
    let log = replica.stderr.all();
    let complaint = log.iter().find(|it| it.contains("key of the ring") || it.contains("can't be"));
    assert_eq!(complaint, None);
}

/// Whether one of these keys is the token's, and its signature good.
fn checks(token: &str, keys: &[serde_json::Value]) -> bool {
    let kid = &part(token, 0)["kid"];
    let Some(key) = keys.iter().find(|key| key["kid"] == *kid) else { return false };
    let x = BASE64URL.decode(key["x"].as_str().unwrap()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64URL.decode(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, x).verify(signed.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn a_ring_that_is_rotated_in_order_fails_nobody_at_any_step() {
    let redis = RedisServer::start();
    let mut house = House::new(&redis).await;
    let mut signed: Vec<BTreeMap<String, usize>> = Vec::new();
    for (step, ring) in steps() {
        for replica in [0, 1] {
            let mut pending = house.issue().await;
            // Before the old key goes, what it made has ended: so says the page.
            if ring == NEW {
                house.conclude(std::mem::take(&mut pending)).await;
            }
            house.replace(replica, &ring).await;
            // Half-way, or all the way: what was pending, and what begins now.
            let across = house.conclude(pending).await;
            let fresh = house.issue().await;
            let fresh = house.conclude(fresh).await;
            println!("{step}, replica {replica}: {across:?}, then {fresh:?}");
            signed.push(fresh);
        }
    }
    let keys: Vec<_> = signed.iter().map(BTreeMap::len).collect();
    assert_eq!(keys, [1, 1, 2, 1, 1, 1], "both keys write while half of the replicas do");
    assert_ne!(signed[0], signed[5]);
    house.replicas.iter().for_each(missed_no_key);
    let sets =
        all(house.replicas.map(|replica| async move { key_set(&replica).await.len() })).await;
    assert_eq!(sets, [1, 1]);
}
