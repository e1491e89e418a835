//! Whoever says nothing, or says it slowly, is not waited for, and holds up nobody.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use pombo::grpc::proto::otp_service_client::OtpServiceClient;
use tonic::Code;

use super::{NUMBER, callers::two_callers, keyed, tls_bench::Secured, watch, world};
use crate::support::{
    all,
    pombo::{Pombo, login},
    world::number,
};

/// How long a request's head may take, the first words of gRPC, and a first call; and what a busy machine
/// adds.
const HEAD: Duration = Duration::from_secs(10);
const FIRST_WORDS: Duration = Duration::from_secs(5);
const STRANGER: Duration = Duration::from_secs(30);
const MORE: Duration = Duration::from_secs(5);

/// How often a slow one says something.
const DRIP: Duration = Duration::from_millis(300);

/// Says these bytes, one at a time; how long until it is hung up on.
async fn drip(address: String, words: &'static [u8]) -> Duration {
    let start = Instant::now();
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let hung_up = async {
        let mut said = Vec::new();
        // What it is told before that does not matter.
        let _ = from.read_to_end(&mut said).await;
    };
    let saying = async {
        for byte in words.iter().cycle() {
            if to.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(DRIP).await;
        }
        // Whether the other side has hung up is told by reading.
        std::future::pending::<()>().await;
    };
    let ended = async {
        tokio::select! {
            () = hung_up => {}
            () = saying => {}
        }
    };
    timeout(Duration::from_secs(60), ended).await.expect("nobody hung up");
    start.elapsed()
}

fn is_in_time(took: Duration, limit: Duration) -> bool {
    (limit - Duration::from_millis(500)..limit + MORE).contains(&took)
}

/// A request on a connection that is kept.
async fn ask(line: &mut TcpStream) -> String {
    line.write_all(b"GET /livez HTTP/1.1\r\nhost: pombo\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"alive") {
        assert_ne!(line.read_buf(&mut answer).await.unwrap(), 0, "hung up");
    }
    String::from_utf8(answer).unwrap()
}

async fn others_are_served(pombo: &Pombo) {
    assert_eq!(pombo.page("/readyz").await, "ready");
    assert_eq!(pombo.issue(NUMBER).await.challenge_id.len(), 55);
    let url = format!("http://{}/webhooks/twilio", pombo.webhooks);
    assert!(reqwest::Client::new().post(url).send().await.unwrap().status().is_client_error());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_comes_slowly_is_hung_up_on_and_the_others_are_served() {
    let pombo = world(&[]).await.serve().await;
    let mut kept = TcpStream::connect(&pombo.admin).await.unwrap();
    ask(&mut kept).await;
    let slow = [&pombo.admin, &pombo.webhooks].into_iter().flat_map(|address| {
        [
            &b"GET /livez HTTP/1.1\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"[..],
            b"\r\n",
        ]
        .map(|words| drip(address.clone(), words))
    });
    let slow = tokio::spawn(all(slow.collect::<Vec<_>>()));
    others_are_served(&pombo).await;
    let took = slow.await.unwrap();
    assert!(took.iter().all(|took| is_in_time(*took, HEAD)), "{took:?}");
    // A connection that lies idle is kept for longer: balancers rely on it.
    assert!(ask(&mut kept).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let pombo = world(&[]).await.serve().await;
    let mut line = TcpStream::connect(&pombo.webhooks).await.unwrap();
    let head = b"POST /webhooks/twilio HTTP/1.1\r\nhost: pombo\r\ncontent-length: 100\r\n\r\nabc";
    line.write_all(head).await.unwrap();
    let mut answer = [0; 12];
    timeout(HEAD, line.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 503");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_speak_grpc_is_hung_up_on_and_the_others_are_served() {
    let pombo = world(&[]).await.serve().await;
    let slow = [drip(pombo.grpc.clone(), b""), drip(pombo.grpc.clone(), b"PRI * HTTP/2.0\r\n\r\n")];
    let slow = tokio::spawn(all(slow));
    others_are_served(&pombo).await;
    let took = slow.await.unwrap();
    assert!(took.iter().all(|took| is_in_time(*took, FIRST_WORDS)), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_caller_has_a_connection_for_half_a_minute_and_a_caller_for_longer() {
    let pombo = two_callers(&[]).await.serve().await;
    let ended = "pombo_connections_ended_total{reason=\"stranger\"}";
    let (start, line) = (Instant::now(), pombo.connection().await);
    let mut client = OtpServiceClient::new(line.clone());
    let mut callers = watch(line).await;
    client.issue_code(keyed("bank key", login(NUMBER))).await.unwrap();
    // What it is told when it guesses at a key makes nobody a caller.
    let line = pombo.connection().await;
    let mut stranger = OtpServiceClient::new(line.clone());
    let refused = stranger.issue_code(keyed("a key", login(NUMBER))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut strangers = watch(line).await;
    let over = timeout(STRANGER + MORE, strangers.message()).await.expect("nobody hung up");
    assert!(over.is_err() && is_in_time(start.elapsed(), STRANGER), "{:?}", start.elapsed());
    assert_eq!(pombo.metrics().await[ended], 1.0);
    client.issue_code(keyed("bank key", login(&number(1, "00")))).await.unwrap();
    let told = timeout(Duration::ZERO, callers.message()).await;
    assert!(told.is_err(), "there is no news, and no end: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_go_on_holds_up_nobody() {
    let secured = Secured::with_a_key().await;
    let address = &secured.pombo.grpc;
    // The beginning of a hello, and nothing of one.
    let slow = [drip(address.clone(), b""), drip(address.clone(), b"\x16\x03\x01\x02\x00\x01")];
    let slow = tokio::spawn(all(slow));
    let start = Instant::now();
    secured.shown().await;
    assert!(start.elapsed() < FIRST_WORDS, "{:?}", start.elapsed());
    let took = slow.await.unwrap();
    assert!(took.iter().all(|took| is_in_time(*took, FIRST_WORDS)), "{took:?}");
}
