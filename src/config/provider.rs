//! What the sections of WhatsApp and SMS have in common.

use std::{collections::BTreeMap, num::NonZeroU32};

use super::{
    Mode,
    kind::{Kind, spelled, within},
    origin::{API, NOWHERE, Origin},
    section::Section,
};

/// A pace. It is kept in each process: divide an account's limit by the replicas.
pub(super) const RATE: Kind<NonZeroU32> =
    Kind::new("a whole number from 1 to 1000 (messages a second)", |text| {
        NonZeroU32::new(within(text, 1..=1_000)?)
    });

/// The section's providers, in the order in which they are to be tried: `usual` if none is said, and
/// nobody for `none`. And whether that is right, since who named a provider that there isn't need not
/// hear what this one would need.
pub(super) fn providers<P: Copy + PartialEq>(
    keys: &mut Section<'_>,
    kind: &Kind<Option<P>>,
    aws: P,
    usual: P,
) -> (Vec<P>, bool) {
    let Some(said) = keys.list("provider", kind) else {
        let right = !keys.says("provider");
        return (vec![usual], right);
    };
    let some: Vec<_> = said.iter().copied().flatten().collect();
    let is_twice = |(at, it): (usize, &P)| some[..at].contains(it);
    if said.is_empty() {
        keys.refuse("provider", format!("is empty; it must be {}", kind.accepts()));
        return (vec![usual], false);
    }
    if said.len() > 1 && some.len() < said.len() {
        keys.refuse("provider", "names none beside a provider; keep either");
    } else if some.iter().enumerate().any(is_twice) {
        keys.refuse("provider", "names a provider twice; name each once");
    } else if some.contains(&aws) && cfg!(not(feature = "aws")) {
        keys.refuse("provider", "names aws, and this program was built without it; use one that was built with the feature aws");
    }
    (some, true)
}

/// A default pace.
pub(super) fn per_second(rate: u32) -> NonZeroU32 {
    NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN)
}

/// The section's `base_url`. In `dev` nothing leaves the machine: whatever leads out leads nowhere.
pub(super) fn api(keys: &mut Section<'_>, mode: Mode, host: &str) -> Origin {
    let said = keys.get("base_url", &API);
    match mode {
        Mode::Dev => said.filter(Origin::is_loopback).unwrap_or(NOWHERE.into()),
        Mode::Serve | Mode::Check => said.unwrap_or_else(|| Origin::https(host)),
    }
}

/// Values by language. Tags are spelled alike, `pt-br`, however they were written.
pub(super) fn by_language(
    keys: &mut Section<'_>,
    name: &str,
    kind: &Kind<String>,
) -> BTreeMap<String, String> {
    let said = keys.map(name, kind).into_iter();
    let tags = said.map(|(tag, value)| (tag.to_ascii_lowercase().replace('_', "-"), value));
    let tags: BTreeMap<_, _> = tags.collect();
    let is_tag =
        |tag: &str| spelled(tag, 2..=35, |c| c.is_ascii_alphanumeric() || c == '-').is_some();
    if !tags.keys().all(|tag| is_tag(tag)) {
        keys.refuse(
            name,
            "names something that is no language; write BCP 47 tags, like pt or en-US",
        );
    }
    tags
}
