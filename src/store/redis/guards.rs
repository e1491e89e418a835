//! What must never change once there are records: how they are placed.

use redis::AsyncCommands;

use crate::store::{OpenError, Settings, StoreError};

use super::{
    connection::{Failure, Link},
    keys,
};

/// Compares the settings with those of the store's first start, or makes this the first start.
pub(super) async fn check(link: &Link, settings: &Settings) -> Result<(), OpenError> {
    let given = settings.partitions.to_string();
    let held = link.call(remember(link, keys::PARTITIONS, &given)).await?;
    if held != given {
        return Err(OpenError::Partitions { given: settings.partitions, held });
    }
    let given = settings.index_fingerprint.clone();
    let held = link.call(remember(link, keys::INDEX, &given)).await?;
    if held != given {
        return Err(OpenError::Index { given, held });
    }
    Ok(())
}

/// Writes the value unless there is one, and returns the one that is there.
async fn remember(link: &Link, key: &str, value: &str) -> Result<String, Failure> {
    let mut connection = link.connection();
    let _: bool = connection.set_nx(key, value).await?;
    let held: Option<String> = connection.get(key).await?;
    let vanished = || StoreError::Unreachable(format!("{key} vanished while it was read"));
    Ok(held.ok_or_else(vanished)?)
}
