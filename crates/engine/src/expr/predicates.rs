//! The tests: `value is name`, each with its doc.

use super::arguments::Param;
use crate::value::{Kind, Number, Value};

/// A test, for `is`.
#[derive(Debug, serde::Serialize)]
pub struct TestSpec {
    /// What it is called, after `is`.
    pub name: &'static str,
    /// What it asks, as a sentence.
    pub doc: &'static str,
    /// What it takes, in this order or by name.
    pub params: &'static [Param],
    #[serde(skip)]
    pub(super) run: fn(&Value, &Value) -> bool,
}

/// Returns all tests, as completion and the reference show them.
pub fn tests() -> &'static [TestSpec] {
    TESTS
}

pub(super) fn find(name: &str) -> Option<&'static TestSpec> {
    let name = match name {
        "undefined" => "none",
        other => other,
    };
    TESTS.iter().find(|test| test.name == name)
}

const fn test(name: &'static str, doc: &'static str, run: fn(&Value, &Value) -> bool) -> TestSpec {
    TestSpec { name, doc, params: &[], run }
}

const TESTS: &[TestSpec] = &[
    test("defined", "Whether it is set.", |value, _| !value.is_unset()),
    test("none", "Whether it is not set.", |value, _| value.is_unset()),
    test("text", "Whether it is a text.", |value, _| value.as_text().is_some()),
    test("string", "Whether it is a text.", |value, _| value.as_text().is_some()),
    test("number", "Whether it is a number.", |value, _| value.as_number().is_some()),
    test("integer", "Whether it is a whole number.", |value, _| value.as_number().is_some_and(Number::is_integer)),
    test("boolean", "Whether it is yes or no.", |value, _| value.as_yes_no().is_some()),
    test("true", "Whether it is yes.", |value, _| value.as_yes_no() == Some(true)),
    test("false", "Whether it is no.", |value, _| value.as_yes_no() == Some(false)),
    test("time", "Whether it is a time.", |value, _| value.as_time().is_some()),
    test("list", "Whether it is a list.", |value, _| value.as_list().is_some()),
    test("mapping", "Whether it is a map.", |value, _| value.as_map().is_some()),
    test("empty", "Whether it is not set, or an empty text, list or map.", |value, _| match value.kind() {
        Kind::Text(_) | Kind::List(_) | Kind::Map(_) => !value.truthy(),
        _ => value.is_unset(),
    }),
    test("odd", "Whether it is an odd number.", |value, _| {
        rest_of(value, &2.into()).is_some_and(|rest| rest == 1.into())
    }),
    test("even", "Whether it is an even number.", |value, _| rest_of(value, &2.into()).is_some_and(Number::is_zero)),
    TestSpec {
        name: "divisibleby",
        doc: "Whether a number can be divided by another without a rest.",
        params: &[Param::required("by", "The number to divide by.")],
        run: |value, by| rest_of(value, by).is_some_and(Number::is_zero),
    },
    TestSpec {
        name: "startingwith",
        doc: "Whether a text starts with another.",
        params: &[Param::required("start", "The text to look for.")],
        run: |value, start| value.as_text().zip(start.as_text()).is_some_and(|(text, start)| text.starts_with(start)),
    },
    TestSpec {
        name: "endingwith",
        doc: "Whether a text ends with another.",
        params: &[Param::required("end", "The text to look for.")],
        run: |value, end| value.as_text().zip(end.as_text()).is_some_and(|(text, end)| text.ends_with(end)),
    },
];

fn rest_of(value: &Value, by: &Value) -> Option<Number> {
    value.as_number()?.modulo(by.as_number()?)
}

#[cfg(test)]
mod checks {
    use super::*;
    use crate::expr::{Evaluation, Expression};
    use crate::value::Map;

    #[test]
    fn each_says_yes_to_one_thing_and_no_to_another() {
        let asked = [
            ("defined", "1", "none"),
            ("none", "none", "0"),
            ("text", "''", "1"),
            ("string", "'a'", "[]"),
            ("number", "1.5", "'1.5'"),
            ("integer", "2.0", "2.5"),
            ("boolean", "false", "0"),
            ("true", "true", "1"),
            ("false", "false", "none"),
            ("time", "0 | time", "0"),
            ("list", "[]", "{}"),
            ("mapping", "{}", "[]"),
            ("empty", "''", "0"),
            ("odd", "-3", "2"),
            ("even", "0", "1.5"),
            ("divisibleby(3)", "-9", "4"),
            ("startingwith 'a'", "'abc'", "'cba'"),
            ("endingwith('a')", "'cba'", "'abc'"),
        ];
        assert_eq!(
            asked.map(|(name, ..)| name.split(['(', ' ']).next()),
            *tests().iter().map(|test| Some(test.name)).collect::<Vec<_>>()
        );
        let scope = Map::new();
        for (test, yes, no) in asked {
            let ask = |value: &str| {
                Expression::parse(&format!("({value}) is {test}")).unwrap().evaluate(&mut Evaluation::new(&scope))
            };
            assert_eq!((ask(yes), ask(no)), (true.into(), false.into()), "{test}");
        }
    }
}
