//! What variables hold and expressions compute.
//!
//! A [`Value`] is cheap to clone (texts, lists and maps are shared), so scopes hand out values
//! instead of references, and a session that changes one variable copies that one.
//!
//! **Sensitive values.** The mark is a field beside the kind, and both are private: there is no way to
//! take a child out of a list or map ([`Value::key`], [`Value::index`]) or to put one in without the mark
//! going along. A list or map knows whether anything inside is marked, so asking is free.
//!
//! **Bounds.** A value also carries its nesting depth and its size, counted as if nothing were
//! shared; both are computed once, when it is made. So no value can be nested deeper than
//! [`MAX_DEPTH`], and nothing that walks a value needs a guard of its own.

mod compare;
mod json;
mod number;
mod path;
mod show;
mod state;

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

pub use json::JsonError;
pub use number::{Number, NumberError};
pub use path::{Path, PathError, Segment, is_name};
pub(crate) use path::{continues_name, starts_name};
pub use show::MASK;

/// How deep lists and maps nest at most. Three JSON levels may stand for one of these in a stored
/// session, and JSON readers stop at 128.
pub const MAX_DEPTH: u8 = 32;

/// The bytes that any value counts for, beside its text.
const BASE_SIZE: u32 = 16;

/// The entries of a map, in the order in which they were written.
pub type Map = IndexMap<String, Value>;

/// A text, yes/no, number, time, list or map, or nothing.
#[derive(Clone, PartialEq)]
pub struct Value {
    kind: Kind,
    mark: Mark,
    depth: u8,
    size: u32,
}

/// What sort of value it is, and its content.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Kind {
    /// Not set: a variable that nobody set, `none`, or JSON's `null`. Shown as an empty text.
    #[default]
    Unset,
    /// Yes or no.
    YesNo(bool),
    /// A number, exact.
    Number(Number),
    /// A text.
    Text(Arc<str>),
    /// An instant.
    Time(Timestamp),
    /// Values in an order.
    List(Arc<Vec<Value>>),
    /// Values under keys, in the order in which they were written.
    Map(Arc<Map>),
}

/// How much of a value is sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Plain,
    /// A list or map of which some part is sensitive.
    Inside,
    Whole,
}

impl Value {
    /// The value of a variable that is not set.
    pub const UNSET: Value = Value { kind: Kind::Unset, mark: Mark::Plain, depth: 0, size: BASE_SIZE };

    fn scalar(kind: Kind, bytes: usize) -> Value {
        let size = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(BASE_SIZE);
        Value { kind, mark: Mark::Plain, depth: 0, size }
    }

    /// Makes a text.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        let text = text.into();
        let bytes = text.len();
        Value::scalar(Kind::Text(text), bytes)
    }

    /// Makes a list. An item that would lie deeper than [`MAX_DEPTH`] becomes unset.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        let mut shape = Shape::new();
        let items: Vec<Value> = items.into_iter().map(|item| shape.admit(item)).collect();
        shape.close(Kind::List(Arc::new(items)))
    }

    /// Makes a map. A value that would lie deeper than [`MAX_DEPTH`] becomes unset.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        let mut entries: Map = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let mut shape = Shape::new();
        for (key, value) in &mut entries {
            shape.size = shape.size.saturating_add(u32::try_from(key.len()).unwrap_or(u32::MAX));
            *value = shape.admit(std::mem::take(value));
        }
        shape.close(Kind::Map(Arc::new(entries)))
    }

    /// Marks the whole value as sensitive.
    #[must_use]
    pub fn sensitive(mut self) -> Value {
        self.mark = Mark::Whole;
        self
    }

    /// Marks the value as sensitive if any part of the other is, for what is made from it.
    #[must_use]
    pub fn marked_like(self, origin: &Value) -> Value {
        if origin.is_sensitive() { self.sensitive() } else { self }
    }

    /// Says whether the value or any part of it is sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.mark != Mark::Plain
    }

    /// Returns the content, to match on. What is made from it has to be given the mark again, by
    /// [`Value::marked_like`].
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Says whether it is not set.
    pub fn is_unset(&self) -> bool {
        matches!(self.kind, Kind::Unset)
    }

    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// Returns the number, if it is one.
    pub fn as_number(&self) -> Option<Number> {
        if let Kind::Number(number) = self.kind { Some(number) } else { None }
    }

    /// Returns the number as `i64`, if it is a whole one in that range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::to_i64)
    }

    /// Returns the yes or no, if it is one.
    pub fn as_yes_no(&self) -> Option<bool> {
        if let Kind::YesNo(yes) = self.kind { Some(yes) } else { None }
    }

    /// Returns the time, if it is one.
    pub fn as_time(&self) -> Option<Timestamp> {
        if let Kind::Time(time) = self.kind { Some(time) } else { None }
    }

    /// Returns the items, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    /// Returns the entries, if it is a map.
    pub fn as_map(&self) -> Option<&Map> {
        if let Kind::Map(entries) = &self.kind { Some(entries) } else { None }
    }

    /// Returns the value under a key of a map.
    pub fn key(&self, key: &str) -> Option<Value> {
        self.as_map()?.get(key).map(|value| self.child(value))
    }

    /// Returns the item of a list at a position; negative ones count from the end.
    pub fn index(&self, index: i64) -> Option<Value> {
        let items = self.as_list()?;
        let length = i64::try_from(items.len()).ok()?;
        let index = if index < 0 { index.checked_add(length)? } else { index };
        items.get(usize::try_from(index).ok()?).map(|item| self.child(item))
    }

    /// Returns the value at a path; an empty path is the value itself.
    pub fn get(&self, path: &[Segment]) -> Option<Value> {
        path.iter().try_fold(self.clone(), |value, segment| match segment {
            Segment::Key(key) => value.key(key),
            Segment::Index(index) => value.index(*index),
        })
    }

    /// Says whether it counts as true: everything but unset, no, 0, and empty texts, lists and maps.
    pub fn truthy(&self) -> bool {
        match &self.kind {
            Kind::Unset => false,
            Kind::YesNo(yes) => *yes,
            Kind::Number(number) => !number.is_zero(),
            Kind::Text(text) => !text.is_empty(),
            Kind::Time(_) => true,
            Kind::List(items) => !items.is_empty(),
            Kind::Map(entries) => !entries.is_empty(),
        }
    }

    /// Returns the name of the kind, as builders read it.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Unset => "unset",
            Kind::YesNo(_) => "yes/no",
            Kind::Number(_) => "number",
            Kind::Text(_) => "text",
            Kind::Time(_) => "time",
            Kind::List(_) => "list",
            Kind::Map(_) => "map",
        }
    }

    /// Returns the size in bytes as it is counted against limits: the bytes of all texts and keys in it and
    /// 16 for every value. Costs nothing to ask.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// How deep lists and maps nest in it; 0 for all others.
    pub fn depth(&self) -> u8 {
        self.depth
    }

    fn child(&self, child: &Value) -> Value {
        let child = child.clone();
        if self.mark == Mark::Whole { child.sensitive() } else { child }
    }
}

/// Sums up the children of a list or map in the making.
struct Shape {
    depth: u8,
    size: u32,
    mark: Mark,
}

impl Shape {
    fn new() -> Shape {
        Shape { depth: 0, size: BASE_SIZE, mark: Mark::Plain }
    }

    fn admit(&mut self, child: Value) -> Value {
        let child = if child.depth < MAX_DEPTH { child } else { Value::UNSET.marked_like(&child) };
        self.depth = self.depth.max(child.depth);
        self.size = self.size.saturating_add(child.size);
        if child.is_sensitive() {
            self.mark = Mark::Inside;
        }
        child
    }

    fn close(self, kind: Kind) -> Value {
        Value { kind, mark: self.mark, depth: self.depth + 1, size: self.size }
    }
}

impl Default for Value {
    fn default() -> Value {
        Value::UNSET
    }
}

/// Shows the content, but never that of a sensitive part.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mark == Mark::Whole { f.write_str(MASK) } else { self.kind.fmt(f) }
    }
}

macro_rules! from_scalars {
    ($($from:ty => |$name:ident| $kind:expr;)*) => { $(
        impl From<$from> for Value {
            fn from($name: $from) -> Value {
                Value::scalar($kind, 0)
            }
        }
    )* };
}

from_scalars! {
    bool => |yes| Kind::YesNo(yes);
    Number => |number| Kind::Number(number);
    rust_decimal::Decimal => |number| Kind::Number(number.into());
    i64 => |number| Kind::Number(number.into());
    i32 => |number| Kind::Number(i64::from(number).into());
    u32 => |number| Kind::Number(i64::from(number).into());
    u64 => |number| Kind::Number(rust_decimal::Decimal::from(number).into());
    usize => |number| Kind::Number(rust_decimal::Decimal::from(number).into());
    Timestamp => |time| Kind::Time(time);
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::text(text)
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Value {
        Value::text(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::list(items)
    }
}

impl From<Map> for Value {
    fn from(entries: Map) -> Value {
        Value::map(entries)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::UNSET, Into::into)
    }
}

#[cfg(test)]
mod tests;
