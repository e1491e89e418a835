//! What each target does with an input. An input is found to be bad by a panic: the code's own, or one
//! of the promises held here.

#![forbid(unsafe_code)]

pub mod webhooks;

pub mod records;

pub mod ids;

pub mod numbers;

pub mod machine;

pub mod configuration;

use std::sync::LazyLock;

/// Whether a fault is planted in the machine, to see that the search finds it.
fn is_planted() -> bool {
    static PLANTED: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("POMBO_FUZZ_PLANTED").is_some());
    *PLANTED
}
