//! Whether a licence is allowed: an expression of SPDX, as crates write it. `MIT/Apache-2.0` is the old
//! way to write `MIT OR Apache-2.0`.

use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licences {
    pub allow: Vec<String>,
}

impl Licences {
    /// Whether what is allowed is enough for an expression. What is not understood is not allowed.
    pub fn allow(&self, expression: &str) -> bool {
        let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words = spaced.split_whitespace().peekable();
        let allowed = self.any(&mut words);
        allowed == Some(true) && words.next().is_none()
    }

    /// `AND` binds closer than `OR`. Each side is read to its end, whatever the other says.
    fn any<'a>(&self, words: &mut Words<'a, impl Iterator<Item = &'a str>>) -> Option<bool> {
        let mut allowed = self.all(words)?;
        while words.next_if_eq(&"OR").is_some() {
            allowed |= self.all(words)?;
        }
        Some(allowed)
    }

    fn all<'a>(&self, words: &mut Words<'a, impl Iterator<Item = &'a str>>) -> Option<bool> {
        let mut allowed = self.one(words)?;
        while words.next_if_eq(&"AND").is_some() {
            allowed &= self.one(words)?;
        }
        Some(allowed)
    }

    /// A licence, with its exception if it has one: that is another licence, to be allowed by itself.
    fn one<'a>(&self, words: &mut Words<'a, impl Iterator<Item = &'a str>>) -> Option<bool> {
        let name = words.next()?;
        if name == "(" {
            let allowed = self.any(words)?;
            return words.next_if_eq(&")").map(|_| allowed);
        }
        let whole = match words.next_if_eq(&"WITH") {
            Some(with) => format!("{name} {with} {}", words.next()?),
            None => name.to_owned(),
        };
        Some(self.allow.contains(&whole))
    }
}

type Words<'a, I> = std::iter::Peekable<I>;

#[test]
fn an_expression_is_read_as_spdx_means_it() {
    let licences = Licences { allow: vec!["MIT".to_owned(), "ISC".to_owned()] };
    for (expression, allowed) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("GPL-3.0 OR MIT AND ISC", true),
        ("MIT OR GPL-3.0 AND GPL-2.0", true),
        ("(MIT OR GPL-3.0) AND (GPL-2.0 OR ISC)", true),
        ("(MIT OR GPL-3.0) AND GPL-2.0", false),
        ("MIT WITH LLVM-exception", false),
        ("MIT WITH LLVM-exception OR ISC", true),
        ("", false),
        ("MIT ISC", false),
        ("(MIT", false),
        ("MIT OR", false),
    ] {
        assert_eq!(licences.allow(expression), allowed, "{expression}");
    }
}
