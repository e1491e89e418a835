//! Which of the configured languages a recipient gets.

use std::collections::BTreeMap;

/// The entry for a BCP 47 tag: its own, else that of its primary language (`pt` for `pt-BR`), else
/// none. Case does not count, and `_` is taken for `-`, as callers and configurations mix them.
pub fn choose<'a, T>(entries: &'a BTreeMap<String, T>, asked: &str) -> Option<&'a T> {
    let primary = asked.split(['-', '_']).next().unwrap_or_default();
    let find = |tag: &str| entries.iter().find(|(key, _)| same(key, tag)).map(|(_, entry)| entry);
    find(asked).or_else(|| find(primary))
}

fn same(a: &str, b: &str) -> bool {
    let plain = |byte: u8| {
        if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
    };
    a.bytes().map(plain).eq(b.bytes().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_configured_language_is_chosen() {
        let entries = [("en", "en_US"), ("en-GB", "en_GB"), ("es_MX", "es_MX")]
            .map(|(key, entry)| (key.to_owned(), entry))
            .into();
        for (asked, chosen) in [
            ("en", Some("en_US")),
            ("EN", Some("en_US")),
            ("en-AU", Some("en_US")),
            ("en_gb", Some("en_GB")),
            ("es-MX", Some("es_MX")),
            ("es", None),
            ("eng", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(choose(&entries, asked).copied(), chosen, "{asked:?}");
        }
    }
}
