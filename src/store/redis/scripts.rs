//! The scripts beside this file. Each is one atomic step and says at its head what it takes.
//!
//! They are always run by `invoke_async`, which loads a script again when the server has lost it.

use std::sync::LazyLock;

use redis::Script;

pub(super) static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("load.lua")));

pub(super) static COMMIT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("commit.lua")));

pub(super) static CLAIM: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("claim.lua")));

pub(super) static CHARGE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("charge.lua")));

pub(super) static FOLLOW: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("follow.lua")));

pub(super) static PASS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("pass.lua")));
