//! Processes whose clock is wrong.

use std::{io::ErrorKind, path::PathBuf, process::Command, sync::OnceLock};

/// The environment of a process whose clock is off by so many seconds; durations stay true.
pub fn off_by(seconds: i64) -> [(&'static str, String); 2] {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let library = LIBRARY.get_or_init(compiled).to_str().unwrap().to_owned();
    [("LD_PRELOAD", library), ("WRONG_CLOCK_SECONDS", seconds.to_string())]
}

/// The library that is loaded before the C library, made by the machine's own compiler.
fn compiled() -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support/wrong_clock.c");
    let library = std::env::temp_dir().join(format!("pombo-clock-{}.so", std::process::id()));
    let compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .output()
        .unwrap_or_else(|error| match error.kind() {
            ErrorKind::NotFound => panic!("these tests need a C compiler, cc, in the PATH"),
            _ => panic!("cc can't be started: {error}"),
        });
    assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
    library
}
