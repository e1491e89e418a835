//! SNS: topics, who subscribed to them, and notifications signed with a key of this simulator's own.

pub(super) mod topics;

pub(super) mod publish;

mod notification;

mod deliver;

mod forgery;

mod key;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock},
};

use tokio::sync::watch;

pub use forgery::Forgery;
pub use publish::Published;

use super::{Cloud, fault::Fault, ids, incoming::Form};
use key::Key;
use topics::Subscription;

pub(super) struct Sns {
    /// Made when first needed: that takes a while.
    key: OnceLock<Key>,
    subscriptions: Mutex<Vec<Subscription>>,
    published: Mutex<VecDeque<Published>>,
    /// Raised whenever one of the lists changes.
    changed: watch::Sender<()>,
}

impl Sns {
    pub fn new() -> Self {
        Self {
            key: OnceLock::new(),
            subscriptions: Mutex::default(),
            published: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// It may take a while: see [`Cloud::key_made`].
    pub fn key(&self) -> &Key {
        self.key.get_or_init(Key::make)
    }

    /// The certificate that goes by this name, in PEM.
    pub fn certificate(&self, file: &str) -> Option<&str> {
        self.key.get().filter(|key| key.file() == file).map(Key::pem)
    }

    /// Resolves once this holds.
    pub async fn wait_until(&self, holds: impl Fn() -> bool) {
        let mut changes = self.changed.subscribe();
        // It can't fail: the sending half lives as long as `self`.
        while !holds() && changes.changed().await.is_ok() {}
    }

    fn change(&self) {
        self.changed.send_replace(());
    }
}

impl Cloud {
    /// Resolves once there is a key, which is made beside the threads that answer.
    pub(super) async fn key_made(self: &Arc<Self>) {
        if self.sns.key.get().is_none() {
            let cloud = Arc::clone(self);
            // It can't fail: making a key does not panic, and nobody aborts it.
            let _ = tokio::task::spawn_blocking(move || cloud.sns.key().file().len()).await;
        }
    }
}

/// InvalidParameter: SNS's word for nearly everything.
fn invalid(what: &str) -> Fault {
    Fault::new(400, "InvalidParameter", format!("Invalid parameter: {what}"))
}

fn no_topic() -> Fault {
    Fault::new(404, "NotFound", "Topic does not exist")
}
