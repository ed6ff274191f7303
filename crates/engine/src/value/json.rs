//! JSON, with numbers read and written exactly.
//!
//! A number that a [`Number`] cannot hold exactly (more than 28 digits, or an exponent out of range)
//! becomes a text with the digits as they were written: nothing is lost, and one odd number
//! does not spoil a whole answer.

use indexmap::IndexMap;
use serde::Serialize;
use serde::ser::Serializer;
use serde_json::value::RawValue;

use super::{Kind, MAX_DEPTH, Map, Number, Value};

/// A text that is not JSON, or too deeply nested.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Lists and maps nest deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Value {
    /// Reads JSON. `null` is unset; texts stay texts, whatever they look like.
    ///
    /// # Errors
    /// When the text is not JSON, or nested deeper than [`MAX_DEPTH`].
    pub fn from_json(text: &str) -> Result<Value, JsonError> {
        let raw: &RawValue = serde_json::from_str(text)?;
        read(raw, 0)
    }

    /// Writes compact JSON: numbers exactly, times as RFC 3339 texts, unset as `null`, and sensitive
    /// parts too.
    pub fn to_json_text(&self) -> String {
        serde_json::to_string(&Json(self)).unwrap_or_else(|_| "null".to_owned())
    }

    /// Takes over JSON that was read by `serde_json`, as in settings. Its fractions went through floating
    /// point: they are taken in their shortest form (`0.1` is one tenth). What is nested deeper than [`MAX_DEPTH`]
    /// becomes unset. Exact is [`Value::from_json`].
    pub fn from_serde_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::UNSET,
            serde_json::Value::Bool(yes) => (*yes).into(),
            serde_json::Value::Number(number) => from_number_text(&number.to_string()),
            serde_json::Value::String(text) => text.as_str().into(),
            serde_json::Value::Array(items) => Value::list(items.iter().map(Value::from_serde_json)),
            serde_json::Value::Object(entries) => {
                Value::map(entries.iter().map(|(key, value)| (key.as_str(), Value::from_serde_json(value))))
            }
        }
    }

    /// Gives JSON to where `serde_json` values are wanted. A decimal that a JSON number would not hold
    /// exactly is given as a text. Exact is [`Value::to_json_text`].
    pub fn to_serde_json(&self) -> serde_json::Value {
        match self.kind() {
            Kind::Unset => serde_json::Value::Null,
            Kind::YesNo(yes) => (*yes).into(),
            Kind::Number(number) => to_json_number(*number),
            Kind::Text(text) => text.as_ref().into(),
            Kind::Time(time) => time.to_string().into(),
            Kind::List(items) => items.iter().map(Value::to_serde_json).collect(),
            Kind::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), value.to_serde_json())).collect(),
        }
    }
}

fn read(raw: &RawValue, depth: u8) -> Result<Value, JsonError> {
    let text = raw.get();
    if matches!(text.as_bytes().first(), Some(b'[' | b'{')) && depth == MAX_DEPTH {
        return Err(JsonError::TooDeep);
    }
    Ok(match text.as_bytes().first() {
        Some(b'n') => Value::UNSET,
        Some(b't') => true.into(),
        Some(b'f') => false.into(),
        Some(b'"') => serde_json::from_str::<String>(text)?.into(),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            items.into_iter().map(|item| read(item, depth + 1)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Some(b'{') => {
            let entries: IndexMap<String, &RawValue> = serde_json::from_str(text)?;
            entries
                .into_iter()
                .map(|(key, value)| Ok((key, read(value, depth + 1)?)))
                .collect::<Result<Map, JsonError>>()?
                .into()
        }
        _ => from_number_text(text),
    })
}

fn from_number_text(text: &str) -> Value {
    text.parse::<Number>().map_or_else(|_| text.into(), Value::from)
}

fn to_json_number(number: Number) -> serde_json::Value {
    if let Some(whole) = number.as_whole() {
        return whole.into();
    }
    let text = number.to_string();
    match text.parse::<serde_json::Number>() {
        Ok(json) if json.to_string().parse() == Ok(number) => json.into(),
        _ => text.into(),
    }
}

/// Serialises as plain JSON, to `serde_json` only.
struct Json<'a>(&'a Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.kind() {
            Kind::Unset => serializer.serialize_unit(),
            Kind::YesNo(yes) => serializer.serialize_bool(*yes),
            Kind::Number(number) => match number.as_whole() {
                Some(whole) => serializer.serialize_i64(whole),
                None => {
                    RawValue::from_string(number.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
                }
            },
            Kind::Text(text) => serializer.serialize_str(text),
            Kind::Time(time) => serializer.collect_str(time),
            Kind::List(items) => serializer.collect_seq(items.iter().map(Json)),
            Kind::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, Json(value)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_they_were_written() {
        let text = r#"{"id":9223372036854775807,"big":1234567890123456789012345678,"price":12.50,"tiny":0.0000000000000000000000000001}"#;
        assert_eq!(Value::from_json(text).unwrap().to_json_text(), text);
    }

    #[test]
    fn numbers_beyond_28_digits_become_text() {
        let value = Value::from_json("[1e400, 123456789012345678901234567890123, 1e-40]").unwrap();
        assert_eq!(value.to_json_text(), r#"["1e400","123456789012345678901234567890123","1e-40"]"#);
    }

    #[test]
    fn order_escapes_and_whitespace() {
        let value = Value::from_json(" { \"b\\u00e9\" : [ 1 , null , true ] , \"a\" : \"\\n\" } ").unwrap();
        assert_eq!(value.to_json_text(), r#"{"bé":[1,null,true],"a":"\n"}"#);
    }

    #[test]
    fn refuses_what_is_malformed_or_too_deep() {
        for text in ["", "{", "[1,]", "01", "nul", "1 2", "'a'", "\"\\ud800\""] {
            assert!(matches!(Value::from_json(text), Err(JsonError::Malformed(_))), "{text}");
        }
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(Value::from_json(&deep(usize::from(MAX_DEPTH))).unwrap().depth(), MAX_DEPTH);
        assert!(matches!(Value::from_json(&deep(usize::from(MAX_DEPTH) + 1)), Err(JsonError::TooDeep)));
        assert!(matches!(Value::from_json(&deep(1_000_000)), Err(JsonError::TooDeep)));
    }

    #[test]
    fn to_and_from_serde_json() {
        let json = serde_json::json!({"a": [1, 2.5, null, "x", true], "big": 18_446_744_073_709_551_615_u64});
        assert_eq!(Value::from_serde_json(&json).to_serde_json(), json);
        let exact = Value::from_json("0.1234567890123456789012345678").unwrap();
        assert_eq!(exact.to_serde_json(), "0.1234567890123456789012345678");
    }
}
