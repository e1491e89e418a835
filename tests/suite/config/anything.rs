//! Whatever the file and the environment hold: an answer, never a panic.

use pombo::config::{Config, Mode};
use proptest::prelude::*;

use super::{LEAST, dev_file, environment};

const MODES: [Mode; 3] = [Mode::Serve, Mode::Dev, Mode::Check];

/// Values that look like something.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+0-9a-z:/@.*\\[\\]{}\"=, ]{0,24}",
        "(\\+?[0-9]{1,16}|[0-9]{1,20}(ms|s|m|h|d))(/[0-9]+[smhd])?",
        "\\[?\\{[a-z_]{1,6} ?= ?(\"[a-z]*\"|[0-9]+|\\[\\])\\}\\]?",
    ]
}

/// Keys that exist, and others.
fn key() -> impl Strategy<Value = String> {
    let known: Vec<_> = Config::known_keys().into_iter().collect();
    prop_oneof![
        4 => proptest::sample::select(known),
        1 => "(callers|test_numbers|purpose|whatsapp)(\\.[a-z0-9_+]{0,5}){0,3}",
        1 => "[A-Za-z._]{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_environment_is_answered(changes in prop::collection::vec((key(), value()), 0..6)) {
        let changes: Vec<_> = changes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let environment = environment(&[LEAST, &changes].concat());
        for mode in MODES {
            if let Err(errors) = Config::load(mode, None, environment.clone()) {
                prop_assert!(!errors.is_empty());
            }
        }
    }

    #[test]
    fn any_file_is_answered(text in any::<String>()) {
        let _ = dev_file(&text);
    }

    #[test]
    fn any_toml_is_answered(
        lines in prop::collection::vec(("(\\[[a-z.]{1,12}\\]|\\[\\[callers\\]\\]|)", key(), value()), 0..6)
    ) {
        let line = |(heading, key, value): &(String, String, String)| format!("{heading}\n{key} = {value:?}\n");
        let _ = dev_file(&lines.iter().map(line).collect::<String>());
    }
}

#[test]
fn a_file_of_any_depth_is_answered() {
    let _ = dev_file(&format!("{}a = 1\n", "a.".repeat(100_000)));
    let _ = dev_file(&format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000)));
    let _ = dev_file(&format!("a = {}1{}\n", "{a = ".repeat(100_000), "}".repeat(100_000)));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let broken = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let environment = [
        (broken(b"POMBO_CODE__LENGTH"), broken(b"\xff")),
        (broken(b"OTHER_\xff"), broken(b"\xff")),
    ];
    let errors = Config::load(Mode::Dev, None, environment).unwrap_err();
    assert_eq!(errors.to_string(), "code.length: must be UTF-8 (it comes from POMBO_CODE__LENGTH)");
}
