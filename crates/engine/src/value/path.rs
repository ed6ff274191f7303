//! Where in a value: `order.items[0].title`.

use std::fmt;
use std::str::FromStr;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The value under a key of a map.
    Key(String),
    /// The item of a list; negative ones count from the end.
    Index(i64),
}

/// A way into a value, written like `order.items[0].title` or `order["first name"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Segment>);

/// A path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a path; write it like order.items[0].title")]
pub struct PathError(String);

impl Path {
    /// Returns the key of the first step: the variable's name.
    pub fn root(&self) -> Option<&str> {
        if let Some(Segment::Key(name)) = self.0.first() { Some(name) } else { None }
    }
}

/// Says whether a text can be written as a name in expressions, without quotes.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(starts_name) && chars.all(continues_name)
}

pub(crate) fn starts_name(char: char) -> bool {
    char == '_' || char.is_alphabetic()
}

pub(crate) fn continues_name(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Path, PathError> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (segment, after) = next_segment(rest, segments.is_empty()).ok_or_else(|| PathError(text.to_owned()))?;
            segments.push(segment);
            rest = after;
        }
        if segments.is_empty() { Err(PathError(text.to_owned())) } else { Ok(Path(segments)) }
    }
}

fn next_segment(text: &str, first: bool) -> Option<(Segment, &str)> {
    if let Some(inner) = text.strip_prefix('[') {
        if inner.starts_with('"') {
            let mut keys = serde_json::Deserializer::from_str(inner).into_iter::<String>();
            let key = keys.next()?.ok()?;
            let after = inner[keys.byte_offset()..].strip_prefix(']')?;
            return Some((Segment::Key(key), after));
        }
        let (index, after) = inner.split_once(']')?;
        return Some((Segment::Index(index.parse().ok()?), after));
    }
    let text = if first { text } else { text.strip_prefix('.')? };
    let end = text.find(|char| !continues_name(char)).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    is_name(name).then(|| (Segment::Key(name.to_owned()), after))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_name(key) => write!(f, "{}{key}", if place == 0 { "" } else { "." })?,
                Segment::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        for text in ["order", "order.items[0].title", "order.items[-1]", "order[\"first \\\"name\"].x", "größe"] {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
        assert_eq!("a.b".parse::<Path>().unwrap().root(), Some("a"));
    }

    #[test]
    fn refuses_what_is_no_path() {
        for text in ["", ".", "a.", "a..b", "a[", "a[x]", "a b", "1a", "a[\"x]", "a[0]b"] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}
