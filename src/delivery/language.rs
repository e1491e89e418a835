//! Which of the configured languages a recipient gets.

use std::collections::BTreeMap;

/// Codes that were replaced and that callers, phones and providers still use, with today's.
const RENAMED: [(&str, &str); 7] = [
    ("in", "id"),
    ("iw", "he"),
    ("ji", "yi"),
    ("jw", "jv"),
    ("mo", "ro"),
    ("no", "nb"),
    ("tl", "fil"),
];

/// Regions whose Chinese is written in traditional characters.
const TRADITIONAL: [&str; 3] = ["hk", "mo", "tw"];

/// A BCP 47 tag in the one spelling that tags are compared in: small letters, hyphens (`_` is taken
/// for one, as callers and configurations mix them), today's codes, and the script of Chinese said
/// where only a region tells it.
pub fn canonical(tag: &str) -> String {
    let tag = tag.to_ascii_lowercase().replace('_', "-");
    let (primary, rest) = tag.split_once('-').unwrap_or((&tag, ""));
    let renamed = RENAMED.iter().find(|(old, _)| *old == primary);
    let primary = renamed.map_or(primary, |(_, new)| new);
    match (primary, rest) {
        (primary, "") => primary.to_owned(),
        ("zh", region) if TRADITIONAL.contains(&region) => format!("zh-hant-{region}"),
        ("zh", region @ ("cn" | "sg")) => format!("zh-hans-{region}"),
        (primary, rest) => format!("{primary}-{rest}"),
    }
}

/// The entry for a BCP 47 tag: its own, else that of ever fewer of its subtags (`pt` for `pt-BR`),
/// and at each step rather that of another region (`pt-BR` for `pt-PT`, the first in the alphabet)
/// than none. Another script is no match: not everybody who reads one reads the other.
pub fn choose<'a, T>(entries: &'a BTreeMap<String, T>, asked: &str) -> Option<&'a T> {
    let asked = canonical(asked);
    let keys: Vec<_> = entries.iter().map(|(key, entry)| (canonical(key), entry)).collect();
    let mut wider = Some(&*asked).filter(|tag| !tag.is_empty());
    while let Some(tag) = wider {
        let own = keys.iter().find(|(key, _)| key == tag);
        let near = || keys.iter().find(|(key, _)| is_within(key, tag) && !differ(key, &asked));
        if let Some((_, entry)) = own.or_else(near) {
            return Some(entry);
        }
        wider = tag.rsplit_once('-').map(|(wider, _)| wider);
    }
    None
}

fn is_within(key: &str, tag: &str) -> bool {
    key.strip_prefix(tag).is_some_and(|rest| rest.starts_with('-'))
}

/// Both name a script, and not the same one.
fn differ(one: &str, other: &str) -> bool {
    script(one).zip(script(other)).is_some_and(|(one, other)| one != other)
}

fn script(tag: &str) -> Option<&str> {
    tag.split('-')
        .nth(1)
        .filter(|subtag| subtag.len() == 4 && !subtag.starts_with(char::is_numeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_chosen(entries: &str, cases: &[(&str, &str)]) {
        let entries = entries.split(' ').map(|key| (key.to_owned(), key)).collect();
        for (asked, chosen) in cases {
            assert_eq!(choose(&entries, asked).copied().unwrap_or(""), *chosen, "{asked:?}");
        }
    }

    #[test]
    fn the_closest_configured_language_is_chosen() {
        assert_chosen(
            "en en-GB es_MX",
            &[
                ("en", "en"),
                ("EN", "en"),
                ("en-AU", "en"),
                ("en_gb", "en-GB"),
                ("en-GB-oxendict", "en-GB"),
                ("es-MX", "es_MX"),
                ("eng", ""),
                ("", ""),
                ("-", ""),
            ],
        );
    }

    #[test]
    fn another_region_is_better_than_another_language() {
        assert_chosen("pt-br en es-ES es-MX", &[("pt-PT", "pt-br"), ("pt", "pt-br")]);
        assert_chosen("es-MX es-ES", &[("es-AR", "es-ES"), ("es", "es-ES")]);
    }

    #[test]
    fn another_script_is_another_text() {
        let chinese = "zh zh-CN zh_TW";
        assert_chosen(chinese, &[("zh-HK", "zh_TW"), ("zh-Hant", "zh_TW"), ("zh-MY", "zh")]);
        assert_chosen(chinese, &[("zh-SG", "zh-CN"), ("zh-Hans-MY", "zh-CN")]);
        assert_chosen("zh-Hans", &[("zh-TW", ""), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans")]);
        assert_chosen("sr-Cyrl", &[("sr-Latn", ""), ("sr-Latn-RS", ""), ("sr-RS", "sr-Cyrl")]);
        assert_chosen("sr sr-Latn", &[("sr-Latn-BA", "sr-Latn"), ("sr-Cyrl", "sr")]);
    }

    #[test]
    fn a_renamed_language_is_the_same_language() {
        assert_chosen("he id fil", &[("iw", "he"), ("in-ID", "id"), ("tl", "fil"), ("FIL", "fil")]);
        assert_chosen("iw in tl_PH", &[("he-IL", "iw"), ("id", "in"), ("fil", "tl_PH")]);
        assert_chosen("no ro", &[("nb-NO", "no"), ("mo", "ro")]);
    }
}
