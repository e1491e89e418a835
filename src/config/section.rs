//! The keys of one section, asked for by name and kind.

use std::collections::BTreeMap;

use toml::Value;
use zeroize::Zeroizing;

use super::{
    kind::Kind,
    reader::Reader,
    source::{Entries, Shape, lay_out},
};

/// The keys of one section.
pub(super) struct Section<'r> {
    reader: &'r mut Reader,
    path: String,
    demanding: bool,
}

impl<'r> Section<'r> {
    /// The keys below `path`, none of which must be said.
    pub(super) fn new(reader: &'r mut Reader, path: String) -> Self {
        Self { reader, path, demanding: false }
    }

    /// Whether keys that are [needed](Self::need) must be said, or may be stood in for.
    pub(super) fn demanding(self, demanding: bool) -> Self {
        Self { demanding, ..self }
    }

    /// A value, if it is said and right.
    pub(super) fn get<T>(&mut self, name: &str, kind: &Kind<T>) -> Option<T> {
        let key = self.key(name);
        match self.reader.take(&key, kind.secrecy())? {
            Shape::Text(text) => self.parsed(&key, &text, kind),
            Shape::List(_) | Shape::Empty => {
                self.reader.refused(&key, format!("must be one value: {}", kind.accepts()))
            }
        }
    }

    /// A value that must be said where the section is demanding; otherwise `stand_in` will do.
    pub(super) fn need<T>(&mut self, name: &str, kind: &Kind<T>, stand_in: T) -> T {
        let value = self.get(name, kind);
        if value.is_none() {
            self.miss(name, kind.accepts());
        }
        value.unwrap_or(stand_in)
    }

    /// Values: a TOML array, or a text with commas or line breaks between them.
    pub(super) fn list<T>(&mut self, name: &str, kind: &Kind<T>) -> Option<Vec<T>> {
        let key = self.key(name);
        let items = match self.reader.take(&key, kind.secrecy())? {
            Shape::Text(text) => split(&text),
            Shape::List(items) => items,
            Shape::Empty => Vec::new(),
        };
        let read = items.iter().map(|item| self.parsed(&key, item, kind));
        // Every item is read before any is missed, so that all that are wrong are told.
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// Values that must be said where the section is demanding; otherwise `stand_in` will do.
    pub(super) fn need_list<T>(&mut self, name: &str, kind: &Kind<T>, stand_in: Vec<T>) -> Vec<T> {
        let values = self.list(name, kind);
        if values.is_none() {
            self.miss(name, kind.accepts());
        }
        values.unwrap_or(stand_in)
    }

    /// Values under names of the writer's choice.
    pub(super) fn map<T>(&mut self, name: &str, kind: &Kind<T>) -> BTreeMap<String, T> {
        let mut below = self.below(name);
        let names = below.names();
        names.into_iter().filter_map(|name| Some((name.clone(), below.get(&name, kind)?))).collect()
    }

    /// The section below this one.
    pub(super) fn below(&mut self, name: &str) -> Section<'_> {
        let path = self.key(name);
        let demanding = self.demanding;
        self.reader.section(path).demanding(demanding)
    }

    /// The names in this section, whoever asks for them.
    pub(super) fn names(&mut self) -> Vec<String> {
        self.reader.know(&self.path);
        self.reader.children(&self.path)
    }

    /// Whether the name holds a table rather than a value.
    pub(super) fn is_table(&self, name: &str) -> bool {
        !self.reader.children(&self.key(name)).is_empty()
    }

    /// Adds an error about one of the section's keys, unless there is one.
    pub(super) fn refuse(&mut self, name: &str, sentence: impl Into<String>) {
        let key = self.key(name);
        self.reader.refuse_sound(&key, sentence);
    }

    /// The whole key of a name.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// Adds the error that a name is not said, where the section is demanding.
    pub(super) fn miss(&mut self, name: &str, accepts: &str) {
        if self.demanding {
            self.refuse(name, format!("is missing; it must be {accepts}"));
        }
    }

    /// Whether anything is said at this name.
    pub(super) fn says(&self, name: &str) -> bool {
        self.reader.says(&self.key(name))
    }

    fn parsed<T>(&mut self, key: &str, text: &str, kind: &Kind<T>) -> Option<T> {
        kind.read(text).map_err(|sentence| self.reader.refuse(key, sentence)).ok()
    }
}

fn split(text: &str) -> Vec<Zeroizing<String>> {
    let mut laid_out = Entries::new();
    if let Ok(value @ Value::Array(_)) = text.trim().parse() {
        lay_out(&mut laid_out, "list", value, None);
    }
    match laid_out.remove("list").map(|entry| entry.shape) {
        Some(Shape::List(items)) => items,
        Some(_) => Vec::new(),
        None => {
            let items = text.split([',', '\n']).map(str::trim);
            items.filter(|item| !item.is_empty()).map(|item| item.to_owned().into()).collect()
        }
    }
}
