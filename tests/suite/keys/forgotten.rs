//! A key that has been read leaves nothing behind in memory: what it was read from is wiped, and of the
//! ring's keys only what is made of them stays.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    config::file,
    support::{
        pombo::Pombo,
        world::{INDEX, RING, World},
    },
};

/// All that a process can write to but the stacks, where a value may lie until the next call.
fn memory(pombo: &Pombo) -> Vec<Vec<u8>> {
    let place = format!("/proc/{}", pombo.pid());
    let memory = File::open(format!("{place}/mem")).unwrap();
    let maps = fs::read_to_string(format!("{place}/maps")).unwrap();
    let mut parts = Vec::new();
    for map in maps.lines().filter(|map| map.contains(" rw") && !map.contains("[stack]")) {
        let (from, to) = map.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut part = vec![0; (to - from) as usize];
        // A part may be gone by now.
        if memory.read_exact_at(&mut part, from).is_ok() {
            parts.push(part);
        }
    }
    parts
}

fn holds(memory: &[Vec<u8>], secret: &[u8]) -> bool {
    let mut parts = memory.iter();
    parts.any(|part| part.windows(secret.len()).any(|window| window == secret))
}

#[tokio::test]
async fn keys_that_were_read_are_forgotten() {
    let mut world = World::new("memory:", Default::default(), &[]).await;
    world.unset("KEYS__RING");
    world.unset("KEYS__INDEX");
    let [ring, index] = [RING, INDEX].map(|key| file(key).to_str().unwrap().to_owned());
    let files = [("POMBO_KEYS__RING_FILE", &*ring), ("POMBO_KEYS__INDEX_FILE", &*index)];
    let pombo = world.serve_under(&files).await;
    let (_, root) = RING.split_once(':').unwrap();
    let [root_bytes, index_bytes] = [root, INDEX].map(|key| BASE64_STANDARD.decode(key).unwrap());
    let memory = memory(&pombo);
    assert!(holds(&memory, &index_bytes), "it is in use, so it must be seen, or nothing is");
    for (what, secret) in [
        ("the ring as it was written", root.as_bytes()),
        ("the index key as it was written", INDEX.as_bytes()),
        ("the ring's key", &root_bytes),
    ] {
        assert!(!holds(&memory, secret), "{what}");
    }
}
