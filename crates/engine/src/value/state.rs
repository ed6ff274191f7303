//! How values are stored with a session: readable JSON that brings every kind back exactly.
//!
//! Texts, yes/no, whole numbers, lists, maps and unset are themselves. The others are a map with one
//! key: `{"$decimal": "12.50"}`, `{"$time": "2026-01-02T03:04:05Z"}`, `{"$sensitive": …}`. A map that has a
//! key beginning with `$` itself is written as `{"$map": {…}}`.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Kind, Map, Mark, Number, Value};

const DECIMAL: &str = "$decimal";
const TIME: &str = "$time";
const SENSITIVE: &str = "$sensitive";
const MAP: &str = "$map";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.mark == Mark::Whole {
            tagged(serializer, SENSITIVE, &self.kind)
        } else {
            self.kind.serialize(serializer)
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Kind::Unset => serializer.serialize_unit(),
            Kind::YesNo(yes) => serializer.serialize_bool(*yes),
            Kind::Number(number) => match number.as_whole() {
                Some(whole) => serializer.serialize_i64(whole),
                None => tagged(serializer, DECIMAL, &number.to_string()),
            },
            Kind::Text(text) => serializer.serialize_str(text),
            Kind::Time(time) => tagged(serializer, TIME, time),
            Kind::List(items) => serializer.collect_seq(items.iter()),
            Kind::Map(entries) if entries.keys().any(|key| key.starts_with('$')) => {
                tagged(serializer, MAP, entries.as_ref())
            }
            Kind::Map(entries) => serializer.collect_map(entries.iter()),
        }
    }
}

fn tagged<S: Serializer>(serializer: S, tag: &str, content: &(impl Serialize + ?Sized)) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, content)?;
    map.end()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::UNSET)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::UNSET)
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Value, E> {
        Ok(yes.into())
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<Value, E> {
        Ok(whole.into())
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<Value, E> {
        Ok(whole.into())
    }

    fn visit_f64<E: Error>(self, fraction: f64) -> Result<Value, E> {
        Err(E::custom(format_args!(
            "the fraction {fraction} is not exact; write it as {{\"{DECIMAL}\": \"{fraction}\"}}"
        )))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Value>()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some(first) = map.next_key::<String>()? else { return Ok(Map::new().into()) };
        let value = match first.as_str() {
            DECIMAL => map.next_value::<String>()?.parse::<Number>().map_err(A::Error::custom)?.into(),
            TIME => map.next_value::<jiff::Timestamp>()?.into(),
            SENSITIVE => map.next_value::<Value>()?.sensitive(),
            MAP => map.next_value_seed(PlainMap)?,
            unknown if unknown.starts_with('$') => {
                return Err(A::Error::custom(format_args!("unknown tag {unknown:?}")));
            }
            _ => return entries(Some(first), map),
        };
        match map.next_key::<String>()? {
            None => Ok(value),
            Some(key) => Err(A::Error::custom(format_args!("unexpected {key:?} beside {first:?}"))),
        }
    }
}

/// A map whose keys mean nothing but themselves.
struct PlainMap;

impl<'de> DeserializeSeed<'de> for PlainMap {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PlainMap {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        entries(None, map)
    }
}

fn entries<'de, A: MapAccess<'de>>(first: Option<String>, mut map: A) -> Result<Value, A::Error> {
    let mut entries = Map::new();
    if let Some(key) = first {
        entries.insert(key, map.next_value()?);
    }
    while let Some((key, value)) = map.next_entry()? {
        entries.insert(key, value);
    }
    Ok(entries.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn is_readable() {
        let value = Value::map([
            ("name", "Ann".into()),
            ("price", Value::from_json("12.50").unwrap()),
            ("at", Value::from(jiff::Timestamp::UNIX_EPOCH)),
            ("pin", Value::from(1234).sensitive()),
            ("odd", Value::map([("$time", Value::UNSET)])),
        ]);
        let text = r#"{"name":"Ann","price":{"$decimal":"12.50"},"at":{"$time":"1970-01-01T00:00:00Z"},"pin":{"$sensitive":1234},"odd":{"$map":{"$time":null}}}"#;
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        assert_eq!(read(text), Ok(value));
    }

    #[test]
    fn refuses_what_it_never_writes() {
        assert!(read("1.5").unwrap_err().contains("$decimal"));
        assert!(read(r#"{"$price": 1}"#).unwrap_err().contains("unknown tag"));
        assert!(read(r#"{"$decimal": "1", "x": 2}"#).unwrap_err().contains("beside"));
        assert!(read(r#"{"$decimal": "x"}"#).unwrap_err().contains("28 digits"));
    }

    #[test]
    fn comes_back_through_serdes_buffers() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        enum Tagged {
            A { value: Value },
        }
        let value = Value::list([Value::from_json("0.1").unwrap(), Value::from(i64::MIN).sensitive()]);
        let text = serde_json::to_string(&Tagged::A { value: value.clone() }).unwrap();
        assert_eq!(serde_json::from_str::<Tagged>(&text).unwrap(), Tagged::A { value });
    }
}
