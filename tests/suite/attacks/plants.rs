//! A leak in every shape that the raid on the spoils looks for, planted to see that it is found.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::spoils::{Folder, raid, range};

/// Each shape of a leak, alone in a file.
fn plants(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let digits = &number[1..];
    let value: u64 = digits.parse().unwrap();
    let nibbles: Vec<u8> =
        format!("{digits}f").bytes().map(|digit| digit.wrapping_sub(b'0') & 15).collect();
    let packed = |high: usize| nibbles.chunks(2).map(|it| it[high] << 4 | it[1 - high]).collect();
    let hex = |text: &[u8]| text.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut varint = Vec::new();
    prost::encoding::encode_varint(value, &mut varint);
    vec![
        ("a number, plain", number.into()),
        ("a number, plain", digits[2..].into()),
        ("a number, plain", digits.bytes().rev().collect()),
        ("a number, hex", hex(digits.as_bytes()).into()),
        ("a number, base64", BASE64_STANDARD.encode(format!("x{number}y")).into()),
        ("a number, BCD, plain", packed(0)),
        ("a number, BCD, plain", packed(1)),
        ("a number, little-endian", value.to_le_bytes().into()),
        ("a number, big-endian", value.to_be_bytes().into()),
        ("a number, varint", varint),
        ("a number, hashed by sha256", Sha256::digest(number).to_vec()),
        ("a number, hashed by sha1", hex(&Sha1::digest(digits)).into()),
        ("a code", b"the code is 481516.".to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_in_any_shape_is_found() {
    let folder = Folder::new();
    let plants = plants("+5511972012345");
    let mut files = json!({});
    for (n, (_, plant)) in plants.iter().enumerate() {
        let text = [b"before \x80 it ", &**plant, b" and \x80 after"].concat();
        let name = format!("plant {n}");
        files[&name] = folder.keep(&name, text).into();
    }
    let case = json!({
        "redis": null, "files": files, "range": range(), "codes": ["481516"], "recipes": 0, "keys": [],
        "unkeyed": true,
    });
    let raids = raid(vec![case]).await;
    let found = raids[0]["found"].as_array().unwrap();
    for (n, (kind, _)) in plants.iter().enumerate() {
        let is_there = |one: &Value| {
            // Of what is hashed the number is told, and not the place.
            let place = one[1].as_str().unwrap();
            one[0] == *kind && (place.starts_with(&format!("plant {n}")) || kind.contains("hashed"))
        };
        assert!(found.iter().any(is_there), "{kind} of plant {n}: {found:?}");
    }
    println!("{} plants: all found", plants.len());
}
