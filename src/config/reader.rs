//! The reader of keys: each section asks for its keys by name and kind, whatever is wrong is
//! collected, and what nobody asked for is unknown.
//!
//! A key that is missing or wrong yields a stand-in, so that reading goes on and finds everything
//! else that is wrong; [`Reader::finish`] then keeps the result from being used.

use std::{collections::BTreeSet, ffi::OsString, path::Path};

use toml::Value;
use zeroize::Zeroizing;

use super::{
    error::{Errors, masked},
    kind::Secrecy,
    nearest::nearest,
    section::Section,
    source::{Entries, Shape, lay_out, lay_over, parse},
};
use crate::files;

/// What the sections read from.
#[derive(Default)]
pub(super) struct Reader {
    entries: Entries,
    known: BTreeSet<String>,
    errors: Errors,
}

impl Reader {
    /// Takes in the file, if there is one, and the environment over it.
    pub(super) fn new(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let mut entries = Entries::new();
        if let Some(path) = file {
            match files::given(path).and_then(|text| parse(&text)) {
                Ok(table) if table.is_empty() => {}
                Ok(table) => lay_out(&mut entries, "", Value::Table(table), None),
                // Every other error would be about keys that the file may well hold.
                Err(sentence) => {
                    errors.add("--config", format!("names {}, which {sentence}", path.display()));
                    return Err(errors);
                }
            }
        }
        lay_over(&mut entries, environment, &mut errors);
        Ok(Self { entries, known: BTreeSet::new(), errors })
    }

    /// The keys below `path`.
    pub(super) fn section(&mut self, path: impl Into<String>) -> Section<'_> {
        let path = path.into();
        for (end, _) in path.match_indices('.') {
            self.open(&path[..end]);
        }
        self.open(&path);
        Section::new(self, path)
    }

    /// Adds an error, saying which variable or file the value came from if it came from one.
    pub(super) fn refuse(&mut self, key: &str, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let file = file_key(key);
        let source = match self.entries.get(key) {
            Some(entry) => entry.variable.as_ref(),
            None => self.entries.contains_key(&file).then_some(&file),
        };
        let sentence = match source {
            Some(source) => format!("{sentence} (it comes from {source})"),
            None => sentence,
        };
        self.errors.add(key, sentence);
    }

    /// Adds an error that compares a key with others, unless its value was wrong by itself already.
    pub(super) fn refuse_sound(&mut self, key: &str, sentence: impl Into<String>) {
        if !self.errors.concern(key) && !self.errors.concern(&file_key(key)) {
            self.refuse(key, sentence);
        }
    }

    /// Whether anything is said at this key.
    pub(super) fn says(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Refuses a section whose work has not come yet, whatever is in it.
    pub(super) fn refuse_section(&mut self, path: &str) {
        let below = format!("{path}.");
        let said = self.entries.keys().filter(|key| *key == path || key.starts_with(&below));
        let said: Vec<_> = said.cloned().collect();
        if !said.is_empty() {
            self.refuse(path, "is not in this version; leave the section out");
        }
        self.known.extend(said);
    }

    /// Asks for a key without reading it.
    pub(super) fn know(&mut self, key: &str) {
        self.known.insert(key.to_owned());
    }

    /// Every key that was asked for so far.
    pub(super) fn known(&self) -> &BTreeSet<String> {
        &self.known
    }

    /// Ends the reading: what nobody asked for is unknown.
    pub(super) fn finish(mut self) -> Result<(), Errors> {
        let unknown = self.entries.iter().filter(|(key, entry)| {
            let is_section = entry.shape == Shape::Empty && self.is_section(key);
            !self.known.contains(*key) && !is_section && !self.errors.concern(key)
        });
        let unknown: Vec<_> = unknown.map(|(key, _)| key.clone()).collect();
        for key in unknown {
            let hint = self.hint(&key);
            self.refuse(&key, format!("is no key of this version{hint}"));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    fn is_section(&self, key: &str) -> bool {
        let below = format!("{key}.");
        self.known.iter().any(|known| known.starts_with(&below))
    }

    fn hint(&self, key: &str) -> String {
        let known = self.known.iter().map(String::as_str);
        match nearest(key, known) {
            Some(near) => format!("; did you mean {}?", masked(near)),
            None => "; remove it or see the reference of keys".to_owned(),
        }
    }

    /// Lays out a table or an array of tables that was written as a value, as the environment does.
    fn open(&mut self, path: &str) {
        let value = match self.entries.get(path).map(|entry| &entry.shape) {
            None | Some(Shape::Empty) => return,
            Some(Shape::Text(text)) => text.parse().ok(),
            Some(Shape::List(_)) => None,
        };
        let variable = self.entries.get(path).and_then(|entry| entry.variable.clone());
        let Some(value) = value.filter(is_structured) else {
            self.known.insert(path.to_owned());
            return self.refuse(path, "must be a table, in TOML: { key = \"value\" }");
        };
        self.entries.remove(path);
        lay_out(&mut self.entries, path, value, variable.as_deref());
    }

    /// The names right below a path.
    pub(super) fn children(&self, path: &str) -> Vec<String> {
        let below = format!("{path}.");
        let names = self.entries.keys().filter_map(|key| key.strip_prefix(&below));
        let names: BTreeSet<_> = names.filter_map(|name| name.split('.').next()).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// What is said at `key`, or in the file that `<key>_file` names if the value may come from one.
    pub(super) fn take(&mut self, key: &str, secrecy: Secrecy) -> Option<Shape> {
        self.known.insert(key.to_owned());
        let said = self.entries.get(key).map(|entry| entry.shape.clone());
        if secrecy == Secrecy::Shown {
            return said;
        }
        let file_key = file_key(key);
        self.known.insert(file_key.clone());
        match (said, self.entries.get(&file_key).map(|entry| entry.shape.clone())) {
            (said, None) => said,
            (None, Some(Shape::Text(path))) => self.file(&file_key, &path, secrecy),
            (None, Some(_)) => self.refused(&file_key, "must be the path of a file".to_owned()),
            (Some(_), Some(_)) => self
                .refused(key, format!("is given twice, here and by {file_key}; keep one of them")),
        }
    }

    fn file(&mut self, key: &str, path: &str, secrecy: Secrecy) -> Option<Shape> {
        let text = match secrecy {
            Secrecy::Secret => files::secret(Path::new(path)),
            Secrecy::Shown | Secrecy::Hidden => files::text(Path::new(path)),
        };
        match text {
            Ok(text) => {
                let line = text.strip_suffix('\n').unwrap_or(&text);
                let line = line.strip_suffix('\r').unwrap_or(line);
                Some(Shape::Text(Zeroizing::new(line.to_owned())))
            }
            Err(sentence) => self.refused(key, format!("names {path}, which {sentence}")),
        }
    }

    /// Adds an error where a value would have been.
    pub(super) fn refused<T>(&mut self, key: &str, sentence: String) -> Option<T> {
        self.refuse(key, sentence);
        None
    }
}

/// A table, or an array that is empty or holds tables.
fn is_structured(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(items) => items.iter().all(Value::is_table),
        _ => false,
    }
}

fn file_key(key: &str) -> String {
    format!("{key}_file")
}
