//! Tests of marks, bounds and shapes; and the property that what is stored comes back.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn secret() -> Value {
    Value::text("4111").sensitive()
}

#[test]
fn a_mark_goes_up_into_lists_and_maps_and_down_out_of_them() {
    let card = Value::map([("number", secret()), ("type", "visa".into())]);
    assert!(card.is_sensitive());
    assert!(card.key("number").unwrap().is_sensitive());
    assert!(!card.key("type").unwrap().is_sensitive());
    let whole = Value::list([card]).sensitive();
    assert!(whole.index(0).unwrap().key("type").unwrap().is_sensitive());
    assert!(whole.get(&[Segment::Index(-1), Segment::Key("type".into())]).unwrap().is_sensitive());
}

#[test]
fn only_sensitive_parts_are_masked() {
    let card = Value::map([("number", secret()), ("type", "visa".into())]);
    assert_eq!(card.masked().to_json_text(), format!(r#"{{"number":"{MASK}","type":"visa"}}"#));
    assert_eq!(card.clone().sensitive().masked().render(), MASK);
    assert!(!card.masked().is_sensitive());
    assert!(!format!("{card:?} {:?}", secret()).contains("4111"));
    assert!(secret().to_text().is_sensitive());
}

#[test]
fn nesting_is_bounded_however_a_value_is_built() {
    let mut value = Value::from(1);
    for _ in 0..100_000 {
        value = Value::list([value]);
    }
    assert!(value.depth() <= MAX_DEPTH);
}

#[test]
fn the_deepest_value_can_be_stored_and_read() {
    let mut value = Value::from(1);
    for _ in 0..MAX_DEPTH {
        value = Value::map([("$map", value)]).sensitive();
    }
    assert_eq!(value.depth(), MAX_DEPTH);
    let session = serde_json::json!({"variables": [{"x": [value]}]}).to_string();
    let back: serde_json::Value = serde_json::from_str(&session).unwrap();
    assert_eq!(Value::deserialize(&back["variables"][0]["x"][0]).unwrap(), value);
}

#[test]
fn size_counts_as_if_nothing_were_shared() {
    let mut value = Value::text("x".repeat(1000));
    assert_eq!(value.size(), 1016);
    for _ in 0..31 {
        value = Value::list([value.clone(), value]);
    }
    assert_eq!(value.size(), usize::try_from(u32::MAX).unwrap());
}

#[test]
fn renders_as_in_a_text() {
    let rendered = |value: Value| value.render();
    assert_eq!(rendered(Value::UNSET), "");
    assert_eq!(rendered(true.into()), "true");
    assert_eq!(rendered(Timestamp::UNIX_EPOCH.into()), "1970-01-01T00:00:00Z");
    assert_eq!(rendered(Value::list([Value::from(1), "a".into()])), r#"[1,"a"]"#);
}

#[test]
fn a_value_is_small() {
    assert_eq!(size_of::<Value>(), 32);
}

pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::UNSET),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (any::<i64>(), 0..=28_u32).prop_map(|(digits, scale)| rust_decimal::Decimal::new(digits, scale).into()),
        ".{0,12}".prop_map(Value::from),
        (-377_705_023_201_i64..253_402_207_200, 0..1_000_000_000_i32).prop_map(|(seconds, nanos)| Timestamp::new(
            seconds, nanos
        )
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .into()),
    ];
    let key = prop_oneof!["[a-z$]{0,3}", Just("$time".to_owned()), Just("$map".to_owned())];
    let nested = leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::list),
            prop::collection::vec((key.clone(), inner.clone()), 0..6).prop_map(Value::map),
            inner.prop_map(Value::sensitive),
        ]
    });
    (nested, any::<bool>()).prop_map(|(value, mark)| if mark { value.sensitive() } else { value })
}

/// Everything about a value that could get lost, down to the digits of its numbers.
fn exactly(value: &Value) -> String {
    let marked = if value.mark == Mark::Whole { "!" } else { "" };
    let content = match value.kind() {
        Kind::List(items) => items.iter().map(exactly).collect::<Vec<_>>().join(","),
        Kind::Map(entries) => {
            entries.iter().map(|(key, value)| format!("{key:?}:{}", exactly(value))).collect::<Vec<_>>().join(",")
        }
        kind => format!("{kind:?}"),
    };
    format!("{marked}{}({content})", value.type_name())
}

proptest! {
    #[test]
    fn what_is_stored_comes_back(value in any_value()) {
        let text = serde_json::to_string(&value).unwrap();
        let back: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(exactly(&back), exactly(&value));
        prop_assert_eq!(back, value);
    }

    #[test]
    fn json_comes_back_but_for_times_and_marks(value in any_value()) {
        let text = value.to_json_text();
        prop_assert_eq!(Value::from_json(&text).unwrap().to_json_text(), text);
    }

    #[test]
    fn masked_has_nothing_sensitive(value in any_value()) {
        prop_assert!(!value.masked().is_sensitive());
    }

    #[test]
    fn total_order_is_one(a in any_value(), b in any_value(), c in any_value()) {
        prop_assert_eq!(a.total_order(&b), b.total_order(&a).reverse());
        if a.total_order(&b).is_le() && b.total_order(&c).is_le() {
            prop_assert!(a.total_order(&c).is_le());
        }
    }
}
