//! What must never change once there are records: how they are placed.

use redis::AsyncCommands;

use super::{connection::Link, keys};
use crate::store::{OpenError, Settings, StoreError, Visit};

/// Compares the settings with those of the store's first start, or makes this the first start.
pub(super) async fn check(link: &Link, settings: &Settings) -> Result<(), OpenError> {
    let given = settings.partitions.to_string();
    let held = link.call(held(link, keys::PARTITIONS, &given, settings.visit)).await?;
    if held != given {
        return Err(OpenError::Partitions { given: settings.partitions, held });
    }
    let given = settings.mark();
    let held = link.call(self::held(link, keys::INDEX, &given, settings.visit)).await?;
    if held != given {
        return Err(OpenError::Index { given, held });
    }
    Ok(())
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
