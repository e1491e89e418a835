//! The configuration as an operator meets it.

mod anything;

mod deploy;

mod compose;

mod guides;

mod events;

mod fraud;

mod refusals;

mod together;

mod exposures;

mod sections;

mod sources;

mod keys;

mod secret_files;

use std::{
    ffi::OsString,
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use pombo::config::{Config, Errors, Mode};

pub const RING: &str = "k1:Oj0luX8jhRD+Ih98H1k8lKEFiSsZnrRHio3p5hSWtzg=";
pub const INDEX: &str = "fj819kWjPPwiMwpaJoz5tBo9JeIrNFAbwJgyFUrrkvk=";
pub const KEY_HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// The least that `serve` asks for, all of it in the environment.
pub const LEAST: &[(&str, &str)] = &[
    ("server.public_url", "https://otp.example.com"),
    ("store.url", "memory:"),
    ("keys.ring", RING),
    ("keys.index", INDEX),
    ("whatsapp.cloud.phone_number_id", "106540352242922"),
    ("whatsapp.cloud.access_token", "token-of-meta"),
    ("whatsapp.cloud.app_secret", "secret-of-meta"),
    ("whatsapp.cloud.verify_token", "handshake-with-meta"),
    ("whatsapp.template.name", "verification_code"),
    ("sms.twilio.account_sid", "AC0123456789abcdef0123456789abcdef"),
    ("sms.twilio.auth_token", "token-of-twilio"),
    ("sms.twilio.from", "+15017122661"),
    ("limits.allowed_countries", "BR"),
];

/// Environment variables for dotted keys. A later one wins; one with the value `-` is not set.
pub fn environment(keys: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = Vec::new();
    for (key, value) in keys {
        let name = variable(key).into();
        variables.retain(|(other, _)| *other != name);
        if *value != "-" {
            variables.push((name, value.into()));
        }
    }
    variables
}

pub fn variable(key: &str) -> String {
    format!("POMBO_{}", key.to_uppercase().replace('.', "__"))
}

/// What `serve` makes of the least with some keys changed.
pub fn serve(changes: &[(&str, &str)]) -> Result<Config, Errors> {
    Config::load(Mode::Serve, None, environment(&[LEAST, changes].concat()))
}

/// What `dev` makes of some keys.
pub fn dev(keys: &[(&str, &str)]) -> Result<Config, Errors> {
    Config::load(Mode::Dev, None, environment(keys))
}

/// What `dev` makes of a file.
pub fn dev_file(text: &str) -> Result<Config, Errors> {
    let path = file(text);
    let loaded = Config::load(Mode::Dev, Some(&path), []);
    std::fs::remove_file(path).unwrap();
    loaded
}

/// A file of its own for every call, as secret as any may be.
pub fn file(text: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("config-{}-{number}", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}

/// A pipe of one's own at this path, to which nobody writes so far.
pub fn pipe(at: &Path) {
    assert!(Command::new("mkfifo").arg("-m600").arg(at).status().unwrap().success());
}

/// The errors, one line each.
pub fn lines<T: std::fmt::Debug>(result: Result<T, Errors>) -> Vec<String> {
    result.unwrap_err().to_string().lines().map(str::to_owned).collect()
}
