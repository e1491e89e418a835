//! Messages of gRPC, changed between their encoding and the wire.

use std::collections::BTreeMap;

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use pombo::grpc::proto::{self, FlowOutcome, IssueCodeRequest, Purpose, Transaction};
use prost::Message;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

use super::{chance, mutated, rounds};
use crate::support::{
    all,
    pombo::{Pombo, guess},
    world::{World, brisk, number},
};

/// Calls at once.
const AT_ONCE: usize = 8;

/// What a flood may leave in memory, in KiB: of each number that happened to be one, a record.
const ROOM: u64 = 32 * 1024;

/// The call that is answered by a stream.
const WATCH: &str = "WatchChallenge";

/// Sends bytes as they are.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// A valid message of each call, by its path; what is cancelled is of no use to the others.
fn valid(id: &str, cancelled: &str) -> Vec<(PathAndQuery, Vec<u8>)> {
    let transaction = Transaction {
        amount: "10.50".into(),
        currency: "BRL".into(),
        payee: "Ana".into(),
        reference: "1".into(),
    };
    let issue = IssueCodeRequest {
        recipient: number(2, "00"),
        purpose: Purpose::Transaction.into(),
        subject_id: "ana".into(),
        client_ip: "192.0.2.1".into(),
        language_code: "pt-BR".into(),
        transaction: Some(transaction),
        requested_channel: 1,
        idempotency_key: "once".into(),
    };
    let resend = proto::ResendCodeRequest {
        challenge_id: id.to_owned(),
        ..proto::ResendCodeRequest::default()
    };
    let get = proto::GetChallengeRequest { challenge_id: id.to_owned() };
    let watch = proto::WatchChallengeRequest { challenge_id: id.to_owned() };
    let cancel = proto::CancelChallengeRequest { challenge_id: cancelled.to_owned() };
    let report = proto::ReportOutcomeRequest {
        challenge_id: id.to_owned(),
        outcome: FlowOutcome::Completed.into(),
        occur_time: Some(prost_types::Timestamp { seconds: 1_800_000_000, nanos: 1 }),
    };
    let calls = [
        ("IssueCode", issue.encode_to_vec()),
        ("VerifyCode", guess(id, "123456").encode_to_vec()),
        ("ResendCode", resend.encode_to_vec()),
        ("GetChallenge", get.encode_to_vec()),
        (WATCH, watch.encode_to_vec()),
        ("CancelChallenge", cancel.encode_to_vec()),
        ("ReportOutcome", report.encode_to_vec()),
    ];
    let path = |call: &str| format!("/pombo.otp.v1.OtpService/{call}").parse().unwrap();
    calls.map(|(call, message)| (path(call), message)).into()
}

/// One call; of a stream the first word.
async fn ask(
    client: &mut Grpc<Channel>,
    path: PathAndQuery,
    message: Vec<u8>,
) -> Result<(), Status> {
    let request = Request::new(message);
    if path.path().ends_with(WATCH) {
        let stream = client.server_streaming(request, path, Raw).await?;
        return stream.into_inner().message().await.map(drop);
    }
    client.unary(request, path, Raw).await.map(drop)
}

/// Calls these, one after another; how often each code was the answer.
async fn call(line: Channel, calls: Vec<(PathAndQuery, Vec<u8>)>) -> BTreeMap<String, usize> {
    let (mut client, mut answers) = (Grpc::new(line), BTreeMap::new());
    for (path, message) in calls {
        client.ready().await.unwrap();
        let code = ask(&mut client, path, message).await.map_or_else(|it| it.code(), |()| Code::Ok);
        let faults = [Code::Internal, Code::Unknown, Code::DataLoss, Code::Unimplemented];
        assert!(!faults.contains(&code), "{code:?}");
        *answers.entry(format!("{code:?}")).or_default() += 1;
    }
    answers
}

async fn flood(pombo: &Pombo, ids: [&str; 2], rounds: usize) -> BTreeMap<String, usize> {
    let (valid, mut rng) = (valid(ids[0], ids[1]), chance("messages"));
    let line = pombo.connection().await;
    let floods = (0..AT_ONCE).map(|_| {
        let each = (0..rounds / AT_ONCE / valid.len()).flat_map(|_| &valid);
        let calls = each.map(|(path, message)| (path.clone(), mutated(message, &mut rng)));
        call(line.clone(), calls.collect())
    });
    let mut sum = BTreeMap::new();
    for answers in all(floods.collect::<Vec<_>>()).await {
        answers.into_iter().for_each(|(code, count)| *sum.entry(code).or_default() += count);
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_almost_one_is_answered_and_is_not_our_fault() {
    let world = World::new("memory:", brisk(), &[]).await;
    let pombo = world.serve_with_a_quiet_log().await;
    let id = pombo.issue(&number(1, "00")).await.challenge_id;
    let cancelled = pombo.issue(&number(3, "00")).await.challenge_id;
    let ids = [&*id, &*cancelled];
    flood(&pombo, ids, rounds() / 10).await;
    let warm = pombo.resident_kib();
    let answers = flood(&pombo, ids, rounds()).await;
    let after = pombo.resident_kib();
    println!("changed messages were answered {answers:?}; {warm} KiB before, {after} KiB after");
    assert!(after < warm + ROOM, "memory stays flat");
    assert_eq!(pombo.page("/readyz").await, "ready");
}
