//! The breaker of a prefix, over a store whose clock the test moves.

use std::{sync::Arc, time::Duration};

use pombo::{
    otp::{
        ChallengeId, Channel, PhoneNumber, RecipientKey, Refusal, VerifyOutcome,
        event::Limit,
        toll::{Rule, Rules},
    },
    service::{CallError, Issue, Service},
    store::{Commit, Committed, Store, memory::MemoryStore},
};
use serde_json::{Value, from_slice, json};
use tokio_util::sync::CancellationToken;

use crate::{
    store::bench::{commit, kept},
    support::{
        clock::{self, Clock},
        replica::{self, Taker, demand},
        world::number,
    },
};

const TTL: Duration = Duration::from_secs(120);

/// A service whose breakers are enforced, what it sends by, and its clock.
struct Rig {
    service: Arc<Service>,
    taker: Taker,
    store: MemoryStore,
    clock: Clock,
    next: u32,
}

impl Rig {
    fn new() -> Self {
        let (store, clock) = clock::store();
        let taker = Taker::default();
        let service = guarded(&store, &taker);
        Self { service, taker, store, clock, next: 300_000 }
    }

    /// What is known of the prefix is kept under this key.
    fn prefix(&self) -> RecipientKey {
        let number = PhoneNumber::parse(&number(300_000, "00")).unwrap();
        let to = Rules::default().destination(&replica::config().keys.index_key(), &number);
        to.prefix.unwrap()
    }

    /// What the event record tells of the prefix's breaker.
    async fn turns(&self) -> Vec<Value> {
        let events = kept(&self.store, &self.prefix()).await;
        let events = events.iter().map(|event| -> Value { from_slice(event).unwrap() });
        events.filter(|it| it["event"].as_str().unwrap().starts_with("breaker.")).collect()
    }

    /// Somebody else of the prefix asks for a text message.
    async fn ask(&mut self) -> Result<ChallengeId, Duration> {
        self.next += 1;
        self.ask_again().await
    }

    /// The last one asks.
    async fn ask_again(&mut self) -> Result<ChallengeId, Duration> {
        let demand = Issue {
            channel: Some(Channel::Sms),
            ..demand(&self.service, &number(self.next, "00"))
        };
        match self.service.issue(demand).await {
            Ok(issued) => Ok(issued.challenge),
            Err(CallError::Refused(Refusal::Limited { limit: Limit::PrefixBreaker, wait })) => {
                Err(wait)
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// What is known of the prefix is written in a format that nobody knows.
    async fn spoil_evidence(&self) {
        let key = self.prefix();
        let version = self.store.load(&key).await.unwrap().version;
        let spoilt = Commit { blob: vec![0x08, 0x7f], ttl: 100 * TTL, ..commit(key, version) };
        assert_eq!(self.store.commit(&spoilt).await.unwrap(), Committed::Done);
    }

    /// So many ask and are heard of no more; whatever follows from it has happened when this returns.
    async fn are_pumped(&mut self, count: usize) {
        for _ in 0..count {
            self.ask().await.unwrap();
        }
        self.pass(TTL).await;
    }

    /// Who asked gives the code back.
    async fn gives_back(&self, challenge: ChallengeId) {
        self.service.drained().await;
        let code = self.taker.code(&challenge);
        let outcome = replica::verify(&self.service, challenge, code).await;
        assert_eq!(outcome, VerifyOutcome::Verified);
        self.service.drained().await;
    }

    /// Time passes, and what falls due is looked after to its end.
    async fn pass(&mut self, span: Duration) {
        self.clock.pass(span);
        let heir = guarded(&self.store, &self.taker);
        let stop = CancellationToken::new();
        let worker = tokio::spawn({
            let (heir, stop) = (Arc::clone(&heir), stop.clone());
            async move { heir.run(stop).await }
        });
        while heir.live_challenges().await.unwrap() > 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        worker.await.unwrap();
        heir.drained().await;
    }
}

/// A replica over this store whose breakers are enforced.
fn guarded(store: &MemoryStore, taker: &Taker) -> Arc<Service> {
    let tolls = Rules { enforced: [Rule::PrefixBreaker].into(), ..Rules::default() };
    replica::guarded(Arc::new(store.clone()), replica::rules(TTL), tolls, taker.clone())
}

#[tokio::test]
async fn a_prefix_whose_codes_nobody_gives_back_gets_no_text_messages_but_a_few_after_each_rest() {
    let mut rig = Rig::new();
    rig.are_pumped(20).await;
    let wait = rig.ask().await.unwrap_err();
    println!("open after 20 challenges that nobody verified; rests for {wait:?} more");
    assert!(wait > Duration::from_secs(14 * 60) && wait <= Duration::from_secs(15 * 60));

    rig.pass(wait).await;
    rig.are_pumped(20).await;
    let wait = rig.ask().await.unwrap_err();
    assert!(wait > Duration::from_secs(29 * 60), "the second rest is twice as long: {wait:?}");
    let told = ["event", "rule", "enforced", "country", "recipients", "verified"];
    let opened = json!(["breaker.opened", "prefix_breaker", true, "BR", 20, 0]);
    let turns = rig.turns().await;
    let turns: Vec<_> = turns.iter().map(|turn| json!(told.map(|name| &turn[name]))).collect();
    assert_eq!(turns, [opened.clone(), opened]);

    rig.pass(wait).await;
    for _ in 0..20 {
        rig.ask().await.unwrap();
    }
    let wait = rig.ask().await.unwrap_err();
    println!("after a rest 20 are let through, and the next one waits for {wait:?}");
}

#[tokio::test]
async fn a_breaker_closes_once_enough_of_those_who_are_let_through_give_their_code_back() {
    let mut rig = Rig::new();
    rig.are_pumped(20).await;
    let wait = rig.ask().await.unwrap_err();
    rig.pass(wait).await;
    for _ in 0..12 {
        let challenge = rig.ask().await.unwrap();
        rig.gives_back(challenge).await;
    }
    rig.are_pumped(8).await;

    let turns = rig.turns().await;
    let told = ["event", "rule", "enforced", "country", "open_until", "recipients", "verified"];
    let closed = json!(["breaker.closed", "prefix_breaker", true, "BR", null, 20, 12]);
    assert_eq!(turns.len(), 2, "it opened, and {turns:?}");
    assert_eq!(json!(told.map(|name| &turns[1][name])), closed);
    rig.ask().await.expect("closed, it lets everybody through");
}

#[tokio::test]
async fn what_is_told_of_a_prefix_is_kept_for_the_retention_and_an_hour() {
    let mut rig = Rig::new();
    rig.are_pumped(20).await;
    assert_eq!(rig.turns().await.len(), 1);
    let kept = replica::rules(TTL).retention + Duration::from_secs(3_600);
    rig.clock.pass(kept - Duration::from_secs(60));
    assert_eq!(rig.turns().await.len(), 1, "a minute before its time");
    rig.clock.pass(Duration::from_secs(120));
    assert_eq!(rig.turns().await.len(), 0, "and a minute after it");
}

#[tokio::test]
async fn two_numbers_do_not_open_a_breaker_however_often_they_fall_silent() {
    let mut rig = Rig::new();
    for number in [300_001, 300_002].repeat(10) {
        rig.next = number;
        rig.ask_again().await.unwrap();
        rig.pass(Duration::from_secs(3_600)).await;
    }
    rig.are_pumped(18).await;
    rig.ask().await.unwrap_err();
}

#[tokio::test]
async fn who_cancels_after_a_minute_did_not_verify() {
    let mut rig = Rig::new();
    for after in [59, 61] {
        for _ in 0..20 {
            let challenge = rig.ask().await.expect("who cancels before is no witness");
            rig.service.drained().await;
            rig.clock.pass(Duration::from_secs(after));
            rig.service.cancel(String::new(), challenge).await.unwrap();
            rig.service.drained().await;
        }
    }
    rig.ask().await.unwrap_err();
}

#[tokio::test]
async fn who_cancels_what_is_let_through_to_see_is_one_who_did_not_verify() {
    let mut rig = Rig::new();
    rig.are_pumped(20).await;
    let wait = rig.ask().await.unwrap_err();
    rig.pass(wait).await;
    for _ in 0..20 {
        let challenge = rig.ask().await.unwrap();
        rig.service.cancel(String::new(), challenge).await.unwrap();
        rig.service.drained().await;
    }
    let wait = rig.ask().await.unwrap_err();
    assert!(wait > Duration::from_secs(29 * 60), "judged, it rests again: {wait:?}");
}

#[tokio::test]
async fn what_is_known_and_cannot_be_read_is_nothing_and_is_learnt_anew() {
    let mut rig = Rig::new();
    rig.are_pumped(20).await;
    rig.ask().await.expect_err("it opened");
    rig.spoil_evidence().await;
    rig.ask().await.expect("of what nobody can read nothing is known");
    rig.are_pumped(19).await;
    rig.ask().await.expect_err("and it opened again");
}
