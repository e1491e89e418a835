//! A provider calls back: how far a message got, that its recipient didn't ask for it, or that
//! something is wrong with more than one message.

use std::{collections::BTreeMap, sync::Arc};

use tokio::task::JoinSet;
use tracing::Instrument;

use super::{Fault, Service};
use crate::{
    delivery::{Callback, Receipt, reaction::Reaction},
    insight::metrics,
    otp::{
        Answer, Channel, DeliveryRef, DeliveryStatus, Event, MessageTag, Time,
        event::{Progress, Source},
    },
};

/// Callbacks that came in one go are taken in so many lanes, side by side. Whatever concerns one
/// recipient is in one lane, and with it, where their number is a multiple of this, its partition.
const LANES: usize = 16;

/// The byte of a key that says which.
const PLACE: usize = 7;

/// What a callback changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taken {
    /// It was taken in, perhaps not for the first time.
    Noted,
    /// It concerns no delivery that we know.
    Ignored,
    /// Its recipient didn't request a code; a live challenge was cancelled.
    NotRequested,
}

/// Whose callbacks: the sender of this name that serves this channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The channel,
    pub channel: Channel,
    /// and who serves it.
    pub sender: &'static str,
}

impl Service {
    /// Takes in what a provider told in one go, and says how often it changed what. Stops where the
    /// store can't take more: the provider tells all of it again, and what was taken in changes
    /// nothing the second time.
    pub async fn take_all(
        self: &Arc<Self>,
        whose: Whose,
        callbacks: Vec<Callback>,
    ) -> Result<BTreeMap<Taken, u64>, Fault> {
        let mut lanes = JoinSet::new();
        for lane in self.lanes(whose, callbacks) {
            let service = Arc::clone(self);
            let work = async move { service.take_lane(whose, lane).await };
            lanes.spawn(work.in_current_span());
        }
        let mut all = BTreeMap::new();
        let mut fault = None;
        while let Some(lane) = lanes.join_next().await {
            match lane.unwrap_or(Err(Fault::Unsure)) {
                Ok(taken) => taken.into_iter().for_each(|it| *all.entry(it).or_default() += 1),
                Err(error) => fault = Some(error),
            }
        }
        fault.map_or(Ok(all), Err)
    }

    /// In each lane in the order told.
    fn lanes(&self, whose: Whose, callbacks: Vec<Callback>) -> Vec<Vec<Callback>> {
        let mut lanes = BTreeMap::<usize, Vec<Callback>>::new();
        for callback in callbacks {
            let place = match &callback {
                Callback::Receipt(receipt) => {
                    self.parts.index.recipient_of(&receipt.delivery.challenge).0[PLACE]
                }
                Callback::Unnamed { message_id, .. } | Callback::NotRequested { message_id } => {
                    self.parts.index.message_tag(whose.sender, message_id).0[PLACE]
                }
                Callback::Notice(_) => 0,
            };
            lanes.entry(usize::from(place) % LANES).or_default().push(callback);
        }
        lanes.into_values().collect()
    }

    async fn take_lane(
        self: &Arc<Self>,
        whose: Whose,
        callbacks: Vec<Callback>,
    ) -> Result<Vec<Taken>, Fault> {
        let (mut taken, mut fault) = (Vec::new(), None);
        for callback in callbacks {
            match self.take(whose, callback).await {
                Ok(one) => taken.push(one),
                Err(error) if error.is_everybodys() => return Err(error),
                // One record that can't be changed shall not hold up those behind it for days.
                Err(error) => fault = Some(error),
            }
        }
        fault.map_or(Ok(taken), Err)
    }

    /// Takes in one callback.
    async fn take(self: &Arc<Self>, whose: Whose, callback: Callback) -> Result<Taken, Fault> {
        match callback {
            Callback::Receipt(receipt) => self.take_receipt(whose, receipt).await,
            Callback::Unnamed { message_id, status, failure, at } => {
                // Of a message that we know by this id, so whatever id receipts have is another one.
                let tag = self.parts.index.message_tag(whose.sender, &message_id);
                match self.parts.store.find(&tag).await? {
                    Some(delivery) => {
                        self.progress(whose, delivery, None, status, failure, at).await
                    }
                    None => Ok(Taken::Ignored),
                }
            }
            Callback::NotRequested { message_id } => self.not_requested(whose, &message_id).await,
            Callback::Notice(notice) => {
                metrics::notice(whose.sender, notice.event);
                let road = self.roads.find(whose.channel, whose.sender);
                road.inspect(|road| road.notice(&notice));
                Ok(road.map_or(Taken::Ignored, |_| Taken::Noted))
            }
        }
    }

    async fn take_receipt(
        self: &Arc<Self>,
        whose: Whose,
        receipt: Receipt,
    ) -> Result<Taken, Fault> {
        let Receipt { delivery, message_id, status, failure, at } = receipt;
        let message = self.parts.index.message_tag(whose.sender, &message_id);
        self.progress(whose, delivery, Some(message), status, failure, at).await
    }

    async fn progress(
        self: &Arc<Self>,
        whose: Whose,
        delivery: DeliveryRef,
        message: Option<MessageTag>,
        status: DeliveryStatus,
        failure: Option<Reaction>,
        at: Option<Time>,
    ) -> Result<Taken, Fault> {
        let progress = Progress {
            challenge: delivery.challenge,
            delivery: delivery.number,
            source: Source::Receipt(at.unwrap_or(Time::LATEST)),
            message,
            reference: None,
            template: None,
            status,
            failure: failure.map(|reaction| reaction.failure()),
            perhaps_taken: false,
        };
        let answer = self.apply_to(&delivery.challenge, Event::Progress(progress)).await?;
        // Old news, told again for days, says nothing of how the road is now.
        if let (Answer::News(carried), Some(road)) =
            (&answer, self.roads.find(whose.channel, whose.sender))
        {
            road.learn(status, failure, carried);
        }
        Ok(match answer {
            Answer::Ignored => Taken::Ignored,
            _ => Taken::Noted,
        })
    }

    async fn not_requested(
        self: &Arc<Self>,
        whose: Whose,
        message_id: &str,
    ) -> Result<Taken, Fault> {
        let tag = self.parts.index.message_tag(whose.sender, message_id);
        let Some(delivery) = self.parts.store.find(&tag).await? else {
            return Ok(Taken::Ignored);
        };
        let challenge = delivery.challenge;
        Ok(match self.apply_to(&challenge, Event::NotRequested { challenge }).await? {
            Answer::Ignored => Taken::Ignored,
            _ => Taken::NotRequested,
        })
    }
}
