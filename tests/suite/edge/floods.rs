//! More connections, calls and metadata than anybody needs.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::{Code, Request};

use super::{NUMBER, world};
use crate::support::{
    long,
    pombo::{PATIENCE, Pombo, login},
    world::number,
};

/// Places at the listeners.
const OPERATORS: usize = 128;
const PROVIDERS: usize = 2048;
const CALLERS: usize = 4096;

/// Calls that are made and taken back at once, by one connection.
const RESETS: u32 = 20_000;

/// HTTP/2's word for somebody who does too much of something.
const ENHANCE_YOUR_CALM: u32 = 11;

/// What a flood may leave in memory, in KiB.
const ROOM: u64 = 32 * 1024;

/// Whether the other side hangs up at once.
async fn is_turned_away(address: &str) -> bool {
    let mut line = TcpStream::connect(address).await.unwrap();
    let read = timeout(Duration::from_secs(2), line.read(&mut [0; 1])).await;
    matches!(read, Ok(Ok(0) | Err(_)))
}

/// Takes all places of a listener with connections that begin so, and looks what happens to the next.
async fn fill(name: &str, address: &str, hello: &[u8], places: usize, pombo: &Pombo) {
    let mut lines = Vec::new();
    for _ in 0..places {
        let mut line = TcpStream::connect(address).await.unwrap();
        line.write_all(hello).await.unwrap();
        lines.push(line);
    }
    assert!(is_turned_away(address).await, "{name}");
    drop(lines);
    let counted = async { while is_turned_away(address).await {} };
    timeout(PATIENCE, counted).await.expect("places are free again");
    let series = format!("pombo_connections_turned_away_total{{listener=\"{name}\"}}");
    assert!(pombo.metrics().await[&series] >= 1.0);
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_is_turned_away_at_once() {
    let pombo = world(&[]).await.serve().await;
    let mut client = pombo.client().await;
    client.issue_code(login(&number(1, "00"))).await.unwrap();
    fill("admin", &pombo.admin, b"", OPERATORS, &pombo).await;
    if long() {
        fill("webhook", &pombo.webhooks, b"", PROVIDERS, &pombo).await;
        fill("grpc", &pombo.grpc, &hello(), CALLERS - 1, &pombo).await;
    }
    // Whoever was there before is served on.
    client.issue_code(login(NUMBER)).await.unwrap();
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// The first words of a connection.
fn hello() -> Vec<u8> {
    [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(4, 0, 0, &[])].concat()
}

/// The beginning of a call, and that it is not wanted any more.
fn call_and_reset(stream: u32) -> Vec<u8> {
    let path = b"/pombo.otp.v1.OtpService/IssueCode";
    // By the static table: POST, http, a path, an authority.
    let head = [&[0x83, 0x86, 0x04, path.len() as u8], &path[..], &[0x01, 0x01, b'x']].concat();
    let cancel = 8_u32.to_be_bytes();
    [frame(1, 4, stream, &head), frame(3, 0, stream, &cancel)].concat()
}

/// Why the connection was given up, if that was told.
fn goaway(mut told: &[u8]) -> Option<u32> {
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = told {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let (payload, next) = rest.split_at_checked(length)?;
        if let (7, [_, _, _, _, reason @ ..]) = (*kind, payload) {
            return Some(u32::from_be_bytes(*reason.first_chunk()?));
        }
        told = next;
    }
    None
}

/// Makes calls and takes them back until it is hung up on; the last frames that it was sent.
async fn rapid_reset(address: &str) -> Vec<u8> {
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let flood = tokio::spawn(async move {
        let calls = (0..RESETS).flat_map(|n| call_and_reset(2 * n + 1));
        let _ = to.write_all(&[hello(), calls.collect()].concat()).await;
        to
    });
    let mut told = Vec::new();
    let hung_up = timeout(PATIENCE, from.read_to_end(&mut told)).await;
    assert!(hung_up.is_ok(), "nobody hung up");
    drop(flood.await.unwrap());
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_taken_back_at_once_hurt_nobody_else() {
    let pombo = world(&[]).await.serve_with_a_quiet_log().await;
    let mut client = pombo.client().await;
    rapid_reset(&pombo.grpc).await;
    let warm = pombo.resident_kib();
    let address = pombo.grpc.clone();
    let flood = tokio::spawn(async move {
        let mut last = Vec::new();
        for _ in 0..20 {
            last = rapid_reset(&address).await;
        }
        last
    });
    let mut served = 0;
    while !flood.is_finished() {
        let call = client.issue_code(login(&number(served, "00")));
        timeout(PATIENCE, call).await.unwrap().unwrap();
        served += 1;
    }
    let (told, after) = (flood.await.unwrap(), pombo.resident_kib());
    println!("{served} calls were served meanwhile; {warm} KiB before, {after} KiB after");
    assert!(served > 0);
    assert_eq!(goaway(&told), Some(ENHANCE_YOUR_CALM));
    assert!(after < warm + ROOM, "memory stays flat");
}

#[tokio::test]
async fn metadata_beyond_measure_is_refused() {
    let pombo = world(&[]).await.serve().await;
    let mut client = pombo.client().await;
    for (length, is_taken) in [(4 * 1024, true), (9 * 1024, false), (64 * 1024, false)] {
        let mut request = Request::new(login(NUMBER));
        request.metadata_mut().insert("x-more", "m".repeat(length).parse().unwrap());
        let answer = client.issue_code(request).await.map_err(|status| status.code());
        println!("{length} bytes of metadata: {:?}", answer.as_ref().err());
        assert_eq!(answer.is_ok(), is_taken, "{length}");
        assert!(!matches!(answer, Err(Code::Unauthenticated)));
    }
    client.issue_code(login(&number(1, "00"))).await.unwrap();
}
