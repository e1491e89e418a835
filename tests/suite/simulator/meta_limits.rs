//! How fast one may send by WhatsApp.

use std::time::Duration;

use pombo::simulator::{MetaLimits, Settings};

use super::rig::{CODE, Rig, WELL, hurried, otp};

fn limited(limits: MetaLimits) -> Settings {
    let mut settings = hurried();
    settings.meta.limits = limits;
    settings
}

#[tokio::test]
async fn meta_refuses_the_forty_sixth_message_at_once_to_one_person() {
    let rig = Rig::start().await;
    for _ in 0..45 {
        rig.whatsapp(WELL).await;
    }
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(400, 131_056);
    // Others are not concerned.
    rig.whatsapp("+5511987654310").await;
}

#[tokio::test]
async fn meta_refuses_more_messages_a_second_than_the_number_may_send() {
    let rig = Rig::with(limited(MetaLimits { per_second: 2, ..MetaLimits::default() })).await;
    rig.whatsapp("+5511987654310").await;
    rig.whatsapp("+5511987654311").await;
    rig.meta(&otp("+5511987654312", CODE)).await.is_graph_error(400, 130_429);
}

#[tokio::test]
async fn what_was_borrowed_from_the_pair_rate_is_paid_back_with_time() {
    let gap = Duration::from_millis(20);
    let limits = MetaLimits { pair_gap: gap, pair_burst: 1, ..MetaLimits::default() };
    let rig = Rig::with(limited(limits)).await;
    rig.whatsapp(WELL).await;
    tokio::time::sleep(gap).await;
    rig.whatsapp(WELL).await;
}

#[tokio::test]
async fn a_refused_message_costs_nothing_of_the_limits() {
    let rig = Rig::with(limited(MetaLimits { pair_burst: 1, ..MetaLimits::default() })).await;
    rig.meta(&otp(WELL, "1234567890123456")).await.is_graph_error(400, 100);
    rig.whatsapp(WELL).await;
}
