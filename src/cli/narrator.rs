//! What `pombo dev` tells while it runs: each message as it arrives, with the line that verifies
//! its code, and what the plan is waiting for.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::broadcast,
    time::{Instant, sleep},
};

use super::out;
use crate::{
    otp::{ChallengeId, Channel, DeliveryStatus, Fact, Rules, event::FactKind},
    service::Service,
    simulator::{self, Delivered, Inbox},
};

/// How often a wait is told.
const TELL: Duration = Duration::from_secs(5);

/// How long a receipt may take before the wait for it is worth a line.
const NOTICE: Duration = Duration::from_secs(3);

/// Tells on stdout.
pub struct Narrator {
    service: Arc<Service>,
    rules: Rules,
    facts: broadcast::Receiver<Fact>,
    arrivals: broadcast::Receiver<Delivered>,
    program: (String, String),
}

impl Narrator {
    /// Listens from now on. `program` is this binary's path and what leads it to this instance.
    pub fn new(
        service: Arc<Service>,
        rules: Rules,
        inbox: Inbox,
        program: (String, String),
    ) -> Self {
        let (facts, arrivals) = (service.facts(), inbox.subscribe());
        Self { service, rules, facts, arrivals, program }
    }

    /// Tells until it is aborted.
    pub async fn tell(mut self) {
        loop {
            tokio::select! {
                Ok(message) = self.arrivals.recv() => self.arrived(&message),
                Ok(fact) = self.facts.recv() => self.happened(&fact),
                else => sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn arrived(&self, message: &Delivered) {
        let channel = match message.channel {
            simulator::Channel::WhatsApp => Channel::Whatsapp,
            simulator::Channel::Sms => Channel::Sms,
        };
        let (program, to) = &self.program;
        out::line(format!("{} to {}: {}", name(channel), message.to, message.text));
        if let Some(challenge) = challenge(&message.reference) {
            out::line(format!("  {program} verify {challenge} {}{to}", message.code));
        }
    }

    fn happened(&self, fact: &Fact) {
        match &fact.kind {
            FactKind::Delivery { channel, status: DeliveryStatus::Failed, failure, .. } => {
                let reason = failure.map_or("failed", |failure| failure.as_str());
                out::line(format!("{} will not arrive: {reason}", name(*channel)));
            }
            FactKind::Delivery { status: DeliveryStatus::Accepted, number, .. } => {
                let (service, rules) = (Arc::clone(&self.service), self.rules.clone());
                tokio::spawn(tell_wait(service, rules, fact.challenge, *number));
            }
            FactKind::FellBack { from, to, reason } => {
                let (from, to) = (name(*from), name(*to));
                out::line(format!("from {from} to {to}: {}", reason.as_str()));
            }
            FactKind::Concluded { state, used_channel, .. } => {
                let by = used_channel.map(|channel| format!(" by {}", name(channel)));
                let state = state.as_str().to_uppercase();
                out::line(format!("{} is {state}{}", fact.challenge, by.unwrap_or_default()));
            }
            _ => {}
        }
    }
}

/// Counts down to the fallback while a delivery has no receipt and a step is left to fall back to.
async fn tell_wait(service: Arc<Service>, rules: Rules, id: ChallengeId, number: u32) {
    let start = Instant::now();
    sleep(NOTICE).await;
    while let Ok(seen) = service.get(String::new(), id).await {
        let challenge = seen.challenge;
        let waiting = challenge.current().is_some_and(|delivery| {
            let silent = matches!(delivery.status, DeliveryStatus::Accepted | DeliveryStatus::Sent);
            delivery.number == number && silent
        });
        let next = challenge.plan.get(challenge.step + 1);
        let (Some(next), true, true) = (next, waiting, challenge.is_live()) else { return };
        let wait = rules.policy(challenge.flow.purpose).undelivered;
        let left = wait.saturating_sub(start.elapsed()).as_secs_f64().round();
        out::line(format!("no receipt yet, {} in {left} s", name(*next)));
        sleep(TELL).await;
    }
}

/// The challenge in what a sender calls a message: callback data, or a callback's address.
fn challenge(reference: &str) -> Option<ChallengeId> {
    let start = reference.find("ch_")?;
    reference.get(start..start + 55)?.parse().ok()
}

fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Whatsapp => "WhatsApp",
        Channel::Sms => "SMS",
    }
}
