//! What both stand-ins share: the account, the phones, the books, and the tasks that act in time.

use std::{
    future::Future,
    io,
    sync::{PoisonError, RwLock},
};

use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    caller::Caller,
    inbox::Inbox,
    ledger::Ledger,
    meta::{Statuses, Templates},
    script::Script,
    settings::Settings,
    weather::Skies,
};

pub(crate) struct World {
    pub settings: Settings,
    pub inbox: Inbox,
    pub ledger: Ledger,
    pub script: Script,
    pub skies: Skies,
    pub templates: Templates,
    pub statuses: Statuses,
    pub caller: Caller,
    /// Behind a lock: the listener's port is often known only after the simulator's own.
    webhook_base: RwLock<String>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl World {
    pub fn new(settings: Settings) -> io::Result<Self> {
        Ok(Self {
            webhook_base: RwLock::new(settings.webhook_base.clone()),
            templates: Templates::of(&settings.meta),
            settings,
            inbox: Inbox::new(),
            ledger: Ledger::default(),
            script: Script::default(),
            skies: Skies::default(),
            statuses: Statuses::default(),
            caller: Caller::new()?,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        })
    }

    /// Runs something that ends with the simulator at the latest.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(work).await });
    }

    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    pub fn stopper(&self) -> DropGuard {
        self.stop.clone().drop_guard()
    }

    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Where Meta's webhooks go, if that is known yet.
    pub fn webhook_base(&self) -> Option<String> {
        let base = self.webhook_base.read().unwrap_or_else(PoisonError::into_inner);
        (!base.is_empty()).then(|| base.trim_end_matches('/').to_owned())
    }

    pub fn set_webhook_base(&self, url: String) {
        *self.webhook_base.write().unwrap_or_else(PoisonError::into_inner) = url;
    }
}
