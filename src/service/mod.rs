//! The use cases: issue, resend, verify, cancel, read, watch, report; take a receipt; wake on an
//! alarm. Three drivers (a caller, a provider, time) enter by them, and all go through one commit
//! and one way of sending.

mod fault;

mod issue;

mod resend;

mod verify;

mod manage;

mod watch;

mod receipt;

mod alarms;

mod timers;

mod commit;

mod lasting;

mod supplier;

pub mod roads;

mod dispatch;

mod tries;

mod lines;

mod hashing;

mod seats;

mod entropy;

pub mod numbers;

mod shared_limits;

mod tolls;

mod watchers;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use crate::{
    delivery::Messenger,
    insight,
    otp::{
        Answer, ChallengeId, Event, Fact, IndexKey, Keyring, OperationId, Rules,
        attestation::{Issuer, KeySet},
        event::Operation,
        toll,
    },
    store::{Store, StoreError},
};
pub use entropy::Entropy;
pub use fault::{CallError, Fault};
pub use issue::Issue;
pub use receipt::{Taken, Whose};
pub use resend::Resend;
pub(crate) use seats::{Seat, Seats};
pub use shared_limits::SharedLimits;
pub use verify::{Guess, Verified};
pub use watch::Watched;

/// Calls under way over all, and of one caller: what a burst may bring, and no more than is answered
/// in seconds. So a caller that floods finds its own seats taken, and the others theirs free; it takes
/// four such callers to fill the house.
const CALLS: usize = 3072;
const CALLS_PER_CALLER: usize = 768;

/// Messages on their way to providers. Beyond it nobody is promised another: a provider that hangs
/// for all its time-outs holds so many at five hundred a second.
const SENDS: usize = 8192;
const SENDS_PER_CALLER: usize = 4096;

/// How far a listener to facts may fall behind.
const FACTS: usize = 1024;

/// Everything that the use cases need, built once at start.
pub struct Parts {
    /// Where records live.
    pub store: Arc<dyn Store>,
    /// What the machine goes by.
    pub rules: Rules,
    /// Peppers and sealing keys.
    pub keyring: Keyring,
    /// Where records are.
    pub index: IndexKey,
    /// Whose numbers may be asked for, and the test numbers.
    pub numbers: numbers::Numbers,
    /// Numbers to which nothing is sent all the same.
    pub screens: toll::Screens,
    /// Limits that many recipients share.
    pub shared_limits: SharedLimits,
    /// The rules against toll fraud.
    pub tolls: toll::Rules,
    /// Those of one channel in the order in which they are to be tried.
    pub messengers: Vec<Arc<dyn Messenger>>,
    /// Who attests what is verified, and how long that holds.
    pub issuer: Issuer,
    /// Where codes, names and nonces are drawn from.
    pub entropy: Entropy,
}

/// The service. Cheap to share; its methods are the use cases.
pub struct Service {
    parts: Parts,
    roads: roads::Roads,
    hasher: hashing::Hasher,
    lines: lines::Lines,
    timers: timers::Timers,
    watchers: watchers::Watchers,
    learning: tolls::Learning,
    facts: broadcast::Sender<Fact>,
    tasks: TaskTracker,
    /// A record was due that this replica can't read.
    lacks_a_key: AtomicBool,
    calls: Seats<String>,
    outbox: Seats<String>,
}

impl Service {
    /// Builds the service. [`run`](Self::run) must be running for alarms to be looked after.
    pub fn new(mut parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            roads: roads::Roads::new(std::mem::take(&mut parts.messengers)),
            hasher: hashing::Hasher::new(),
            lines: lines::Lines::default(),
            timers: timers::Timers::default(),
            watchers: watchers::Watchers::default(),
            learning: tolls::Learning::default(),
            facts: broadcast::Sender::new(FACTS),
            tasks: TaskTracker::new(),
            lacks_a_key: AtomicBool::new(false),
            calls: Seats::new(CALLS, CALLS_PER_CALLER),
            outbox: Seats::new(SENDS, SENDS_PER_CALLER),
            parts,
        })
    }

    /// The numbers that may be sent to.
    pub fn numbers(&self) -> &numbers::Numbers {
        &self.parts.numbers
    }

    /// What checks what is attested.
    pub fn key_set(&self) -> KeySet {
        self.parts.keyring.key_set()
    }

    /// What happens on this replica from now on. Who falls behind misses some.
    pub fn facts(&self) -> broadcast::Receiver<Fact> {
        self.facts.subscribe()
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.parts.store.ping().await
    }

    /// Challenges that are live now, over all replicas.
    pub async fn live_challenges(&self) -> Result<i64, StoreError> {
        self.parts.store.counter(insight::funnel::LIVE).await
    }

    /// Waits for sends and commits that are under way.
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The same, for at most `limit`; whether that was enough.
    pub async fn drain(&self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.drained()).await.is_ok()
    }

    /// Applies an event to the record of the challenge it is about.
    async fn apply_to(
        self: &Arc<Self>,
        challenge: &ChallengeId,
        event: Event,
    ) -> Result<Answer, Fault> {
        let place = self.parts.index.recipient_of(challenge);
        self.apply(place, event, supplier::With::default()).await
    }

    /// A call by the name that its idempotency key gives it, or by one of its own.
    fn operation(&self, call: &str, caller: &str, key: &str, fields: &[&[u8]]) -> Operation {
        let index = &self.parts.index;
        Operation {
            id: match key {
                "" => OperationId(self.parts.entropy.bytes()),
                key => index.operation(call, caller, key),
            },
            tag: index.call_tag(fields),
            by: self.parts.entropy.bytes(),
        }
    }
}
