//! What the work factors are worth once the pepper is known: how long all six-digit codes take.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::Purpose,
    otp::{Challenge, ChallengeId, Code, Keyring, Profile, Recipe, digest::Workspace},
};
use zeroize::Zeroizing;

use super::{
    ANY_ODDS, Siege, session,
    siege::{place, ring_key},
};
use crate::support::world::number;

fn recipe(profile: Profile, length: u8) -> Recipe {
    let challenge = ChallengeId(std::array::from_fn(|at| at as u8));
    Recipe { challenge, profile, key_id: "k1".to_owned(), length, binding: [7; 32] }
}

fn pepper() -> [u8; 32] {
    *Keyring::new([("k1".to_owned(), Zeroizing::new(ring_key()))]).pepper("k1").unwrap()
}

/// The code of a digest, if it is among these, under this pepper; and how long each guess took.
fn search(recipe: &Recipe, pepper: &[u8; 32], code: &str, most: u32) -> (bool, Duration) {
    let mut space = Workspace::default();
    let width = usize::from(recipe.length);
    let kept = recipe.digest(&self::pepper(), &Code::parse(code).unwrap(), &mut space);
    let (start, mut tried) = (Instant::now(), 0);
    let found = (0..most).any(|guess| {
        tried += 1;
        let guess = Code::parse(&format!("{guess:0width$}")).unwrap();
        recipe.digest(pepper, &guess, &mut space).matches(&kept)
    });
    (found, start.elapsed() / tried)
}

#[test]
fn with_the_pepper_all_codes_fall_in_a_time_that_the_profile_says_and_without_it_none_does() {
    let mut all = Vec::new();
    // Samples of all codes; the last of each is the one that was sent.
    for (profile, sample) in
        [(Profile::Keyed, 2_000), (Profile::Balanced, 2_000), (Profile::Owasp, 20)]
    {
        let recipe = recipe(profile, 4);
        let last = format!("{:04}", sample - 1);
        let (found, each) = search(&recipe, &pepper(), &last, sample);
        assert!(found, "{profile:?}: the pepper opens it");
        let (found, _) = search(&recipe, &[0; 32], &last, sample);
        assert!(!found, "{profile:?}: an empty pepper opens nothing");
        println!(
            "{}: {each:?} a guess in this build, all six-digit codes in {:.0?} of one core",
            profile.as_str(),
            each * 1_000_000
        );
        all.push(each);
    }
    assert!(all.is_sorted(), "each is more work than the one before: {all:?}");
}

/// The code of a challenge, by trying all of four digits under a pepper.
fn code_of(challenge: &Challenge, to: &str, pepper: &[u8; 32]) -> Option<String> {
    let (recipe, mut space) = (challenge.recipe(&place(to)), Workspace::default());
    let mut codes = (0..10_000).map(|code| format!("{code:04}"));
    codes.find(|code| {
        let digest = recipe.digest(pepper, &Code::parse(code).unwrap(), &mut space);
        challenge.find(&digest).is_some()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn all_codes_of_four_digits_are_tried_at_a_stored_record_and_the_pepper_alone_tells_which() {
    let (short, balanced) = (("CODE__LENGTH", "4"), ("CODE__HASH", "balanced"));
    let siege = Siege::new(&[short, balanced, ANY_ODDS]).await;
    let to = number(1, "00");
    siege.issue(0, "bank", session(&to, Purpose::Login, "anna")).await.unwrap();
    let code = siege.code(&to, 1).await;
    let challenge = siege.record(&to).await.challenges.remove(0);
    let raid = |pepper: [u8; 32]| {
        let (challenge, to) = (challenge.clone(), to.clone());
        tokio::task::spawn_blocking(move || code_of(&challenge, &to, &pepper))
    };
    let (without, with) = (raid([0; 32]), raid(pepper()));
    let (without, with) = (without.await.unwrap(), with.await.unwrap());
    println!("Argon2id: by an empty pepper {without:?}, by the pepper {with:?}, sent {code}");
    assert_eq!((without, with), (None, Some(code)));
}
