//! Equality and order as expressions see them: by content, whatever is sensitive.

use std::cmp::Ordering;

use super::{Kind, Value};

impl Value {
    /// Says whether both have the same content. Different kinds are never equal; maps are whatever their order.
    pub fn same_as(&self, other: &Value) -> bool {
        match (self.kind(), other.kind()) {
            (Kind::List(a), Kind::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same_as(b)),
            (Kind::Map(a), Kind::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| a.same_as(b)))
            }
            (a, b) => a == b,
        }
    }

    /// Returns the order of two numbers, texts, times, yes/no or lists; nothing for other pairs.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        match (self.kind(), other.kind()) {
            (Kind::YesNo(a), Kind::YesNo(b)) => Some(a.cmp(b)),
            (Kind::Number(a), Kind::Number(b)) => Some(a.cmp(b)),
            (Kind::Text(a), Kind::Text(b)) => Some(a.cmp(b)),
            (Kind::Time(a), Kind::Time(b)) => Some(a.cmp(b)),
            (Kind::List(a), Kind::List(b)) => {
                let first_difference =
                    a.iter().zip(b.iter()).map(|(a, b)| a.order(b)).find(|order| *order != Some(Ordering::Equal));
                first_difference.unwrap_or_else(|| Some(a.len().cmp(&b.len())))
            }
            _ => None,
        }
    }

    /// Returns an order over all values, for sorting what is mixed: by kind first. Values are equal in it when
    /// they are [`Value::same_as`], but for maps of another order.
    pub(crate) fn total_order(&self, other: &Value) -> Ordering {
        match (self.kind(), other.kind()) {
            (Kind::List(a), Kind::List(b)) => {
                let mut pairs = a.iter().zip(b.iter()).map(|(a, b)| a.total_order(b));
                pairs.find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            (Kind::Map(a), Kind::Map(b)) => {
                let mut pairs = a.iter().zip(b.iter()).map(|((k, a), (l, b))| k.cmp(l).then_with(|| a.total_order(b)));
                pairs.find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => self.order(other).unwrap_or_else(|| self.rank().cmp(&other.rank())),
        }
    }

    fn rank(&self) -> u8 {
        match self.kind() {
            Kind::Unset => 0,
            Kind::YesNo(_) => 1,
            Kind::Number(_) => 2,
            Kind::Text(_) => 3,
            Kind::Time(_) => 4,
            Kind::List(_) => 5,
            Kind::Map(_) => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        Value::from_json(json).unwrap()
    }

    #[test]
    fn equality_is_by_content() {
        assert!(value("1.0").same_as(&value("1")));
        assert!(value(r#"{"a":1,"b":[2]}"#).same_as(&value(r#"{"b":[2.0],"a":1}"#)));
        assert!(Value::list([Value::from(1).sensitive()]).same_as(&value("[1]")));
        for (a, b) in [("1", "\"1\""), ("true", "1"), ("null", "false"), ("[1]", "[1,2]"), ("{}", "[]")] {
            assert!(!value(a).same_as(&value(b)), "{a} {b}");
        }
    }

    #[test]
    fn order_is_within_a_kind() {
        assert_eq!(value("2").order(&value("10.5")), Some(Ordering::Less));
        assert_eq!(value("[1,2]").order(&value("[1]")), Some(Ordering::Greater));
        assert_eq!(value("[1]").order(&value("[\"a\"]")), None);
        assert_eq!(value("1").order(&value("\"1\"")), None);
        assert_eq!(value("1").total_order(&value("\"1\"")), Ordering::Less);
    }
}
