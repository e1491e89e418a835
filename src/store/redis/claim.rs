//! Alarms that are due, over all partitions.
//!
//! A partition has a slot of its own, so no script can look at two of them. First every partition is
//! asked what looks due, which takes nothing; then the earliest of all are claimed, each partition's
//! in one atomic step that looks again. So a script knows beforehand every record it touches, and
//! nothing is claimed that is not handed out.

use std::{collections::BTreeMap, time::Duration};

use redis::AsyncCommands;

use super::{
    Due, Partition, RecipientKey, RedisStore, StoreError, Time, life_ms, scatter, scripts,
};

type Candidate = (Time, Partition, RecipientKey);

impl RedisStore {
    /// What a partition that does not answer has due waits; the others' goes on. An error means
    /// that nothing could be claimed.
    pub(super) async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        let now = self.time().await?;
        let looks = self.keys.all().map(|partition| self.clone().look(partition, now, most));
        let mut due = gathered(scatter(looks).await)?;
        due.sort_unstable();
        due.truncate(most);
        let mut by_partition: BTreeMap<Partition, Vec<RecipientKey>> = BTreeMap::new();
        for (_, partition, key) in due {
            by_partition.entry(partition).or_default().push(key);
        }
        let claims = by_partition.into_iter();
        let claims = claims.map(|(partition, keys)| self.clone().take(partition, keys, lease));
        gathered(scatter(claims).await)
    }

    async fn time(&self) -> Result<Time, StoreError> {
        let (seconds, micros): (u64, u64) =
            redis::cmd("TIME").query_async(&mut self.connection()).await?;
        Ok(Time::from_millis(seconds * 1000 + micros / 1000))
    }

    /// What looks due in a partition, earliest first.
    async fn look(
        self,
        partition: Partition,
        now: Time,
        most: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let (schedule, most) = (partition.schedule(), isize::try_from(most).unwrap_or(isize::MAX));
        let due: Vec<(String, f64)> = self
            .connection()
            .zrangebyscore_limit_withscores(schedule, "-inf", now.millis(), 0, most)
            .await?;
        // A name that is no key is none of ours; nobody could look at its record.
        let due = due.into_iter().filter_map(|(name, at)| Some((at, name.parse().ok()?)));
        Ok(due.map(|(at, key)| (Time::from_millis(at as u64), partition, key)).collect())
    }

    /// Claims alarms of one partition.
    async fn take(
        self,
        partition: Partition,
        keys: Vec<RecipientKey>,
        lease: Duration,
    ) -> Result<Vec<Due>, StoreError> {
        let mut script = scripts::CLAIM.key(partition.schedule());
        script.arg(life_ms(lease));
        for key in &keys {
            script.key(partition.record(key)).arg(key.to_string());
        }
        let reply: Vec<u64> = script.run(&mut self.connection()).await?;
        let Some((&now, claimed)) = reply.split_first() else { return Ok(Vec::new()) };
        // Positions are the script's: 1 is the schedule, 2 the first record.
        let claimed = claimed.as_chunks().0.iter().filter_map(|&[position, at]| {
            let key = *keys.get((position as usize).checked_sub(2)?)?;
            Some(Due { key, at: Time::from_millis(at), now: Time::from_millis(now) })
        });
        Ok(claimed.collect())
    }
}

/// All that was brought; the failure if nothing was.
fn gathered<T>(
    (brought, failure): (Vec<Vec<T>>, Option<StoreError>),
) -> Result<Vec<T>, StoreError> {
    let brought: Vec<T> = brought.into_iter().flatten().collect();
    match failure {
        Some(failure) if brought.is_empty() => Err(failure),
        _ => Ok(brought),
    }
}
