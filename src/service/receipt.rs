//! A provider calls back: how far a message got, or that its recipient didn't ask for it.

use std::sync::Arc;

use super::{Fault, Service};
use crate::{
    delivery::{Callback, Receipt},
    otp::{
        Answer, Event, Time,
        event::{Progress, Source},
    },
};

/// What a callback changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken in, perhaps not for the first time.
    Noted,
    /// It concerns no delivery that we know.
    Ignored,
    /// Its recipient didn't request a code; a live challenge was cancelled.
    NotRequested,
}

impl Service {
    /// Takes in one callback of the sender of this name.
    pub async fn take(self: &Arc<Self>, sender: &str, callback: Callback) -> Result<Taken, Fault> {
        match callback {
            Callback::Receipt(receipt) => self.take_receipt(sender, receipt).await,
            Callback::NotRequested { message_id } => self.not_requested(sender, &message_id).await,
        }
    }

    async fn take_receipt(
        self: &Arc<Self>,
        sender: &str,
        receipt: Receipt,
    ) -> Result<Taken, Fault> {
        let challenge = receipt.delivery.challenge;
        let progress = Progress {
            challenge,
            delivery: receipt.delivery.number,
            source: Source::Receipt(receipt.at.unwrap_or(Time::LATEST)),
            message: Some(self.parts.index.message_tag(sender, &receipt.message_id)),
            status: receipt.status,
            failure: receipt.failure,
        };
        Ok(match self.apply_to(&challenge, Event::Progress(progress)).await? {
            Answer::Ignored => Taken::Ignored,
            _ => Taken::Noted,
        })
    }

    async fn not_requested(
        self: &Arc<Self>,
        sender: &str,
        message_id: &str,
    ) -> Result<Taken, Fault> {
        let tag = self.parts.index.message_tag(sender, message_id);
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
