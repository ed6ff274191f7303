//! Generated expressions of what Usher's language and Jinja share give the same as in MiniJinja.
//!
//! What differs on purpose (see the documentation of `expr`) is not generated: fractions, arithmetic
//! with yes and no or texts, comparison of different kinds, chained comparisons, a negative divisor (where
//! MiniJinja differs from Jinja), and how lists, maps and `none` are shown.

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use proptest::prelude::*;
use usher_engine::expr::{Evaluation, Expression, ProblemKind, Template};
use usher_engine::value::Value;

const VARIABLES: &str = r#"{
    "n": 7, "zero": 0, "minus": -3, "large": 1000003,
    "name": "Ann Smith", "empty": "", "digits": "42", "german": "Straße Über",
    "yes": true, "no": false,
    "numbers": [3, -1, 2, 3], "words": ["b", "A", "c", "a"], "nothing": [],
    "order": {"status": "shipped", "count": 2, "lines": [{"sku": "x1", "qty": 2}, {"sku": "y2", "qty": 5}]}
}"#;

/// A text as a literal of both languages.
fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n");
    format!("'{escaped}'")
}

/// Expressions of each kind, built from each other.
#[derive(Debug, Clone)]
struct Kinds {
    number: BoxedStrategy<String>,
    text: BoxedStrategy<String>,
    yes_no: BoxedStrategy<String>,
    numbers: BoxedStrategy<String>,
    words: BoxedStrategy<String>,
}

fn any_of(sources: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(sources).prop_map(str::to_owned).boxed()
}

fn leaves() -> Kinds {
    Kinds {
        number: prop_oneof![
            (-20..100_i64).prop_map(|number| number.to_string()),
            any_of(&[
                "n",
                "zero",
                "minus",
                "large",
                "order.count",
                "order['count']",
                "order.lines[1].qty",
                "numbers[-1]",
                "numbers[0]"
            ]),
        ]
        .boxed(),
        text: prop_oneof![
            "[a-cA-C0-9 äß'\"\\\\\n.-]{0,6}".prop_map(|text| literal(&text)),
            any_of(&["name", "empty", "german", "order.status", "order.lines[0].sku", "words[1]", "name[2]", "digits"]),
        ]
        .boxed(),
        yes_no: any_of(&["true", "false", "yes", "no"]),
        numbers: any_of(&["numbers", "nothing", "[1, 2, 3]", "[]", "order.lines | map(attribute='qty')"]),
        words: any_of(&["words", "nothing", "['x', 'y']", "order.lines | map(attribute='sku')"]),
    }
}

/// Expressions one level above those given.
fn above(below: &Kinds) -> Kinds {
    let Kinds { number, text, yes_no, numbers, words } = below.clone();
    let two = |kind: &BoxedStrategy<String>, operators: &'static [&'static str]| {
        (kind.clone(), prop::sample::select(operators), kind.clone())
            .prop_map(|(a, operator, b)| format!("({a}) {operator} ({b})"))
            .boxed()
    };
    let piped = |kind: &BoxedStrategy<String>, filters: &'static [&'static str]| {
        (kind.clone(), prop::sample::select(filters)).prop_map(|(a, filter)| format!("({a}) | {filter}")).boxed()
    };
    let choice = |kind: &BoxedStrategy<String>| {
        (kind.clone(), yes_no.clone(), kind.clone())
            .prop_map(|(a, condition, b)| format!("({a} if {condition} else {b})"))
            .boxed()
    };
    let bound = || prop::option::of(-4..6_i64).prop_map(|bound| bound.map_or(String::new(), |bound| bound.to_string()));
    // No negative steps: MiniJinja panics on those of what is empty, and differs from Python with bounds.
    let sliced = |kind: &BoxedStrategy<String>| {
        let by = prop::sample::select(vec!["", ":1", ":2"]);
        (kind.clone(), bound(), bound(), by).prop_map(|(a, from, to, by)| format!("({a})[{from}:{to}{by}]")).boxed()
    };
    Kinds {
        number: prop_oneof![
            3 => number.clone(),
            3 => two(&number, &["+", "-", "*"]),
            // Without parentheses, so that precedence is compared as well.
            2 => (number.clone(), number.clone(), number.clone(), prop::sample::select(vec!["+", "-", "*"]), prop::sample::select(vec!["+", "-", "*"]))
                .prop_map(|(a, b, c, one, two)| format!("{a} {one} {b} {two} {c}")),
            1 => (number.clone(), prop::sample::select(vec!["//", "%"]), 1..9_i64).prop_map(|(a, operator, b)| format!("({a}) {operator} {b}")),
            1 => (-9..9_i64, 0..5_i64).prop_map(|(a, b)| format!("({a}) ** {b}")),
            1 => number.clone().prop_map(|a| format!("-({a})")),
            1 => piped(&number, &["abs", "int", "string | length"]),
            1 => piped(&text, &["length"]),
            1 => piped(&numbers, &["length", "sum", "first | default(0)", "last | default(0)", "min | default(0)", "max | default(0)"]),
            1 => number.clone().prop_map(|a| format!("(({a}) ~ '') | int")),
            1 => any_of(&["digits | int + 1", "name | int(5)", "'-7' | int", "'+7' | int", "empty | int(default=3)"]),
            1 => choice(&number),
        ]
        .boxed(),
        text: prop_oneof![
            3 => text.clone(),
            1 => two(&text, &["~", "+"]),
            1 => (number.clone(), text.clone()).prop_map(|(a, b)| format!("({a}) ~ {b}")),
            2 => piped(&text, &["upper", "lower", "capitalize", "title", "trim", "trim('a')", "reverse", "default('d')", "default('d', true)", "string", "urlencode", "replace('a', 'bb')", "first | default('')", "last | default('')"]),
            1 => piped(&words, &["join(', ')", "join", "min | default('')", "max(case_sensitive=true) | default('')", "first | default('')", "last | default('')"]),
            1 => piped(&numbers, &["join('-')"]),
            1 => sliced(&text),
            1 => choice(&text),
        ]
        .boxed(),
        yes_no: prop_oneof![
            2 => yes_no.clone(),
            2 => two(&number, &["==", "!=", "<", "<=", ">", ">="]),
            1 => two(&text, &["==", "!=", "<", "<=", ">", ">=",  "not in"]),
            1 => two(&yes_no, &["and", "or", "==", "!="]),
            1 => two(&numbers, &["==", "!="]),
            1 => (number.clone(), numbers.clone()).prop_map(|(a, b)| format!("({a}) in ({b})")),
            1 => (text.clone(), words.clone()).prop_map(|(a, b)| format!("{a} not in ({b})")),
            1 => text.clone().prop_map(|a| format!("({a}) in order")),
            1 => yes_no.clone().prop_map(|a| format!("not {a}")),
            1 => (number.clone(), prop::sample::select(vec!["odd", "even", "divisibleby(3)", "number", "integer", "string", "defined", "none", "not none", "not odd"]))
                .prop_map(|(a, test)| format!("({a}) is {test}")),
            1 => (text.clone(), prop::sample::select(vec!["startingwith('A')", "endingwith 'h'", "number", "mapping", "true"]))
                .prop_map(|(a, test)| format!("({a}) is {test}")),
        ]
        .boxed(),
        numbers: prop_oneof![
            2 => numbers.clone(),
            1 => two(&numbers, &["+"]),
            1 => prop::collection::vec(number.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            1 => piped(&numbers, &["sort", "sort(reverse=true)", "reverse", "unique"]),
            1 => sliced(&numbers),
        ]
        .boxed(),
        words: prop_oneof![
            2 => words.clone(),
            1 => prop::collection::vec(text.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            1 => piped(&words, &["sort", "sort(case_sensitive=true)", "reverse", "unique", "unique(case_sensitive=true)"]),
            1 => (text.clone(), prop::sample::select(vec!["split", "split(' ')", "split('a', 1)"])).prop_map(|(a, filter)| format!("({a}) | {filter}")),
            1 => sliced(&words),
        ]
        .boxed(),
    }
}

fn any_expression() -> impl Strategy<Value = String> {
    let kinds = above(&above(&above(&leaves())));
    prop_oneof![kinds.number, kinds.text, kinds.yes_no, kinds.numbers, kinds.words]
}

fn environment() -> Environment<'static> {
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap();
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    environment
}

fn ours(source: &str) -> (Value, Vec<ProblemKind>) {
    let variables = Value::from_json(VARIABLES).unwrap();
    let scope = variables.as_map().unwrap();
    let mut evaluation = Evaluation::new(scope);
    let value = Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}")).evaluate(&mut evaluation);
    (value, evaluation.into_problems().into_iter().map(|problem| problem.kind).collect())
}

fn theirs(source: &str) -> Result<serde_json::Value, minijinja::Error> {
    let variables: serde_json::Value = serde_json::from_str(VARIABLES).unwrap();
    let value = environment().compile_expression(source)?.eval(Serde(variables))?;
    Ok(serde_json::to_value(value).unwrap())
}

fn exact(json: &serde_json::Value) -> String {
    Value::from_serde_json(json).to_json_text()
}

proptest! {
    #[test]
    fn expressions_mean_the_same(source in any_expression()) {
        let (value, problems) = ours(&source);
        match theirs(&source) {
            // Numbers of more than 28 digits are a problem for us alone, and go on as unset.
            Ok(expected) if problems.is_empty() => prop_assert_eq!(value.to_json_text(), exact(&expected), "{}", source),
            Ok(_) => prop_assert!(problems.iter().all(|problem| *problem == ProblemKind::Invalid), "{} {:?}", source, problems),
            Err(error) => prop_assert!(!problems.is_empty(), "{} gives {:?}, but for MiniJinja {}", source, value, error),
        }
    }

    #[test]
    fn texts_are_filled_in_the_same(before in "(\\{?[a-c }\n]){0,4}", trims in any::<[bool; 2]>(), source in above(&leaves()).text, after in "[a-c }\n]{0,6}") {
        let text = format!("{before}{{{{{} {source} {}}}}}{after}", if trims[0] { "-" } else { "" }, if trims[1] { "-" } else { "" });
        let variables = Value::from_json(VARIABLES).unwrap();
        let ours = Template::parse(&text).unwrap().render(&mut Evaluation::new(variables.as_map().unwrap()));
        let variables: serde_json::Value = serde_json::from_str(VARIABLES).unwrap();
        let theirs = environment().render_str(&text, Serde(variables)).unwrap();
        prop_assert_eq!(ours.render(), theirs, "{}", text);
    }
}

#[test]
fn the_same_is_refused() {
    for source in [
        "",
        "1 +",
        "a b",
        "(1",
        "[1",
        "{'a' 1}",
        "a.",
        "a[]",
        "a[1:2:3:4]",
        "'a",
        "a | ",
        "a is",
        "1 if",
        "a = 1",
        "a | nofilter",
        "a ? b",
    ] {
        assert!(Expression::parse(source).is_err(), "{source}");
        let theirs = environment().compile_expression(source).map(|expression| expression.eval(()).is_err());
        assert!(theirs.unwrap_or(true), "{source} means something in MiniJinja");
    }
}
