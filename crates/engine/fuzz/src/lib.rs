//! What has to hold for every source of an expression or text.

use std::sync::LazyLock;

use usher_engine::expr::{Evaluation, Expression, MAX_PROBLEMS, Reference, Template};
use usher_engine::value::{Map, Value};

/// Parts that sources are made of.
pub const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "|",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "~",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "true",
    "false",
    "none",
    "'a'",
    "\"\\u00e9\"",
    "'%Y'",
    "x",
    "big",
    "list",
    "map",
    "time",
    "secret",
    "| upper",
    "| join(',')",
    "| default(1)",
    "| map('a')",
    "| sort",
    "| split",
    "| date",
    "| round(2)",
    "| add_days(1)",
    "is defined",
    "[0]",
    ".a",
    "[1:]",
];

/// The variables that sources may read.
pub const VARIABLES: &[&str] = &["x", "big", "list", "map", "time", "secret", "number", "unset"];

const BUDGET: usize = 100_000;

static SCOPE: LazyLock<Map> = LazyLock::new(|| {
    let list = Value::list((0..500_i64).map(|n| Value::list([n.into(), "a".into()])));
    Map::from_iter([
        ("x".to_owned(), Value::from(3_i64)),
        ("big".to_owned(), "ab ä\u{1}".repeat(2_000).into()),
        ("map".to_owned(), Value::map([("a", list.clone()), ("b", "c".into())])),
        ("list".to_owned(), list),
        (
            "time".to_owned(),
            Expression::parse("0 | time").map_or(Value::UNSET, |time| time.evaluate(&mut Evaluation::new(&Map::new()))),
        ),
        ("secret".to_owned(), Value::from("1234").sensitive()),
        ("number".to_owned(), Value::from_json("-1.5").unwrap_or_default()),
    ])
});

/// Parses a source as text and as expression, and evaluates it.
///
/// # Panics
/// When something does not hold that has to.
pub fn check(source: &str) {
    if let Ok(template) = Template::parse(source) {
        let value = evaluated(|evaluation| template.render(evaluation));
        assert!(value.as_text().is_some(), "a text is a text");
        references_stand_where_they_say(source, &template.references());
        let renamed = template.renamed("x", "renamed_x");
        let again = Template::parse(&renamed).unwrap_or_else(|error| panic!("{renamed}: {error}"));
        assert_eq!(again.references().len(), template.references().len());
    }
    match Expression::parse(source) {
        Ok(expression) => {
            evaluated(|evaluation| expression.evaluate(evaluation));
            references_stand_where_they_say(source, &expression.references());
        }
        Err(error) => {
            assert!(source.is_char_boundary(error.span.start) && error.line > 0 && error.column > 0, "{error}");
        }
    }
}

fn evaluated(evaluate: impl Fn(&mut Evaluation<'_>) -> Value) -> Value {
    let run = || {
        let mut evaluation = Evaluation::new(&*SCOPE).with_budget(BUDGET);
        let value = evaluate(&mut evaluation);
        assert!(evaluation.problems().len() <= MAX_PROBLEMS);
        (value, evaluation.into_problems())
    };
    let (value, problems) = run();
    assert_eq!((&value, &problems), (&run().0, &run().1), "the same gives the same");
    // What is written of a value is at most six times as long as what it was charged for.
    assert!(value.size() <= 7 * BUDGET, "{} bytes", value.size());
    value
}

fn references_stand_where_they_say(source: &str, references: &[Reference]) {
    for reference in references {
        assert_eq!(Some(&source[reference.name.range()]), reference.path.root());
        assert!(source[reference.span.range()].len() >= reference.name.range().len());
    }
}
