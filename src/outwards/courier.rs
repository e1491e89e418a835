//! The worker that brings events to one sink: a trail for each partition, woken at once by what this
//! replica commits, and by a look every two seconds for what others do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, broadcast},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{Next, Sink, Trail};
use crate::{
    otp::{Fact, IndexKey},
    store::{Reader, Store, StoreError},
};

/// How often a partition is looked at that this replica has no news of. The look is one script that
/// only reads; of 64 partitions an idle replica asks 32 a second.
const LOOK: Duration = Duration::from_secs(2);

/// Trails that may be with the sink at once: what a receiver may get from one replica at a time.
const AT_ONCE: usize = 16;

/// Brings events to one sink.
pub struct Courier {
    pub(super) store: Arc<dyn Store>,
    pub(super) sink: Box<dyn Sink>,
    /// Names this service in every event.
    pub(super) source: String,
    pub(super) places: Semaphore,
    index: IndexKey,
    /// Tells this process from other readers.
    holder: u64,
    /// Whether events were last found not to get through: that is told once, however many wait.
    is_down: AtomicBool,
    /// Whether the store was last found not to answer, which says nothing of the sink.
    is_store_away: AtomicBool,
    /// By partition.
    news: Vec<Notify>,
    stop: CancellationToken,
}

impl Courier {
    /// A courier to a sink. `source` is the service's own URI; `index` finds a challenge's partition.
    pub fn new(
        store: Arc<dyn Store>,
        sink: Box<dyn Sink>,
        source: String,
        index: IndexKey,
    ) -> Arc<Self> {
        Arc::new(Self {
            news: (0..store.partitions()).map(|_| Notify::new()).collect(),
            places: Semaphore::new(AT_ONCE),
            holder: rand::random(),
            is_down: AtomicBool::new(false),
            is_store_away: AtomicBool::new(false),
            stop: CancellationToken::new(),
            store,
            sink,
            source,
            index,
        })
    }

    /// The way of a partition's events, to be walked step by step.
    pub fn trail(self: &Arc<Self>, partition: u32) -> Trail {
        let reader = Reader { name: self.sink.name(), partition, holder: self.holder };
        Trail::new(Arc::clone(self), reader)
    }

    /// Works until [stopped](Self::stop) and done with what is there by then. `facts` is what happens
    /// on this replica.
    pub async fn run(self: Arc<Self>, facts: broadcast::Receiver<Fact>) {
        let mut trails = JoinSet::new();
        for partition in 0..self.store.partitions() {
            trails.spawn(Arc::clone(&self).walk(partition));
        }
        tokio::select! {
            () = self.listen(facts) => {}
            () = ended(&mut trails) => {}
        }
    }

    /// Ends the work once nothing is left that the sink would take at once.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    async fn walk(self: Arc<Self>, partition: u32) {
        let mut trail = self.trail(partition);
        loop {
            let stopping = self.stop.is_cancelled();
            match trail.step().await {
                Next::AtOnce => {}
                _ if stopping => return trail.leave().await,
                next => self.rest(partition, next).await,
            }
        }
    }

    /// Waits until a trail's next step is due, or the last one.
    async fn rest(&self, partition: u32, next: Next) {
        let due = async {
            match (next, self.news.get(partition as usize)) {
                (Next::OnNews, Some(news)) => tokio::select! {
                    () = news.notified() => {}
                    // Spread, so that the partitions' looks don't come all at once.
                    () = sleep(LOOK.mul_f64(rand::random_range(0.75..1.25))) => {}
                },
                (Next::After(pause), _) => sleep(pause).await,
                _ => {}
            }
        };
        tokio::select! {
            () = due => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Wakes the trails of what this replica commits.
    async fn listen(&self, mut facts: broadcast::Receiver<Fact>) {
        use broadcast::error::RecvError;
        loop {
            match facts.recv().await {
                Ok(fact) => {
                    let key = self.index.recipient_of(&fact.challenge);
                    let partition = self.store.partition_of(&key) as usize;
                    self.news.get(partition).inspect(|news| news.notify_one());
                }
                // What is missed here is found by the next look.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return self.stop.cancelled().await,
            }
        }
    }

    pub(super) fn found_down(&self, why: &str) {
        if !self.is_down.swap(true, Ordering::Relaxed) {
            let sink = self.sink.name();
            tracing::warn!(sink, why, "events are not taken; they are kept and tried again");
        }
    }

    pub(super) fn found_up(&self) {
        if self.is_down.swap(false, Ordering::Relaxed) {
            tracing::info!(sink = self.sink.name(), "events are taken again");
        }
    }

    pub(super) fn found_store_away(&self, error: &StoreError) {
        if !self.is_store_away.swap(true, Ordering::Relaxed) {
            let sink = self.sink.name();
            tracing::warn!(sink, %error, "the store does not answer; events wait in it");
        }
    }

    pub(super) fn found_store_back(&self) {
        if self.is_store_away.swap(false, Ordering::Relaxed) {
            tracing::info!(sink = self.sink.name(), "the store gives events again");
        }
    }
}

/// Waits for all trails. One that broke off would be missed by nobody else.
async fn ended(trails: &mut JoinSet<()>) {
    while let Some(ended) = trails.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a partition's events are not told any more");
        }
    }
}
