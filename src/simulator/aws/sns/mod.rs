//! SNS: topics, who subscribed to them, and notifications signed with a key of this simulator's own.

pub(super) mod topics;

pub(super) mod publish;

mod notification;

mod deliver;

mod forgery;

mod key;

use std::sync::{Mutex, OnceLock};

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
    published: Mutex<Vec<Published>>,
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

    pub fn key(&self) -> &Key {
        self.key.get_or_init(Key::make)
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

/// InvalidParameter: SNS's word for nearly everything.
fn invalid(what: &str) -> Fault {
    Fault::new(400, "InvalidParameter", format!("Invalid parameter: {what}"))
}

fn no_topic() -> Fault {
    Fault::new(404, "NotFound", "Topic does not exist")
}
