//! Wrong guesses by the hundred, and every way to be given more of them.

use pombo::grpc::proto::{Purpose, VerifyOutcome};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use tonic::Status;

use super::{
    ANY_ODDS, MANY_MESSAGES, NO_WAITS, Siege, count, faces, outcome, reason, session, tally,
    wrong_codes,
};
use crate::support::{long, pombo::guess, world::number};

/// Guesses at once.
const CROWD: usize = 400;

fn rounds() -> u32 {
    if long() { 60 } else { 6 }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_hundreds_of_wrong_guesses_at_once_five_are_compared() {
    let siege = Siege::new(&[]).await;
    let mut compared = 0;
    for index in 0..rounds() {
        let to = number(index, "00");
        let issued = siege.issue(0, "bank", session(&to, Purpose::Login, &to)).await.unwrap();
        let (id, code) = (issued.challenge_id, siege.code(&to, 1).await);
        let before = siege.hashes().await;
        let wrong = wrong_codes(std::slice::from_ref(&code), CROWD);
        let answers = siege.verify_all("bank", faces(&id, &wrong)).await;
        let hashed = siege.hashes().await - before;
        println!("{CROWD} wrong guesses: {:?}, {hashed} hashed", tally(&answers));
        compared += count(&answers, VerifyOutcome::WrongCode);
        assert_eq!(count(&answers, VerifyOutcome::WrongCode), 5);
        assert_eq!(count(&answers, VerifyOutcome::Verified), 0);
        assert!(hashed <= 10.0, "a replica hashes no more guesses than can count");
        let late = siege.verify_all("bank", vec![guess(&id, &code); 20]).await;
        assert_eq!(count(&late, VerifyOutcome::Exhausted), 20, "{:?}", tally(&late));
    }
    println!("{} guesses tried, {compared} compared", rounds() as usize * CROWD);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_among_hundreds_of_wrong_ones_verifies_once_or_never() {
    let siege = Siege::new(&[]).await;
    let (mut rng, mut won) = (StdRng::seed_from_u64(7), 0);
    for index in 0..rounds() {
        let to = number(index, "00");
        let issued = siege.issue(0, "bank", session(&to, Purpose::Login, &to)).await.unwrap();
        let (id, code) = (issued.challenge_id, siege.code(&to, 1).await);
        let mut codes = wrong_codes(std::slice::from_ref(&code), CROWD);
        codes.extend(vec![code.clone(); CROWD / 4]);
        codes.shuffle(&mut rng);
        let answers = siege.verify_all("bank", faces(&id, &codes)).await;
        let (verified, missed) =
            (count(&answers, VerifyOutcome::Verified), count(&answers, VerifyOutcome::WrongCode));
        println!("{} guesses, every fifth right: {:?}", codes.len(), tally(&answers));
        assert!((verified, missed) == (0, 5) || (verified == 1 && missed < 5));
        let told = answers.iter().flatten().filter(|answer| !answer.recipient.is_empty()).count();
        assert_eq!(told, verified, "the number is told with the verification only");
        won += verified;
    }
    println!("{won} of {} were verified amid the crowd", rounds());
}

/// Somebody who asks for messages of one flow as often as there are any, and shows another face each
/// time.
struct Guesser {
    siege: Siege,
    to: String,
    tried: usize,
}

impl Guesser {
    async fn ask(&self, n: usize) -> Result<String, Status> {
        let issued = self.siege.issue(n, "bank", session(&self.to, Purpose::Login, "anna")).await;
        issued.map(|issued| issued.challenge_id)
    }

    /// A crowd of wrong guesses, with a replica killed in the midst of it where one is named.
    async fn storm(&mut self, id: &str, dies: Option<usize>) {
        let wrong = wrong_codes(&self.siege.codes(&self.to), 60);
        self.tried += wrong.len();
        let crowd = self.siege.verify_all("bank", faces(id, &wrong));
        let Some(at) = dies else {
            assert_eq!(count(&crowd.await, VerifyOutcome::Verified), 0);
            return;
        };
        // What the guesses come to whose answers are lost, the store knows.
        tokio::select! { biased; _ = crowd => {}, () = tokio::task::yield_now() => {} }
        self.siege.restart(at).await;
    }

    /// A challenge and guesses; another message and guesses; the challenge asked for again and guesses,
    /// at another one if this one is over; sometimes its end.
    async fn campaign(&mut self, n: usize) -> Result<String, Status> {
        let id = self.ask(n).await?;
        self.storm(&id, (n % 3 == 1).then_some(n % 2)).await;
        // Refused once the challenge is over.
        let _ = self.siege.resend(n, "bank", &id).await;
        self.storm(&id, None).await;
        if let Ok(again) = self.ask(n + 1).await {
            self.storm(&again, None).await;
        }
        if n % 2 == 1 {
            self.siege.cancel("bank", &id).await;
        }
        Ok(id)
    }

    /// Campaigns until none is granted; how many guesses were counted, and the last challenge.
    async fn exhaust(&mut self) -> (usize, String) {
        let mut last = String::new();
        for n in 0.. {
            match self.campaign(n).await {
                Ok(id) => last = id,
                Err(status) if reason(&status) == "LOCKED" => break,
                // A lone millisecond of a wait.
                Err(status) => assert_eq!(reason(&status), "RESEND_WAIT"),
            }
        }
        (self.counted().await, last)
    }

    async fn counted(&self) -> usize {
        let record = self.siege.record(&self.to).await;
        record.flows.iter().map(|flow| flow.ledger.failures.len()).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flow_gets_ten_guesses_and_twenty_a_day_whatever_is_asked_for_and_whoever_dies() {
    let siege = Siege::over_lasting(&[NO_WAITS, MANY_MESSAGES, ANY_ODDS]).await;
    let mut guesser = Guesser { siege, to: number(1, "00"), tried: 0 };
    let (row, _) = guesser.exhaust().await;
    guesser.siege.jump(31 * 60).await;
    let (day, last) = guesser.exhaust().await;
    println!(
        "one flow: {} tried; {row} counted, and {day} with those after the lock",
        guesser.tried
    );
    assert_eq!((row, day), (10, 20));

    for at in 0..2 {
        guesser.siege.restart(at).await;
    }
    guesser.siege.jump(23 * 3600).await;
    assert_eq!(reason(&guesser.ask(0).await.unwrap_err()), "LOCKED", "the day is not over");
    let code = guesser.siege.codes(&guesser.to).pop().unwrap();
    let late = guesser.siege.verify(1, "bank", guess(&last, &code)).await;
    assert_ne!(outcome(late), VerifyOutcome::Verified);
    guesser.siege.jump(25 * 3600).await;
    guesser.ask(0).await.unwrap();
}
