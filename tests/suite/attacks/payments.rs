//! A code for one payment, offered for another: spelled almost alike, in look-alike letters, again, on
//! the other replica, at the same time.

use std::collections::BTreeMap;

use pombo::grpc::proto::{
    IssueCodeRequest, Purpose, Transaction, VerifyCodeRequest, VerifyOutcome,
};
use tonic::Code;

use super::{
    ANY_ODDS, MANY_MESSAGES, NO_WAITS, Siege, count, outcome, session, tally, wrong_codes,
};
use crate::support::{pombo::guess, world::number};

fn payment() -> Transaction {
    Transaction {
        amount: "10.50".to_owned(),
        currency: "BRL".to_owned(),
        payee: "Jos\u{e9} ACME".to_owned(),
        reference: "order 7".to_owned(),
    }
}

/// What is not that payment, however like it it looks.
fn others() -> Vec<Transaction> {
    let amount = |text: &str| Transaction { amount: text.to_owned(), ..payment() };
    let payee = |text: &str| Transaction { payee: text.to_owned(), ..payment() };
    let reference = |text: &str| Transaction { reference: text.to_owned(), ..payment() };
    let amounts = ["105", "1050", "10.05", "1.050", "10.51", "10.4999999999999999", "100.5", "0.5"];
    let payees = [
        // Composed otherwise; Cyrillic A; wide letters; of another case.
        "Jose\u{301} ACME",
        "Jos\u{e9} \u{410}CME",
        "Jos\u{e9} \u{ff21}CME",
        "Jos\u{e9} acme",
        "Jose ACME",
        // A blank more, of another kind, or of no width.
        "Jos\u{e9} ACME ",
        "Jos\u{e9}  ACME",
        "Jos\u{e9}\u{a0}ACME",
        "Jos\u{e9} AC\u{200b}ME",
        "Jos\u{e9} AC\u{ad}ME",
        "\u{202e}Jos\u{e9} ACME",
        // Fields that run into each other.
        "Jos\u{e9} ACMEo",
        "Jos\u{e9} ACMEorder 7",
    ];
    let currencies = ["USD", "BRR", "BRL"].into_iter().zip(["10.50", "10.50", "10.5000001"]);
    let currencies = currencies.map(|(currency, amount)| Transaction {
        currency: currency.to_owned(),
        amount: amount.to_owned(),
        ..payment()
    });
    let references = ["", "order 8", "order 7 ", "Order 7", "order\u{a0}7"];
    let all = amounts.map(amount).into_iter().chain(payees.map(payee)).chain(currencies);
    all.chain(references.map(reference)).collect()
}

/// What no payment is, and costs nothing to ask for.
const NO_AMOUNTS: [&str; 13] = [
    "\u{ff11}0.50",
    "10,50",
    "1e1",
    "+10.50",
    "-10.50",
    " 10.50",
    "10.50 ",
    "0x0A",
    "10.5\u{660}",
    "10.50.",
    "\u{661}0.50",
    "10.50\0",
    "NaN",
];

fn approve(id: &str, code: &str, transaction: &Transaction) -> VerifyCodeRequest {
    VerifyCodeRequest { transaction: Some(transaction.clone()), ..guess(id, code) }
}

/// A challenge for a payment, with its code.
async fn pay(siege: &Siege, to: &str, transaction: Transaction) -> (String, String) {
    let request = session(to, Purpose::Transaction, "anna");
    let request = IssueCodeRequest { transaction: Some(transaction), ..request };
    let id = siege.issue(0, "bank", request).await.unwrap().challenge_id;
    let code = siege.code_of(to, &id).await;
    (id, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_payment_is_approved_however_like_it_looks() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let (others, mut tried) = (others(), 0);
    for (index, some) in (0..).zip(others.chunks(4)) {
        let (id, code) = pay(&siege, &number(index, "00"), payment()).await;
        let before = siege.hashes().await;
        for (other, left) in some.iter().zip([4, 3, 2, 1]) {
            let told =
                siege.verify(left as usize, "bank", approve(&id, &code, other)).await.unwrap();
            assert_eq!(told.outcome(), VerifyOutcome::TransactionMismatch, "{other:?}");
            assert_eq!((told.attempts_remaining, &*told.recipient), (left, ""), "{other:?}");
            tried += 1;
        }
        for amount in NO_AMOUNTS {
            let other = Transaction { amount: amount.to_owned(), ..payment() };
            let status = siege.verify(0, "bank", approve(&id, &code, &other)).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{amount:?}");
        }
        assert_eq!(siege.hashes().await, before, "nothing tells whether the code was right");
        let same = Transaction { amount: "0010.500".to_owned(), ..payment() };
        let told = siege.verify(1, "bank", approve(&id, &code, &same)).await;
        assert_eq!(outcome(told), VerifyOutcome::Verified);
    }
    println!("{tried} other payments: each a mismatch that used an attempt and was not hashed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_altered_payments_at_once_use_five_attempts_and_end_it() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let (id, code) = pay(&siege, &number(1, "00"), payment()).await;
    let altered = (0..100).map(|cents| {
        let amount = format!("11.{cents:02}");
        approve(&id, &code, &Transaction { amount, ..payment() })
    });
    let answers = siege.verify_all("bank", altered.collect()).await;
    println!("100 altered payments with the right code: {:?}", tally(&answers));
    assert_eq!(count(&answers, VerifyOutcome::TransactionMismatch), 5);
    let late = siege.verify(1, "bank", approve(&id, &code, &payment())).await;
    assert_eq!(outcome(late), VerifyOutcome::Exhausted);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_replayed_for_its_own_call_only() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let (id, code) = pay(&siege, &to, payment()).await;
    let own =
        VerifyCodeRequest { idempotency_key: "pay".to_owned(), ..approve(&id, &code, &payment()) };
    let dearer = Transaction { amount: "99999".to_owned(), ..payment() };
    // At once on both replicas: the payment, and a dearer one under the same name for the call.
    let mut calls = vec![own.clone(); 20];
    calls.extend(vec![VerifyCodeRequest { transaction: Some(dearer.clone()), ..own.clone() }; 20]);
    let answers = siege.verify_all("bank", calls[..20].to_vec()).await;
    println!("20 calls of one name: {:?}", tally(&answers));
    assert_eq!(count(&answers, VerifyOutcome::Verified), 1);
    for answer in siege.verify_all("bank", calls[20..].to_vec()).await {
        assert_eq!(answer.unwrap_err().code(), Code::InvalidArgument);
    }
    for at in 0..2 {
        let told = siege.verify(at, "bank", own.clone()).await.unwrap();
        assert_eq!((told.outcome(), told.replayed), (VerifyOutcome::Verified, true));
        assert_eq!(told.recipient, "");
        for other in ["", "pay again"] {
            for transaction in [payment(), dearer.clone()] {
                let other = VerifyCodeRequest {
                    idempotency_key: other.to_owned(),
                    transaction: Some(transaction),
                    ..own.clone()
                };
                let told = siege.verify(at, "bank", other).await;
                assert_eq!(outcome(told), VerifyOutcome::AlreadyUsed);
            }
        }
        let foreign = siege.verify(at, "shop", own.clone()).await;
        assert_eq!(outcome(foreign), VerifyOutcome::UnknownChallenge);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_and_the_dearer_payment_at_once_approve_the_right_one_at_most() {
    let siege = Siege::new(&[NO_WAITS, MANY_MESSAGES, ANY_ODDS]).await;
    let dearer = Transaction { amount: "99999".to_owned(), ..payment() };
    let (right, mut all) = (payment(), BTreeMap::<String, usize>::new());
    for index in 0..10 {
        let (id, code) = pay(&siege, &number(index, "00"), payment()).await;
        let crowd: Vec<_> = (0..40)
            .map(|n| approve(&id, &code, if n % 8 == 7 { &right } else { &dearer }))
            .collect();
        let answers = siege.verify_all("bank", crowd).await;
        for (n, answer) in answers.iter().enumerate() {
            let verified = answer.as_ref().unwrap().outcome() == VerifyOutcome::Verified;
            assert!(!verified || n % 8 == 7, "a dearer payment was approved");
        }
        assert!(count(&answers, VerifyOutcome::Verified) <= 1);
        tally(&answers).into_iter().for_each(|(told, n)| *all.entry(told).or_default() += n);
    }
    println!("10 times 35 dearer payments and 5 right ones: {all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_payment_approves_no_other_pending_one_of_the_same_person() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let (cheap, cheap_code) = pay(&siege, &to, payment()).await;
    let dearer = Transaction { amount: "99999".to_owned(), ..payment() };
    let request = IssueCodeRequest {
        transaction: Some(dearer.clone()),
        ..session(&to, Purpose::Transaction, "thief")
    };
    let dear = siege.issue(1, "bank", request).await.unwrap().challenge_id;
    let dear_code = siege.code_of(&to, &dear).await;
    if dear_code == cheap_code {
        return;
    }
    for (id, code) in [(&dear, &cheap_code), (&cheap, &dear_code)] {
        let own = if *id == dear { &dearer } else { &payment() };
        let told = siege.verify(0, "bank", approve(id, code, own)).await;
        assert_eq!(outcome(told), VerifyOutcome::WrongCode);
    }
    let none = wrong_codes(&[cheap_code.clone(), dear_code], 1).remove(0);
    let told = siege.verify(0, "bank", approve(&dear, &none, &payment())).await;
    assert_eq!(outcome(told), VerifyOutcome::TransactionMismatch);
    let told = siege.verify(1, "bank", approve(&cheap, &cheap_code, &payment())).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
}
