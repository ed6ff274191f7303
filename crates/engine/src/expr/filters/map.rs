//! Filters of maps.

use super::{Call, Failure, FilterSpec};
use crate::value::{Map, Value};

pub(super) const FILTERS: [FilterSpec; 3] = [
    FilterSpec::new("keys", "The list of the keys.", &[], ("{'a': 1, 'b': 2} | keys", r#"["a","b"]"#), |call| {
        call.collect(entries(call)?.keys().map(|key| key.as_str().into()))
    }),
    FilterSpec::new("values", "The list of the values.", &[], ("{'a': 1, 'b': 2} | values", "[1,2]"), |call| {
        Ok(Value::list(entries(call)?.values().cloned()))
    }),
    FilterSpec::new(
        "items",
        "The list of the pairs of key and value.",
        &[],
        ("{'a': 1} | items", r#"[["a",1]]"#),
        |call| {
            call.collect(entries(call)?.iter().map(|(key, value)| Value::list([key.as_str().into(), value.clone()])))
        },
    ),
];

fn entries<'c>(call: &Call<'c>) -> Result<&'c Map, Failure> {
    call.input.as_map().ok_or_else(|| call.unfit("a map"))
}
