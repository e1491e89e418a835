//! Processes whose clock is wrong, by libfaketime.

use std::{fs, path::PathBuf};

/// The environment of a process whose clock is off by so much (`+60s`); durations stay true.
pub fn off_by(shift: &str) -> Vec<(&'static str, String)> {
    let library = library().expect(
        "these tests need libfaketime: install the package faketime (Debian, Ubuntu) or libfaketime \
         (others)",
    );
    vec![
        ("LD_PRELOAD", library.to_str().unwrap().to_owned()),
        ("FAKETIME", shift.to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

/// The library for programs with threads, where Debian and others put it.
fn library() -> Option<PathBuf> {
    let rooms = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from);
    let machines = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut rooms = rooms.into_iter().chain(machines);
    rooms.find_map(|room| {
        let library = room.join("faketime/libfaketimeMT.so.1");
        library.exists().then_some(library)
    })
}
