//! One accepted WhatsApp message: its id, its arrival, and the webhooks that tell of it.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use rand::random;
use sha2::{Digest, Sha256};

use super::{hook, payload, request::Otp, statuses};
use crate::simulator::{
    course::{Receipt, UnderWay},
    inbox::{Channel, Delivered},
    world::World,
};

pub(crate) struct Message {
    world: Arc<World>,
    id: String,
    otp: Otp,
}

impl Message {
    pub fn new(world: &Arc<World>, otp: Otp) -> Self {
        let world = Arc::clone(world);
        Self { world, id: outbound_id(digits(&otp.to)), otp }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// The recipient as the sender wrote it.
    pub fn input(&self) -> &str {
        &self.otp.input
    }

    /// The recipient as WhatsApp writes it: digits only.
    pub fn wa_id(&self) -> &str {
        digits(&self.otp.to)
    }

    /// A business-scoped user id: the same for the same person, and telling nothing of the number.
    pub fn user_id(&self) -> String {
        let digest = Sha256::digest(self.otp.to.as_bytes());
        let digits: String = digest.iter().take(6).map(|byte| format!("{byte:03}")).collect();
        format!("BR.{digits}")
    }

    pub fn reference(&self) -> Option<&str> {
        self.otp.reference.as_deref()
    }
}

impl UnderWay for Message {
    fn arrive(&self) {
        let Otp { to, code, .. } = &self.otp;
        let reference = self.reference().unwrap_or_default();
        let text = format!("{code} is your verification code. Do not share it with anybody.");
        self.world.inbox.add(Delivered::now(Channel::WhatsApp, to, code, text, reference));
    }

    async fn report(&self, receipts: &[Receipt]) {
        let account = &self.world.settings.meta;
        let told = receipts.iter().map(|receipt| payload::status(account, self, *receipt));
        statuses::tell(&self.world, told.collect()).await;
    }

    async fn did_not_request(&self) {
        let account = &self.world.settings.meta;
        let tap = inbound_id(self.wa_id());
        hook::post(&self.world, &payload::did_not_request(account, self, &tap)).await;
    }
}

fn digits(to: &str) -> &str {
    to.trim_start_matches('+')
}

/// `wamid.` and base64 of a few tags around the recipient's digits and 18 hexadecimal ones, as in the
/// ids that Meta's pages show. So an id tells the number, and must be treated like one.
fn outbound_id(digits: &str) -> String {
    let unique = format!("{:018X}", random::<u128>() >> 56);
    wamid(digits, 0x11, &unique)
}

/// Ids of what a person sends differ in one tag and in length.
pub(crate) fn inbound_id(digits: &str) -> String {
    wamid(digits, 0x12, &format!("{:032X}", random::<u128>()))
}

fn wamid(digits: &str, direction: u8, unique: &str) -> String {
    let mut raw = vec![0x1C, 0x18, digits.len() as u8];
    raw.extend(digits.as_bytes());
    raw.extend([0x15, 0x02, 0x00, direction, 0x18, unique.len() as u8]);
    raw.extend(unique.as_bytes());
    raw.push(0x00);
    format!("wamid.{}", BASE64_STANDARD.encode(raw))
}
