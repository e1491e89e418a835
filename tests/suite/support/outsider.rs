//! Judges who have nothing to do with this project: public libraries of the providers' formats.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

/// Hands these cases to a script of `tests/outsiders`, one a line, and tells how many it judged, or what
/// it complained of.
pub fn judge(script: &str, cases: &[Value]) -> Result<usize, String> {
    told(script, cases).map(|told| told.parse().unwrap())
}

/// Hands these cases to a script of `tests/outsiders`, one a line, and tells what it says, or what it
/// complained of.
pub fn told(script: &str, cases: &[Value]) -> Result<String, String> {
    let program = match script.ends_with(".py") {
        true => std::env::var("POMBO_TEST_PYTHON").unwrap_or_else(|_| "python3".into()),
        false => "node".into(),
    };
    let path = format!("{}/tests/outsiders/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut judge = Command::new(&program)
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't run {program}, which judges: {error}"));
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    // It may have given up before reading everything; its verdict says so.
    let _ = judge.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = judge.wait_with_output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
