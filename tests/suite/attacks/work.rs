//! What the work factors are worth once the pepper is known: how long all six-digit codes take.

use std::time::{Duration, Instant};

use pombo::otp::{ChallengeId, Code, Keyring, Profile, Recipe, digest::Workspace};
use zeroize::Zeroizing;

use super::siege::RING;

fn recipe(profile: Profile, length: u8) -> Recipe {
    let challenge = ChallengeId(std::array::from_fn(|at| at as u8));
    Recipe { challenge, profile, key_id: "k1".to_owned(), length, binding: [7; 32] }
}

fn pepper() -> [u8; 32] {
    *Keyring::new([("k1".to_owned(), Zeroizing::new(RING))]).pepper("k1").unwrap()
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
    // Samples; of `balanced` all codes of four digits, so that one is found and one is not.
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
