//! `pombo templates push`, where it comes to nothing.

use std::time::Duration;

use pombo::simulator::{Pace, Settings};

use super::{TEMPLATE, command, hasty, sentences, world};
use crate::support::world::World;

/// No fallback that a message could outlive, so that stderr holds the refusal alone.
const ALONE: (&str, &str) = ("DELIVERY__PLAN", "whatsapp");

#[tokio::test]
async fn a_rejection_ends_it_with_metas_reason() {
    let more = [ALONE, ("WHATSAPP__TEMPLATE__LANGUAGES", "{ en = \"en_US\" }")];
    let world = World::new("memory:", hasty(), &more).await;
    world.simulator.reject_template("fresh", Some("en_US"));
    let mut environment = world.environment();
    environment.push(("POMBO_WHATSAPP__TEMPLATE__NAME", "fresh"));
    let push = ["templates", "push", "--every", "20ms"];
    let ended = crate::support::pombo::run(&push, &environment).await;
    assert!(ended.code != 0 && ended.stdout.contains("rejected"), "{}", ended.stdout);
    let told = sentences(&ended);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("en_US") && told[0].contains("INVALID_FORMAT"), "{told:#?}");
}

#[tokio::test]
async fn the_wait_is_bounded_and_says_what_is_open() {
    let pace = Pace { review: Duration::from_secs(3_600), ..Pace::default() };
    let settings = Settings { pace, ..Settings::default() };
    let more = [ALONE, ("WHATSAPP__TEMPLATE__NAME", "fresh")];
    let world = World::new("memory:", settings, &more).await;
    let ended = {
        let push = ["templates", "push", "--wait", "300ms", "--every", "100ms"];
        command(&world, &push).await
    };
    assert!(ended.code != 0 && ended.stdout.contains("pending"), "{}", ended.stdout);
    let told = sentences(&ended);
    assert!(told[0].contains("pt_BR") && told[0].contains("pombo check"), "{told:#?}");
    // Each state is told once, however often it is asked for.
    assert_eq!(ended.stdout.matches("pending").count(), 1, "{}", ended.stdout);
}

#[tokio::test]
async fn what_meta_refuses_is_told_in_its_words() {
    let world = world(&[ALONE, ("WHATSAPP__TEMPLATE__LANGUAGE", "xx_YY")]).await;
    let ended = command(&world, &["templates", "push"]).await;
    let told = sentences(&ended);
    assert!(ended.code != 0 && ended.stdout.is_empty(), "{}", ended.stdout);
    assert!(told[0].contains(TEMPLATE) && told[0].contains("code 100"), "{told:#?}");
}

#[tokio::test]
async fn a_button_that_fills_in_needs_its_app_and_its_terms() {
    for (more, key) in [
        (&[("WHATSAPP__TEMPLATE__BUTTON", "one_tap")][..], "whatsapp.template.apps"),
        (
            &[
                ("WHATSAPP__TEMPLATE__BUTTON", "zero_tap"),
                ("WHATSAPP__TEMPLATE__APPS", "com.example.app:K8a/AINcGX7"),
            ],
            "whatsapp.template.zero_tap_terms_accepted",
        ),
    ] {
        let world = world(more).await;
        for arguments in [&["templates", "push", "--dry-run"][..], &["check", "--offline"]] {
            let ended = command(&world, arguments).await;
            let told = sentences(&ended);
            assert!(told.len() == 1 && told[0].starts_with(&format!("{key}: ")), "{told:#?}");
            assert_ne!(ended.code, 0);
        }
    }
}
