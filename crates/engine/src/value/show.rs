//! How values are shown: in texts, and masked in traces.

use std::fmt::Write;
use std::sync::Arc;

use super::{Kind, Mark, Value};

/// What stands for a sensitive value in traces and transcripts.
pub const MASK: &str = "••••••";

impl Value {
    /// Returns the value as it appears in a text: unset as nothing, yes and no as `true` and `false`, times
    /// in RFC 3339, lists and maps as JSON. The text does not carry the mark: where it goes on as a
    /// value, use [`Value::to_text`].
    pub fn render(&self) -> String {
        let mut text = String::new();
        self.render_to(&mut text);
        text
    }

    /// Appends the value as it appears in a text.
    pub fn render_to(&self, out: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = match self.kind() {
            Kind::Unset => Ok(()),
            Kind::YesNo(yes) => write!(out, "{yes}"),
            Kind::Number(number) => write!(out, "{number}"),
            Kind::Text(text) => out.write_str(text),
            Kind::Time(time) => write!(out, "{time}"),
            Kind::List(_) | Kind::Map(_) => out.write_str(&self.to_json_text()),
        };
    }

    /// Returns the value as text, with the mark.
    #[must_use]
    pub fn to_text(&self) -> Value {
        match self.kind() {
            Kind::Text(text) => Value::text(Arc::clone(text)).marked_like(self),
            _ => Value::text(self.render()).marked_like(self),
        }
    }

    /// Returns the value with every sensitive part replaced by [`MASK`].
    #[must_use]
    pub fn masked(&self) -> Value {
        match (self.mark, self.kind()) {
            (Mark::Whole, _) => MASK.into(),
            (Mark::Inside, Kind::List(items)) => Value::list(items.iter().map(Value::masked)),
            (Mark::Inside, Kind::Map(entries)) => {
                Value::map(entries.iter().map(|(key, value)| (key.as_str(), value.masked())))
            }
            _ => self.clone(),
        }
    }
}
