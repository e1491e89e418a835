//! Keys that are none: too short, too plain, or the same in two places.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{
    INDEX, RING,
    refusals::{Row, check},
    serve,
};

/// Another key, as good as any.
const OTHER: &str = "5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE=";

#[test]
fn a_key_that_can_be_guessed_is_refused() {
    for (key, why) in [
        // Thirty-one bytes, thirty-three, and none.
        ("NWL2QeFmE2VYZLpmwqpM/Qgf3OrBPlg0Nbs1HgcTxQ==", "32 random bytes"),
        ("NWL2QeFmE2VYZLpmwqpM/Qgf3OrBPlg0Nbs1HgcTxQcI", "32 random bytes"),
        ("", "32 random bytes"),
        ("correct horse battery staple, 32", "32 random bytes"),
        // All zeros, all ones, sixteen bytes twice, few bytes over and over.
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "repeats itself"),
        ("//////////////////////////////////////////8=", "repeats itself"),
        ("NWL2QeFmE2VYZLpmwqpM/TVi9kHhZhNlWGS6ZsKqTP0=", "repeats itself"),
        ("3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8=", "repeats itself"),
        // From 0 to 31, and downwards from 255 by threes.
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "counts"),
        ("//z59vPw7ern5OHe29jV0s/MycbDwL26t7SxrquopaI=", "counts"),
        // "my very secret passphrase, 32 b!".
        ("bXkgdmVyeSBzZWNyZXQgcGFzc3BocmFzZSwgMzIgYiE=", "is a text"),
    ] {
        check(&[(&[("keys.index", key)], "keys.index", why)]);
        let (alone, behind) = (format!("k1:{key}"), format!("{RING},k2:{key}"));
        for ring in [alone, behind] {
            check(&[(&[("keys.ring", &ring)], "keys.ring", why)]);
            check(&[(&[("keys.ring", &ring)], "keys.ring", "`pombo keys new`")]);
            let shown = serve(&[("keys.ring", &ring)]).unwrap_err().to_string();
            assert!(key.is_empty() || !shown.contains(key), "{shown}");
        }
    }
}

#[test]
fn a_key_that_is_used_twice_is_refused() {
    let twice = format!("{RING},k1:{OTHER}");
    let again = format!("{RING},{}", RING.replace("k1:", "k2:"));
    let (_, root) = RING.split_once(':').unwrap();
    let rows: &[Row<'_>] = &[
        (&[("keys.ring", &twice)], "keys.ring", "an id of its own"),
        (&[("keys.ring", &again)], "keys.ring", "holds a key twice"),
        (&[("keys.index", root)], "keys.index", "is also in keys.ring"),
        (
            &[("keys.ring", &format!("k2:{OTHER},old:{INDEX}"))],
            "keys.index",
            "is also in keys.ring",
        ),
        (&[("keys.ring", "[]")], "keys.ring", "is empty"),
    ];
    check(rows);
    let fine = format!("k2:{OTHER},{RING}");
    assert_eq!(serve(&[("keys.ring", &fine)]).unwrap().keys.keyring().writing(), "k2");
}

#[test]
fn a_ring_is_not_accused_of_what_is_wrong_with_the_index() {
    for index in ["", "AAAA"] {
        let told = serve(&[("keys.index", index)]).unwrap_err().to_string();
        assert!(told.contains("keys.index") && !told.contains("keys.ring"), "{told}");
    }
}

#[test]
fn a_key_that_everybody_knows_is_refused_by_its_own_name() {
    let known = |label: &str| {
        let words = format!("pombo dev key, public, for nothing but play: {label}");
        STANDARD.encode(Sha256::digest(words))
    };
    let ring = format!("k1:{}", known("ring"));
    check(&[
        (&[("keys.index", &known("index"))], "keys.index", "everybody knows"),
        (&[("keys.ring", &ring)], "keys.ring", "everybody knows"),
    ]);
}
