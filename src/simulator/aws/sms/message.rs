//! One accepted text message: its arrival, and the events that tell of it.

use std::{sync::Arc, time::SystemTime};

use super::{
    Cloud,
    event::{self, Event},
    request::Sms,
};
use crate::simulator::{
    course::{Receipt, UnderWay},
    inbox::{Channel, Delivered},
    twilio::code,
};

pub(super) struct Message {
    cloud: Arc<Cloud>,
    id: String,
    sms: Sms,
    requested: SystemTime,
}

impl Message {
    pub fn new(cloud: &Arc<Cloud>, id: String, sms: Sms) -> Self {
        Self { cloud: Arc::clone(cloud), id, sms, requested: SystemTime::now() }
    }

    async fn tell(&self, kind: &str) {
        if !self.sms.has_set {
            return;
        }
        let account = self.cloud.account();
        let event = Event { kind, id: &self.id, sms: &self.sms, requested: self.requested };
        self.cloud.notify(&account.sms_topic, event.json(account).to_string()).await;
    }
}

impl UnderWay for Message {
    fn arrive(&self) {
        let Sms { to, body, context, .. } = &self.sms;
        // All that the sender gave along, in its order; mostly one entry.
        let reference: Vec<_> = context.values().filter_map(|value| value.as_str()).collect();
        let (code, reference) = (code(body), reference.join(" "));
        let inbox = &self.cloud.world.inbox;
        inbox.add(Delivered::now(Channel::Sms, to, code, body.clone(), &reference));
    }

    async fn report(&self, receipts: &[Receipt]) {
        for receipt in receipts {
            match *receipt {
                // The carrier has said nothing yet.
                Receipt::Sent => self.tell("TEXT_PENDING").await,
                Receipt::Delivered => self.tell("TEXT_DELIVERED").await,
                Receipt::Failed(code) | Receipt::Undelivered(code) => {
                    self.tell(event::of_code(code)).await;
                }
                // SMS knows no such receipt.
                Receipt::Read => {}
            }
        }
    }

    async fn event(&self, name: &'static str) {
        self.tell(name).await;
    }

    /// There is nothing to tap in an SMS.
    async fn did_not_request(&self) {}
}
