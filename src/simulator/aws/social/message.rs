//! One accepted WhatsApp message: Meta carries it, and SNS tells of it.

use std::sync::Arc;

use super::{Cloud, envelope, ids};
use crate::simulator::{
    course::{Receipt, UnderWay},
    meta::{self, Otp, did_not_request, inbound_id, status, statuses},
};

pub(super) struct Message {
    cloud: Arc<Cloud>,
    /// AWS's own id, which Meta knows nothing of.
    id: String,
    at_meta: meta::Message,
}

impl Message {
    pub fn new(cloud: &Arc<Cloud>, otp: Otp) -> Self {
        let at_meta = meta::Message::new(&cloud.world, otp);
        Self { cloud: Arc::clone(cloud), id: ids::uuid(), at_meta }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    async fn tell(&self, message: String) {
        self.cloud.notify(&self.cloud.account().whatsapp_topic, message).await;
    }
}

impl UnderWay for Message {
    fn arrive(&self) {
        self.at_meta.arrive();
    }

    async fn report(&self, receipts: &[Receipt]) {
        let settings = &self.cloud.world.settings;
        let told = receipts.iter().map(|it| status(&settings.meta, &self.at_meta, *it));
        let webhook = statuses(&settings.meta, &told.collect::<Vec<_>>());
        self.tell(envelope::of(settings, &webhook)).await;
        if settings.aws.event_bridge {
            for event in envelope::events(settings, &webhook, &self.id) {
                self.tell(event).await;
            }
        }
    }

    async fn did_not_request(&self) {
        let settings = &self.cloud.world.settings;
        let tap = inbound_id(self.at_meta.wa_id());
        let webhook = did_not_request(&settings.meta, &self.at_meta, &tap);
        self.tell(envelope::of(settings, &webhook)).await;
    }
}
