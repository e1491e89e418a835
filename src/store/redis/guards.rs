//! What must never change once there are records: how they are placed.
//!
//! A store may forget it while it is served: it is emptied, or comes back empty. Then it is set up again
//! by the first who looks. Were that somebody with another configuration, records of both would lie where
//! the other does not look; so whoever finds the store set up otherwise leaves it alone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use redis::AsyncCommands;

use super::{connection::Link, keys};
use crate::store::{OpenError, Settings, StoreError, Visit};

/// What this process was set up with, and whether the store still is.
#[derive(Clone)]
pub(super) struct Guards {
    held: Arc<[(&'static str, String); 2]>,
    is_others: Arc<AtomicBool>,
}

/// Compares the settings with those of the store's first start, or makes this the first start.
pub(super) async fn check(link: &Link, settings: &Settings) -> Result<Guards, OpenError> {
    let partitions = settings.partitions.to_string();
    let held = link.call(held(link, keys::PARTITIONS, &partitions, settings.visit)).await?;
    if held != partitions {
        return Err(OpenError::Partitions { given: settings.partitions, held });
    }
    let given = settings.mark();
    let held = link.call(self::held(link, keys::INDEX, &given, settings.visit)).await?;
    if held != given {
        return Err(OpenError::Index { given, held });
    }
    let held = Arc::new([(keys::PARTITIONS, partitions), (keys::INDEX, given)]);
    Ok(Guards { held, is_others: Arc::default() })
}

/// The value that the store holds; a store that holds none yet is given this one, unless it is only
/// looked at.
async fn held(link: &Link, key: &str, value: &str, visit: Visit) -> Result<String, StoreError> {
    let mut connection = link.connection();
    if visit != Visit::Look {
        let _: bool = connection.set_nx(key, value).await?;
    }
    let held: Option<String> = connection.get(key).await?;
    match held {
        Some(held) => Ok(held),
        None if visit == Visit::Look => Ok(value.to_owned()),
        None => Err(StoreError::Unreachable(format!("{key} vanished while it was read"))),
    }
}

impl Guards {
    /// Fails while the store is set up for others.
    pub(super) fn admit(&self) -> Result<(), StoreError> {
        match self.is_others.load(Ordering::Relaxed) {
            true => Err(StoreError::Unreachable(
                "it was set up for others meanwhile, with other partitions or another index key"
                    .to_owned(),
            )),
            false => Ok(()),
        }
    }

    /// Looks whether the store is still what it was, and sets it up again if it has forgotten. What
    /// can't be read changes nothing.
    pub(super) async fn look(&self, link: &Link) -> Result<(), StoreError> {
        let mut is_others = false;
        for (key, value) in &*self.held {
            match link.call(still_held(link, key, value)).await {
                // What is another's is not set up by us any further.
                Ok(found) if found != *value => {
                    is_others = true;
                    break;
                }
                Ok(_) => {}
                Err(_) => return self.admit(),
            }
        }
        if self.is_others.swap(is_others, Ordering::Relaxed) != is_others {
            tracing::warn!(is_others, "the store was set up anew");
        }
        self.admit()
    }
}

/// What the store holds, which is this if it had nothing.
async fn still_held(link: &Link, key: &str, value: &str) -> Result<String, StoreError> {
    let found: Option<String> = link.connection().get(key).await?;
    match found {
        Some(found) => Ok(found),
        None => {
            tracing::warn!(
                key,
                "the store had lost what it was set up with, and is set up again; was it emptied?"
            );
            held(link, key, value, Visit::Serve).await
        }
    }
}
