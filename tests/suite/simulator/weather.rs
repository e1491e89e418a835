//! Bad days: what a whole service does to its callers, whatever the number.

use std::time::Duration;

use pombo::simulator::{
    Behaviour,
    Channel::{Sms, WhatsApp},
    Fate, Lag, Provider, Step, Weather,
};

use super::rig::{CODE, Rig, WELL, otp, text};

const LONG: Duration = Duration::from_secs(3_600);
const BOTH: [Provider; 2] = [Provider::Meta, Provider::Twilio];

async fn under(weather: Weather) -> Rig {
    let rig = Rig::start().await;
    for provider in BOTH {
        rig.simulator.weather(provider, weather.clone());
    }
    rig
}

fn call(rig: &Rig, provider: Provider) -> reqwest::RequestBuilder {
    match provider {
        Provider::Meta => rig.whatsapp_call(&otp(WELL, CODE)),
        Provider::Twilio => rig.sms_call(&text(WELL)),
        Provider::Aws => unreachable!("the rig is not signed for AWS"),
    }
}

fn nothing_arrived(rig: &Rig) {
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn a_service_can_be_throttled_as_a_whole_in_its_own_words() {
    let rig = under(Weather::Throttle).await;
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(429, 130_429);
    rig.twilio(&text(WELL)).await.is_twilio_error(429, 20_429);
    nothing_arrived(&rig);
}

#[tokio::test]
async fn a_service_can_refuse_everything_with_one_code() {
    let rig = under(Weather::refuse(131_042)).await;
    rig.simulator
        .weather(Provider::Twilio, Weather::Refuse { code: "30002".into(), status: Some(403) });
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(400, 131_042);
    rig.twilio(&text(WELL)).await.is_twilio_error(403, 30_002);
    nothing_arrived(&rig);
}

#[tokio::test]
async fn a_code_that_no_service_can_have_is_no_answer_of_the_services() {
    let rig = under(Weather::refuse("ThrottledRequestException")).await;
    for provider in BOTH {
        assert_eq!(call(&rig, provider).send().await.unwrap().status(), 501);
    }
}

#[tokio::test]
async fn credentials_can_run_out_until_they_are_mended() {
    let rig = under(Weather::TokenExpired).await;
    let answer = rig.meta(&otp(WELL, CODE)).await;
    answer.is_graph_error(401, 190);
    assert_eq!(answer.body["error"]["error_subcode"], 463);
    rig.twilio(&text(WELL)).await.is_twilio_error(401, 20_003);
    for provider in BOTH {
        rig.simulator.weather(provider, Weather::Clear);
        assert!(call(&rig, provider).send().await.unwrap().status().is_success());
    }
}

#[tokio::test]
async fn a_service_can_fail_with_its_own_bodies() {
    for (status, meta, twilio) in [(500, 1, 20_500), (503, 2, 20_503)] {
        let rig = under(Weather::failing(status)).await;
        rig.meta(&otp(WELL, CODE)).await.is_graph_error(status, meta);
        rig.twilio(&text(WELL)).await.is_twilio_error(status, twilio);
        nothing_arrived(&rig);
    }
}

#[tokio::test]
async fn what_stands_before_a_service_fails_without_its_bodies() {
    let rig = under(Weather::failing(502)).await;
    for provider in BOTH {
        let answer = call(&rig, provider).send().await.unwrap();
        assert_eq!(answer.status(), 502);
        assert!(answer.json::<serde_json::Value>().await.is_err());
    }
}

#[tokio::test]
async fn trouble_comes_in_bursts() {
    let on = Duration::from_millis(200);
    let rig = under(Weather::Bursts { status: 500, on, off: LONG }).await;
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(500, 1);
    tokio::time::sleep(on).await;
    rig.whatsapp(WELL).await;
    let rig = under(Weather::Bursts { status: 500, on: Duration::ZERO, off: LONG }).await;
    rig.whatsapp(WELL).await;
}

#[tokio::test]
async fn weather_can_pass_by_itself() {
    let rig = Rig::start().await;
    let lasting = Duration::from_millis(200);
    rig.simulator.weather_for(Provider::Meta, Weather::Throttle, lasting);
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(429, 130_429);
    tokio::time::sleep(lasting).await;
    rig.whatsapp(WELL).await;
}

#[tokio::test]
async fn a_connection_can_be_reset_before_anything_is_taken() {
    let rig = under(Weather::ResetUntaken).await;
    for provider in BOTH {
        assert_reset(&call(&rig, provider).send().await.unwrap_err());
        assert_eq!(rig.simulator.requests_in(provider, &Weather::ResetUntaken), 1);
    }
    assert_eq!(rig.simulator.requests(WELL, WhatsApp), 0);
    nothing_arrived(&rig);
}

#[tokio::test]
async fn a_connection_can_be_reset_after_the_message_was_taken() {
    let rig = under(Weather::ResetTaken).await;
    for provider in BOTH {
        assert_reset(&call(&rig, provider).send().await.unwrap_err());
    }
    assert_eq!(rig.simulator.inbox().wait_for(WELL, 2).await.len(), 2);
}

/// A close in good order would read as an answer that is cut short, not as a reset.
#[track_caller]
fn assert_reset(error: &reqwest::Error) {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    assert_eq!(kind, Some(std::io::ErrorKind::ConnectionReset), "{error:?}");
}

#[tokio::test]
async fn a_request_can_be_read_and_never_answered_nor_delivered() {
    let rig = under(Weather::Hang).await;
    for provider in BOTH {
        let waiting = call(&rig, provider).timeout(Duration::from_millis(50)).send();
        assert!(waiting.await.unwrap_err().is_timeout());
        rig.simulator.wait_for_requests_in(provider, &Weather::Hang, 1).await;
    }
    rig.simulator.wait_for_requests(WELL, WhatsApp, 1).await;
    rig.simulator.wait_for_requests(WELL, Sms, 1).await;
    nothing_arrived(&rig);
}

#[tokio::test]
async fn a_slow_answer_comes_after_the_message_has_gone() {
    let rig = under(Weather::slow(LONG)).await;
    for (i, provider) in BOTH.into_iter().enumerate() {
        let waiting = tokio::spawn(call(&rig, provider).send());
        assert_eq!(rig.simulator.inbox().wait_for(WELL, i + 1).await.len(), i + 1);
        assert!(!waiting.is_finished());
        waiting.abort();
    }
}

#[tokio::test]
async fn a_message_that_is_taken_late_goes_although_nobody_waits_any_more() {
    let by = Duration::from_millis(300);
    let rig = under(Weather::Slow { by, lag: Lag::BeforeTaken }).await;
    for provider in BOTH {
        let waiting = call(&rig, provider).timeout(Duration::from_millis(50)).send();
        assert!(waiting.await.unwrap_err().is_timeout());
    }
    nothing_arrived(&rig);
    assert_eq!(rig.simulator.inbox().wait_for(WELL, 2).await.len(), 2);
}

#[tokio::test]
async fn a_slow_answer_is_the_usual_one() {
    let by = Duration::from_millis(50);
    for lag in [Lag::BeforeTaken, Lag::AfterTaken] {
        let rig = under(Weather::Slow { by, lag }).await;
        let asked = std::time::Instant::now();
        rig.whatsapp(WELL).await;
        rig.sms(WELL).await;
        assert!(asked.elapsed() >= by * 2);
        rig.meta(&otp(WELL, "")).await.is_graph_error(400, 131_008);
    }
}

#[tokio::test]
async fn a_paused_template_stops_its_language_only() {
    let rig = Rig::start().await;
    let paused = Weather::TemplatePaused { language: Some("pt_BR".into()) };
    rig.simulator.weather(Provider::Meta, paused);
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(400, 132_015);
    let mut spanish = otp(WELL, CODE);
    spanish["template"]["language"]["code"] = "es".into();
    assert_eq!(rig.meta(&spanish).await.status, 200);
    rig.simulator.weather(Provider::Meta, Weather::TemplatePaused { language: None });
    rig.meta(&spanish).await.is_graph_error(400, 132_015);
    rig.simulator.weather(Provider::Meta, Weather::Clear);
    rig.whatsapp(WELL).await;
}

#[tokio::test]
async fn weather_over_one_service_is_none_over_the_other() {
    let rig = Rig::start().await;
    rig.simulator.weather(Provider::Meta, Weather::Throttle);
    rig.sms(WELL).await;
    rig.simulator.weather(Provider::Meta, Weather::Clear);
    rig.simulator.weather(Provider::Twilio, Weather::Throttle);
    rig.whatsapp(WELL).await;
}

#[tokio::test]
async fn requests_are_counted_by_the_weather_they_met() {
    let rig = Rig::start().await;
    rig.whatsapp(WELL).await;
    rig.simulator.weather(Provider::Meta, Weather::Throttle);
    for _ in 0..3 {
        rig.meta(&otp(WELL, CODE)).await.is_graph_error(429, 130_429);
    }
    assert_eq!(rig.simulator.requests_in(Provider::Meta, &Weather::Clear), 1);
    assert_eq!(rig.simulator.requests_in(Provider::Meta, &Weather::Throttle), 3);
    assert_eq!(rig.simulator.requests_in(Provider::Twilio, &Weather::Throttle), 0);
    // Refused or not, each was received for this number.
    assert_eq!(rig.simulator.requests(WELL, WhatsApp), 4);
}

#[tokio::test]
async fn a_number_keeps_its_own_fate_in_any_weather_that_lets_it_through() {
    let rig = under(Weather::slow(Duration::ZERO)).await;
    let refused = Fate::refuse(131_026);
    rig.simulator.script(WELL, Behaviour { whatsapp: refused, sms: Fate::accept([Step::Arrive]) });
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(400, 131_026);
    rig.sms(WELL).await;
}
