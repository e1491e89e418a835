//! Whole journeys through the real binary.

use pombo::{
    grpc::proto::{Challenge, Channel, DeliveryStatus, FailureReason},
    simulator,
};

use crate::support::{
    pombo::Pombo,
    world::{SOON, World, brisk},
};

mod first_steps;

mod evidence;

mod roads;

mod payments;

mod providers;

#[cfg(feature = "aws")]
mod aws;

mod bad_days;

mod codes;

mod failover;

mod notices;

mod hang;

mod crash;

mod crash_amid_many;

mod races;

mod counts;

mod outage;

mod stop;

/// A service on a memory store, with short waits, in a brisk world.
async fn start() -> (World, Pombo) {
    let waits = ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]");
    let world = World::new("memory:", brisk(), &[SOON, waits]).await;
    let pombo = world.serve().await;
    (world, pombo)
}

/// What is told of one delivery: its road, how far it got, why it failed, why it took this road.
type Told<'a> = (Channel, DeliveryStatus, FailureReason, &'a str);

/// What is told of each delivery.
fn told(challenge: &Challenge) -> Vec<Told<'_>> {
    let deliveries = challenge.deliveries.iter();
    let told = deliveries.map(|d| (d.channel(), d.status(), d.failure_reason(), &*d.route_reason));
    told.collect()
}

/// Waits until this is told of the deliveries.
async fn until_told(pombo: &Pombo, id: &str, wanted: &[Told<'_>]) -> Challenge {
    pombo.until(id, |challenge| told(challenge) == wanted).await
}

/// The simulator's word for a channel.
fn on(channel: Channel) -> simulator::Channel {
    match channel {
        Channel::Sms => simulator::Channel::Sms,
        _ => simulator::Channel::WhatsApp,
    }
}
