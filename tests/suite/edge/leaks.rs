//! Looks for codes and numbers in whatever the service lets out, in every shape that gives them away.

use std::collections::{BTreeMap, BTreeSet};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};

/// What must stay inside.
pub struct Secrets {
    /// Shapes by their first four bytes, each with its name.
    shapes: BTreeMap<[u8; 4], Vec<(Vec<u8>, &'static str)>>,
    starts: Vec<bool>,
}

impl Secrets {
    /// Codes, each with the Brazilian number that it was sent to.
    pub fn new<'a>(sent: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut secrets = Self { shapes: BTreeMap::new(), starts: vec![false; 1 << 16] };
        let mut numbers = BTreeSet::new();
        for (code, number) in sent {
            secrets.add("a code", code.as_bytes());
            secrets.add_base64("a code in base64", code);
            for hashed in [code.to_owned(), format!("{code}{number}"), format!("{number}{code}")] {
                secrets.add_hash("the hash of a code", &hashed);
            }
            numbers.insert(number);
        }
        for number in numbers {
            let national = number.strip_prefix("+55").expect("a Brazilian number");
            for part in [number, &number[1..], national] {
                secrets.add("a number", part.as_bytes());
                secrets.add_base64("a number in base64", part);
                secrets.add_hash("the hash of a number", part);
            }
        }
        secrets
    }

    /// Whom a payment goes to, and how much it is.
    pub fn and_payments<'a>(mut self, payments: impl IntoIterator<Item = [&'a str; 2]>) -> Self {
        for part in payments.into_iter().flatten().collect::<BTreeSet<_>>() {
            self.add("a payment", part.as_bytes());
            self.add_base64("a payment in base64", part);
            self.add_hash("the hash of a payment", part);
        }
        self
    }

    /// What the service is configured with, be it text or bytes.
    pub fn and_secrets<'a>(mut self, secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        for secret in secrets {
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            for shape in [secret, hex.as_bytes(), hex.to_uppercase().as_bytes()] {
                self.add("a secret", shape);
            }
            // As `Debug` shows bytes.
            self.add(
                "a secret in numbers",
                format!("{secret:?}").trim_matches(['[', ']']).as_bytes(),
            );
            self.add_base64("a secret in base64", secret);
        }
        self
    }

    /// How many shapes are looked for.
    pub fn len(&self) -> usize {
        self.shapes.values().map(Vec::len).sum()
    }

    /// What is found, by name, with what stands around it.
    pub fn found_in(&self, text: &[u8]) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (at, start) in text.windows(4).enumerate() {
            if !self.starts[usize::from(u16::from_be_bytes([start[0], start[1]]))] {
                continue;
            }
            let shapes = self.shapes.get(start).into_iter().flatten();
            for (_, name) in shapes.filter(|(shape, _)| text[at..].starts_with(shape)) {
                let around = &text[at.saturating_sub(60)..text.len().min(at + 60)];
                found.push((*name, String::from_utf8_lossy(around).into_owned()));
            }
        }
        found
    }

    fn add(&mut self, name: &'static str, shape: &[u8]) {
        let start: [u8; 4] = shape[..4].try_into().unwrap();
        self.starts[usize::from(u16::from_be_bytes([start[0], start[1]]))] = true;
        self.shapes.entry(start).or_default().push((shape.to_vec(), name));
    }

    /// Base64 of a longer text shows a part of it in one of three ways, by where the part begins.
    fn add_base64(&mut self, name: &'static str, text: impl AsRef<[u8]>) {
        for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
            let shifted = [&[0; 2][..before], text.as_ref()].concat();
            let whole = shifted.len() * 8 / 6;
            for base64 in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
                self.add(name, &base64.encode(&shifted).as_bytes()[mixed..whole]);
            }
        }
    }

    fn add_hash(&mut self, name: &'static str, text: &str) {
        let hash = Sha256::digest(text);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add(name, hash.as_slice());
        self.add(name, hex.as_bytes());
        self.add(name, hex.to_uppercase().as_bytes());
        self.add(name, BASE64_STANDARD_NO_PAD.encode(hash).as_bytes());
        self.add(name, BASE64_URL_SAFE_NO_PAD.encode(hash).as_bytes());
    }
}

#[test]
fn a_planted_leak_of_each_kind_is_found() {
    let (code, number) = ("4815162342", "+5511987654321");
    let secrets = Secrets::new([(code, number)]).and_payments([["12500.25", "Quitanda"]]);
    let hash = |text: &str| Sha256::digest(text).to_vec();
    let hex = |text: &str| hash(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut leaks: Vec<(Vec<u8>, &str)> = vec![
        (code.into(), "a code"),
        (number.into(), "a number"),
        (number[1..].into(), "a number"),
        (b"(0)11987654321".to_vec(), "a number"),
        (hex(code).into(), "the hash of a code"),
        (hex(&format!("{number}{code}")).to_uppercase().into(), "the hash of a code"),
        (
            BASE64_STANDARD_NO_PAD.encode(hash(&format!("{code}{number}"))).into(),
            "the hash of a code",
        ),
        (BASE64_URL_SAFE_NO_PAD.encode(hash(&number[1..])).into(), "the hash of a number"),
        (hash(code), "the hash of a code"),
        ("12500.25".into(), "a payment"),
        ("Quitanda da Filomena".into(), "a payment"),
        (hex("Quitanda").into(), "the hash of a payment"),
    ];
    // As WhatsApp's message ids carry a number: within base64, at any offset.
    for before in ["", "x", "xy", "xyz", "wamid-"] {
        let wrapped = |text: &str| {
            BASE64_STANDARD_NO_PAD.encode(format!("{before}{text}\u{15}\u{2}\0")).into()
        };
        leaks.push((wrapped(code), "a code in base64"));
        leaks.push((wrapped(&number[1..]), "a number in base64"));
        leaks.push((wrapped(&number[3..]), "a number in base64"));
    }
    let key = [0xfb; 32].as_slice();
    let secrets = secrets.and_secrets([b"zebra".as_slice(), key]);
    leaks.extend([
        (b"zebra".to_vec(), "a secret"),
        (b"7A65627261".to_vec(), "a secret"),
        (b"122, 101, 98, 114, 97".to_vec(), "a secret in numbers"),
        (BASE64_STANDARD_NO_PAD.encode("user:zebra").into(), "a secret in base64"),
        (BASE64_URL_SAFE_NO_PAD.encode(key).into(), "a secret in base64"),
        (key.to_vec(), "a secret"),
    ]);
    for (leak, name) in leaks {
        let text = [b"a line that says ".as_slice(), &leak, b" in the middle".as_slice()].concat();
        let found = secrets.found_in(&text);
        assert!(
            found.iter().any(|(found, _)| *found == name),
            "{name}: {:?}",
            String::from_utf8_lossy(&leak)
        );
        assert!(!secrets.found_in(&leak).is_empty(), "a leak that is all there is");
    }
    let clean =
        b"+55*********21 481516234 2026-11-22T21:53:48.123456Z ch_0123456789abcdef 98765432";
    assert_eq!(secrets.found_in(clean), []);
}
