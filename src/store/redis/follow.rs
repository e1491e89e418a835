//! Readers of the event streams.

use std::time::Duration;

use redis::FromRedisValue;

use super::{
    EventId, Followed, Partition, Reader, Recorded, RedisStore, StoreError, Time, life_ms, scripts,
};

impl RedisStore {
    pub(super) async fn follow(
        &self,
        reader: &Reader,
        lease: Duration,
        most: usize,
    ) -> Result<Followed, StoreError> {
        let partition = Partition(reader.partition);
        let mut script = scripts::FOLLOW.key(partition.reader(reader.name));
        script.key(partition.events()).key(partition.counters());
        script.arg(reader.holder).arg(life_ms(lease)).arg(most);
        let reply: Vec<redis::Value> = script.run(&mut self.connection()).await?;
        let [now, lost, events @ ..] = &reply[..] else { return Ok(Followed::ByAnother) };
        Ok(Followed::Events {
            events: events.iter().map(recorded).collect::<Result<_, _>>()?,
            lost: number(lost)?,
            now: Time::from_millis(number(now)?),
        })
    }

    pub(super) async fn pass(
        &self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let partition = Partition(reader.partition);
        let mut script = scripts::PASS.key(partition.reader(reader.name));
        script.key(partition.events()).arg(reader.holder);
        script.arg(event.to_string()).arg(event.count).arg(life_ms(lease));
        Ok(script.run(&mut self.connection()).await?)
    }
}

fn number(value: &redis::Value) -> Result<u64, StoreError> {
    u64::from_redis_value_ref(value).map_err(|_| malformed())
}

fn recorded(entry: &redis::Value) -> Result<Recorded, StoreError> {
    let entry = <(String, u64, Vec<u8>)>::from_redis_value_ref(entry);
    let (id, count, event) = entry.map_err(|_| malformed())?;
    Ok(Recorded { id: EventId::parse(&id, count).ok_or_else(malformed)?, event })
}

fn malformed() -> StoreError {
    StoreError::Unreadable("an event's place is malformed".to_owned())
}
