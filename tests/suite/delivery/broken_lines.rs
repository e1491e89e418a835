//! What each sender says when the exchange itself goes wrong: is the message out, or not?

use std::time::{Duration, Instant};

use pombo::{
    delivery::{Again, Messenger, SendError},
    otp::FailureReason,
};

use serde_json::json;

use super::{
    PATIENCE, assert_discreet,
    cloud::cloud,
    provider::{self, Provider},
    send,
    twilio::{number, twilio},
};

fn senders(url: &str) -> [Box<dyn Messenger>; 2] {
    [Box::new(cloud(url.to_owned())), Box::new(twilio(url.to_owned(), number()))]
}

/// What both senders say of a provider at this address, which has to be the same.
async fn outcome(url: &str, limit: Duration) -> SendError {
    let [meta, twilio] = senders(url);
    let error = send(&*meta, limit).await.unwrap_err();
    assert_discreet(&error);
    let other = send(&*twilio, limit).await.unwrap_err();
    assert_discreet(&other);
    assert_eq!(
        (error.reaction.reason, error.reaction.again),
        (other.reaction.reason, other.reaction.again)
    );
    error
}

#[tokio::test]
async fn a_refused_connection_left_nothing_behind() {
    let error = outcome(&provider::nobody().await, PATIENCE).await;
    assert_eq!(
        (error.reaction.reason, error.reaction.again),
        (FailureReason::Unavailable, Again::Yes)
    );
}

#[tokio::test]
async fn a_provider_that_hangs_is_left_in_time_and_nobody_knows() {
    let provider = Provider::hanging().await;
    let start = Instant::now();
    let error = outcome(&provider.url(), Duration::from_millis(150)).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(
        (error.reaction.reason, error.reaction.again),
        (FailureReason::Unavailable, Again::Unclear)
    );
    assert_eq!(provider.requests().len(), 2, "each sender tries once");
}

#[tokio::test]
async fn a_line_that_breaks_before_or_in_the_answer_is_worth_another_try_and_nobody_knows() {
    for answer in [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"messages\":",
        "nonsense\r\n\r\n",
    ] {
        let provider = Provider::hanging_up_after(answer).await;
        let error = outcome(&provider.url(), PATIENCE).await;
        assert_eq!(
            (error.reaction.reason, error.reaction.again),
            (FailureReason::Unavailable, Again::Broken),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_leaves_it_unclear() {
    // Would do, were it not longer than any answer has reason to be.
    let padding = "a".repeat(100_000);
    let endless = json!({ "messages": [{ "id": "wamid.1" }], "sid": "SM1", "padding": padding });
    let endless = endless.to_string();
    for body in ["", "<html>OK</html>", "{}", "[]", "null", "7", "{\"messages\":[{}]}", &endless] {
        let provider = Provider::answering(200, body).await;
        assert_eq!(
            outcome(&provider.url(), PATIENCE).await.reaction.again,
            Again::Unclear,
            "{body:.40}"
        );
    }
}

#[tokio::test]
async fn an_error_without_a_known_code_is_judged_by_its_status() {
    use FailureReason::{Misconfigured, Other, RateLimited, Unavailable};
    for (status, reason, again) in [
        (500, Unavailable, Again::Doubtful),
        (502, Unavailable, Again::Doubtful),
        (503, Unavailable, Again::Doubtful),
        (429, RateLimited, Again::No),
        (401, Misconfigured, Again::No),
        (403, Misconfigured, Again::No),
        (400, Other, Again::No),
        (404, Other, Again::No),
    ] {
        for body in ["<html>nginx</html>", "{\"error\":{\"code\":987001}}", "{\"code\":987001}"] {
            let provider = Provider::answering(status, body).await;
            let error = outcome(&provider.url(), PATIENCE).await;
            assert_eq!(
                (error.reaction.reason, error.reaction.again),
                (reason, again),
                "{status} {body}"
            );
        }
    }
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect() {
    let provider = Provider::answering(307, "").await;
    assert_eq!(outcome(&provider.url(), PATIENCE).await.reaction.again, Again::No);
    assert_eq!(provider.requests().len(), 2, "each sender tries once");
}
