//! After a hundred flows nothing that the service wrote anywhere holds a code or a whole number.

use pombo::grpc::proto::{
    self, IssueCodeRequest, Purpose, Transaction, VerifyCodeRequest, VerifyOutcome,
};
use redis::{Value, aio::MultiplexedConnection};

use super::{join_all, leaks::Secrets};
use crate::support::{
    pombo::{Pombo, guess, login, wrong},
    redis_server::RedisServer,
    world::World,
};

const FLOWS: usize = 100;

/// How many flows run at once.
const AT_ONCE: usize = 20;

/// WhatsApp; SMS at once; SMS after a receipt; receipts twice and out of order.
fn number(n: usize) -> String {
    let behaviour = ["00", "01", "02", "05"][n % 4];
    format!("+55119720{n:03}{behaviour}")
}

/// Of each behaviour some.
fn is_payment(n: usize) -> bool {
    n % 5 == 1
}

fn payment(n: usize) -> Transaction {
    Transaction {
        amount: format!("{}.25", 48_151_600 + n),
        currency: "BRL".to_owned(),
        payee: format!("Quitanda da Filomena {n}"),
        reference: String::new(),
    }
}

/// One flow: always a wrong guess, sometimes a resend; some are verified, some cancelled, some live.
async fn flow(world: &World, pombo: &Pombo, n: usize) {
    let number = number(n);
    let transaction = is_payment(n).then(|| payment(n));
    let purpose = if is_payment(n) { Purpose::Transaction } else { Purpose::Login };
    let request = IssueCodeRequest {
        purpose: purpose.into(),
        transaction: transaction.clone(),
        subject_id: format!("subject {n}"),
        client_ip: "192.0.2.1".to_owned(),
        idempotency_key: format!("issue {n}"),
        ..login(&number)
    };
    let challenge_id = pombo.try_issue(request).await.unwrap().challenge_id;
    let mut sent = world.simulator.inbox().wait_for(&number, 1).await;
    if n.is_multiple_of(3) {
        let resend =
            proto::ResendCodeRequest { challenge_id: challenge_id.clone(), ..Default::default() };
        pombo.client().await.resend_code(resend).await.unwrap();
        sent = world.simulator.inbox().wait_for(&number, 2).await;
    }
    let codes: Vec<_> = sent.iter().map(|message| message.code.as_str()).collect();
    let guess = |code: &str| VerifyCodeRequest {
        transaction: transaction.clone(),
        ..guess(&challenge_id, code)
    };
    let missed = pombo.try_verify(guess(&wrong(&codes))).await.unwrap();
    assert_eq!(missed.outcome(), VerifyOutcome::WrongCode);
    if n.is_multiple_of(2) {
        let right = VerifyCodeRequest { idempotency_key: format!("verify {n}"), ..guess(codes[0]) };
        for replayed in [false, true] {
            let verified = pombo.try_verify(right.clone()).await.unwrap();
            assert_eq!(
                (verified.outcome(), verified.replayed),
                (VerifyOutcome::Verified, replayed)
            );
        }
    } else if n.is_multiple_of(5) {
        let cancel = proto::CancelChallengeRequest { challenge_id };
        pombo.client().await.cancel_challenge(cancel).await.unwrap();
    }
}

/// Every key and every value, whatever its type.
async fn everything_in(redis: &mut MultiplexedConnection) -> Vec<u8> {
    let mut all = Vec::new();
    let mut cursor = 0;
    loop {
        let page: (u64, Vec<String>) =
            redis::cmd("SCAN").arg(cursor).query_async(redis).await.unwrap();
        for key in page.1 {
            let kind: String = redis::cmd("TYPE").arg(&key).query_async(redis).await.unwrap();
            let (command, range): (_, &[&str]) = match kind.as_str() {
                "string" => ("GET", &[]),
                "hash" => ("HGETALL", &[]),
                "set" => ("SMEMBERS", &[]),
                "list" => ("LRANGE", &["0", "-1"]),
                "zset" => ("ZRANGE", &["0", "-1", "WITHSCORES"]),
                "stream" => ("XRANGE", &["-", "+"]),
                other => panic!("{key} is a {other}"),
            };
            let value = redis::cmd(command).arg(&key).arg(range).query_async(redis).await.unwrap();
            all.extend(key.as_bytes());
            flatten(&value, &mut all);
        }
        cursor = page.0;
        if cursor == 0 {
            return all;
        }
    }
}

fn flatten(value: &Value, all: &mut Vec<u8>) {
    all.push(b'\n');
    match value {
        Value::BulkString(bytes) => all.extend(bytes),
        Value::Array(values) | Value::Set(values) => {
            values.iter().for_each(|value| flatten(value, all))
        }
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            flatten(key, all);
            flatten(value, all);
        }),
        other => all.extend(format!("{other:?}").bytes()),
    }
}

async fn nothing_gets_out(options: &[&str], log: &[(&str, &str)]) {
    let redis = RedisServer::start();
    let more = [
        ("CODE__LENGTH", "10"),
        ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]"),
        ("LIMITS__CLIENT_IP", "[]"),
        ("SMS__TWILIO__RATE", "200"),
    ];
    let world = World::new(&redis.url(), Default::default(), &more).await;
    let environment = [&world.environment()[..], log].concat();
    let pombo = Pombo::serve_with(options, &environment).await;
    for start in (0..FLOWS).step_by(AT_ONCE) {
        join_all((start..start + AT_ONCE).map(|n| flow(&world, &pombo, n))).await;
    }
    // What goes wrong is told too, and must be told without the number.
    for odd in [format!("{}0", number(0)), number(1).replace("+55", "+55 ")] {
        pombo.try_issue(login(&odd)).await.unwrap_err();
    }

    let sent = world.simulator.inbox().messages(None);
    let payments: Vec<_> = (0..FLOWS).filter(|&n| is_payment(n)).map(payment).collect();
    let payments = payments.iter().map(|payment| [&*payment.amount, &*payment.payee]);
    let secrets =
        Secrets::new(sent.iter().map(|message| (message.code.as_str(), message.to.as_str())))
            .and_payments(payments);
    assert!(sent.iter().any(|message| message.text.contains("Quitanda da Filomena")));
    let metrics = pombo.page("/metrics").await;
    let client = redis::Client::open(redis.url()).unwrap();
    let stored = everything_in(&mut client.get_multiplexed_async_connection().await.unwrap()).await;
    let log = pombo.stderr.all().join("\n");
    println!(
        "{} messages, {} shapes: none in {} bytes of log, {} of metrics, {} of Redis",
        sent.len(),
        secrets.len(),
        log.len(),
        metrics.len(),
        stored.len()
    );
    assert!(log.contains("challenge concluded") && log.contains("fell back"));
    assert!(metrics.contains("pombo_challenges_concluded_total"));
    assert_eq!(secrets.found_in(log.as_bytes()), [], "in the log");
    assert_eq!(secrets.found_in(metrics.as_bytes()), [], "in the metrics");
    assert_eq!(secrets.found_in(&stored), [], "in Redis");
}

#[tokio::test]
async fn nothing_gets_out_at_our_own_debug_level() {
    nothing_gets_out(&["--log-level", "debug"], &[]).await;
}

#[tokio::test]
async fn nothing_gets_out_where_every_library_talks() {
    nothing_gets_out(&[], &[("RUST_LOG", "debug")]).await;
}
