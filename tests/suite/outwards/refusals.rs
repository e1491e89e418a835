//! An event that its receiver refuses for ever blocks nobody for ever.

use super::{
    is_verified_flow,
    receiver::{Receiver, kinds},
    verified, world,
};
use crate::support::world::number;

#[tokio::test]
async fn a_refused_event_is_tried_five_times_and_skipped() {
    let receiver = Receiver::start().await;
    let world = world("memory:", &receiver, &[]).await;
    let poison = "pombo.otp.delivery.read.v1";
    receiver.answer(move |event| Some(if event["type"] == poison { 400 } else { 200 }));
    let pombo = world.serve().await;
    let id = verified(&world, &pombo, &number(1, "00")).await;
    let came = receiver.concluded(std::slice::from_ref(&id)).await;
    let taken = &kinds(&came)[&id];
    assert_eq!(taken.last().unwrap(), "challenge.verified");
    assert!(!taken.iter().any(|kind| kind == "delivery.read"));
    let tries = receiver.tries();
    assert_eq!(tries.iter().filter(|came| came.kind() == "delivery.read").count(), 5);
    let metrics = pombo.metrics().await;
    assert_eq!(metrics["pombo_events_lost_total{sink=\"https\",why=\"refused\"}"], 1.0);
    assert_eq!(metrics["pombo_events_failed_total{sink=\"https\"}"], 5.0);
    pombo.stderr.wait_for("the loss", |l| l.contains("skipped") && l.contains("400")).await;
}

#[tokio::test]
async fn a_receiver_that_is_out_of_order_is_never_skipped() {
    let receiver = Receiver::start().await;
    let world = world("memory:", &receiver, &[]).await;
    let tries = std::sync::atomic::AtomicUsize::new(0);
    receiver.answer(move |_| {
        let before = tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Some([429, 401, 404, 503, 301, 204][before.min(5)])
    });
    let pombo = world.serve().await;
    let id = verified(&world, &pombo, &number(1, "00")).await;
    let came = receiver.concluded(std::slice::from_ref(&id)).await;
    is_verified_flow(&kinds(&came)[&id]);
}
