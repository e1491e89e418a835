//! A topic of SNS, by a stand-in that takes what the SDK sends.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{Form, Router, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::Value;
use tokio::{net::TcpListener, sync::Notify, time::timeout};

use super::is_verified_flow;
use crate::support::{
    pombo::{PATIENCE, Pombo},
    world::{World, brisk, number},
};

type Fields = HashMap<String, String>;
type Book = Arc<(Mutex<Vec<Fields>>, Notify)>;

/// Takes what is published, the first time with an error of its own.
async fn publish(State(book): State<Book>, Form(fields): Form<Fields>) -> impl IntoResponse {
    let mut published = book.0.lock().unwrap();
    published.push(fields);
    book.1.notify_waiters();
    if published.len() == 1 {
        let error = "<ErrorResponse><Error><Code>InternalError</Code></Error></ErrorResponse>";
        return (StatusCode::INTERNAL_SERVER_ERROR, error.to_owned());
    }
    let id = format!("<MessageId>{}</MessageId>", published.len());
    let answer = format!("<PublishResponse><PublishResult>{id}</PublishResult></PublishResponse>");
    (StatusCode::OK, answer)
}

/// A stand-in, and where it is.
async fn sns() -> (Book, String) {
    let book = Book::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(publish).with_state(book.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (book, url)
}

#[tokio::test]
async fn events_are_published_to_a_topic_each_with_what_a_filter_needs() {
    let (book, url) = sns().await;
    let arn = "arn:aws:sns:sa-east-1:123456789012:pombo.fifo";
    let events = [("EVENTS__TOPIC_ARN", arn), ("EVENTS__ENDPOINT_URL", url.as_str())];
    let world = World::new("memory:", brisk(), &events).await;
    let mut environment = world.environment();
    environment.extend([("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let pombo = Pombo::serve(&environment).await;
    let id = super::verified(&world, &pombo, &number(1, "00")).await;

    let enough = async {
        loop {
            let more = book.1.notified();
            let published = book.0.lock().unwrap().clone();
            if published.iter().any(|it| it["Message"].contains("challenge.verified")) {
                return published;
            }
            more.await;
        }
    };
    let published = timeout(PATIENCE, enough).await.expect("all events should be published");
    assert_eq!(published[0]["MessageDeduplicationId"], published[1]["MessageDeduplicationId"]);
    let mut kinds = Vec::new();
    // The first was tried again.
    for fields in &published[1..] {
        assert_eq!((fields["Action"].as_str(), fields["TopicArn"].as_str()), ("Publish", arn));
        let event: Value = serde_json::from_str(&fields["Message"]).unwrap();
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(fields["MessageGroupId"], id);
        assert_eq!(fields["MessageDeduplicationId"], event["id"].as_str().unwrap());
        let kind = event["type"].as_str().unwrap();
        assert_eq!(attribute(fields, "type"), kind);
        kinds.push(kind.replace("pombo.otp.", "").replace(".v1", ""));
    }
    is_verified_flow(&kinds);
}

/// A message attribute, as the query protocol numbers and names it.
fn attribute<'a>(fields: &'a Fields, name: &str) -> &'a str {
    let place = fields.iter().find(|(key, value)| key.ends_with(".Name") && *value == name);
    let place = place.unwrap_or_else(|| panic!("no {name} in {fields:?}")).0;
    &fields[&place.replace(".Name", ".Value.StringValue")]
}
