//! What expressions and texts give, what is told of them, and what is sensitive.

use super::*;
use crate::expr::{Expression, Template};

fn scope() -> Map {
    let variables = Value::from_json(
        r#"{
            "contact": {"name": "Ann", "email": null},
            "order": {"items": [{"title": "Mug", "price": 12.50, "qty": 2}, {"title": "Pen", "price": 3, "qty": 10}], "status": "shipped"},
            "n": 7, "zero": 0, "empty": "", "quantity": "3", "key": "title"
        }"#,
    );
    let mut scope = variables.unwrap().as_map().unwrap().clone();
    scope.insert("pin".into(), Value::from("1234").sensitive());
    scope.insert("card".into(), Value::map([("number", Value::from("4111").sensitive()), ("type", "visa".into())]));
    scope.insert("now".into(), "2026-03-01T22:30:00Z".parse::<jiff::Timestamp>().unwrap().into());
    scope
}

fn evaluate(source: &str) -> (Value, Vec<String>) {
    let scope = scope();
    let mut evaluation = Evaluation::new(&scope);
    let value = Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}")).evaluate(&mut evaluation);
    (value, evaluation.into_problems().into_iter().map(|problem| problem.message).collect())
}

fn render(source: &str) -> String {
    let scope = scope();
    let mut evaluation = Evaluation::new(&scope);
    let text = Template::parse(source).unwrap_or_else(|error| panic!("{source}: {error}")).render(&mut evaluation);
    assert_eq!(evaluation.problems(), [], "{source}");
    text.render()
}

#[test]
fn computes() {
    for (source, json) in [
        ("1 + 2 * 3 ** 2", "19"),
        ("(1 + 2) * 3", "9"),
        ("7 // 2 ~ 7 % 2 ~ '!'", r#""31!""#),
        ("-n | abs", "7"),
        ("1 / 3", "0.3333333333333333333333333333"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("9223372036854775807 + 1", "9223372036854775808"),
        ("n > 5 and not zero", "true"),
        ("zero or empty or 'x'", r#""x""#),
        ("n and zero", "0"),
        ("'a' if n == 7 else 'b'", r#""a""#),
        ("'a' if n == 8", "null"),
        ("order.items[0].title", r#""Mug""#),
        ("order['items'][-1][key]", r#""Pen""#),
        ("order.items | map('title') | join(', ')", r#""Mug, Pen""#),
        ("order.items | where('qty', 2) | length", "1"),
        ("order.items | sum('price')", "15.50"),
        ("'abcdef'[1:-1:2] ~ 'abc'[-1] ~ [1,2,3][::-1]", r#""bdc[3,2,1]""#),
        ("'ug' in order.items[0].title and 'status' in order and 8 not in [1, 2]", "true"),
        ("{'a': [1, none], 'b': {}}", r#"{"a":[1,null],"b":{}}"#),
        ("contact.email | default('none')", r#""none""#),
        ("nothing.at.all | default('-')", r#""-""#),
        ("empty | default('-', true) ~ empty | default('-')", r#""-""#),
        ("nothing is defined or n is not odd", "false"),
        ("quantity | number * 2", "6"),
        ("n is divisibleby 7 and n is divisibleby(7)", "true"),
        ("now - (now | add_days(-1))", "86400"),
        ("[][::-1] ~ 'abc'[::-2] ~ [1, 2, 3][2:0:-1] ~ 'abc'[0:0:-1]", r#""[]ca[3,2]""#),
        ("-7 // 2 ~ ' ' ~ -7 % 2 ~ ' ' ~ 7 // -2 ~ ' ' ~ 7 % -2", r#""-4 1 -4 -1""#),
        ("2 ** -1 + 2 ** 0.0", "1.5"),
        ("true == 1 or '1' == 1 or none == false", "false"),
        ("1.50 == 1.5 and [1] == [1.0] and {'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"),
        ("['b', 2, 'A', true, none, 1] | sort", r#"[null,true,1,2,"A","b"]"#),
        ("-2 ** 2", "4"),
        ("1 + -1 | abs", "2"),
        ("not 1 in [1] or not 2 in [1]", "true"),
        ("'a' if false else 'b' if false else 'c'", r#""c""#),
        ("now | date('%H:%M', 'Africa/Johannesburg')", r#""00:30""#),
    ] {
        let (value, problems) = evaluate(source);
        assert_eq!(value.to_json_text(), json, "{source}");
        assert_eq!(problems, [""; 0], "{source}");
    }
}

#[test]
fn what_goes_wrong_is_unset_and_told() {
    for (source, message) in [
        ("nothing", "`nothing` is not set"),
        ("order.items[5].title", "`order.items[5].title` is not set"),
        ("order.items[n].title", "a part of `order.items` is not set"),
        ("('a' ~ 'b').c", "this part is not set"),
        ("'a' + 1", "cannot add a text and a number"),
        ("quantity * 2", "`| number` makes a number of a text"),
        ("1 / zero", "cannot divide by zero"),
        ("10 ** 40", "28 digits"),
        ("n < 'a'", "cannot compare a number and a text"),
        ("1 in 2", "cannot look for a number in a number"),
        ("n | upper", "needs a text, not a number"),
        ("'a' | number", "does not say a number"),
        ("[1] | join(2)", "`separator` has to be a text, not a number"),
        ("now | date('%H', 'Mars')", "no such time zone"),
        ("n[1:]", "cannot be sliced"),
    ] {
        let (value, problems) = evaluate(source);
        assert!(value.is_unset(), "{source}");
        assert!(problems.len() == 1 && problems[0].contains(message), "{source}: {problems:?}");
    }
}

#[test]
fn one_problem_is_told_once() {
    assert_eq!(evaluate("nothing * 2 + 1 < 3").1.len(), 1);
    assert_eq!(evaluate("(nothing | upper) ~ '!'").1.len(), 1);
}

#[test]
fn renders_texts() {
    for (source, text) in [
        ("Hi {{ contact.name }}!", "Hi Ann!"),
        ("no expressions } } {", "no expressions } } {"),
        ("{{ '{{' }}{{ '}}' }}", "{{}}"),
        ("a  {{- n -}}  b", "a7b"),
        ("{{-n}} {{ -n }}", "7 -7"),
        ("{{ {'a': {'b': 1}}.a.b }}", "1"),
        ("{{ contact.email }}{{ true }}{{ order.items[0].price }}", "true12.50"),
        ("", ""),
    ] {
        assert_eq!(render(source), text, "{source}");
    }
}

#[test]
fn what_is_made_of_something_sensitive_is_sensitive() {
    for source in [
        "pin",
        "pin ~ ''",
        "pin == '1234'",
        "not pin",
        "pin | length",
        "pin and 1",
        "zero or pin",
        "'a' if pin else 'b'",
        "'x' | default(pin)",
        "pin | default('x')",
        "[pin, 1] | length",
        "pin is defined",
        "{'a': pin}.a",
        "[1, 2][pin | number - 1233]",
        "'abc' | replace('b', pin)",
        "card.number",
        "card | json",
        "pin[0]",
        "card[pin]",
        "pin[1:]",
        "pin | number + 1",
        "-(pin | number)",
        "pin in ['1234']",
        "1 + pin",
        "{pin ~ '': 1}",
        "pin | upper | lower",
    ] {
        assert!(evaluate(source).0.is_sensitive(), "{source}");
    }
    for source in ["card.type", "n ~ contact.name", "zero and pin", "'a' if n else pin"] {
        assert!(!evaluate(source).0.is_sensitive(), "{source}");
    }
    let scope = scope();
    let template = Template::parse("Your pin is {{ pin }}.").unwrap();
    assert!(template.render(&mut Evaluation::new(&scope)).is_sensitive());
}

#[test]
fn no_filter_test_or_operator_forgets_the_mark() {
    let in_and_out = |start: &str, params: usize| {
        let plain = vec!["1"; params];
        let mut sources = vec![format!("pin {start}({})", plain.join(", "))];
        for place in 0..params {
            let mut args = plain.clone();
            args[place] = "pin";
            sources.push(format!("n {start}({})", args.join(", ")));
        }
        sources
    };
    let filters = crate::expr::filters().iter().flat_map(|f| in_and_out(&format!("| {}", f.name), f.params.len()));
    let tests = crate::expr::tests().iter().flat_map(|t| in_and_out(&format!("is {}", t.name), t.params.len()));
    let operators = ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "~", "*", "/", "//", "%", "**"];
    let operators = operators.iter().flat_map(|o| [format!("pin {o} n"), format!("n {o} pin")]);
    for source in filters.chain(tests).chain(operators) {
        assert!(evaluate(&source).0.is_sensitive(), "{source}");
    }
}

#[test]
fn problems_never_tell_what_a_value_holds() {
    for source in [
        "pin | number + 'x'",
        "pin * 2",
        "pin | time",
        "(pin ~ 'x') | number",
        "[1] | join(pin | number)",
        "pin[pin]",
        "{pin ~ '': 1}.x",
    ] {
        let (_, problems) = evaluate(source);
        assert!(!problems.is_empty() && !problems.join("").contains("1234"), "{source}: {problems:?}");
    }
}

#[test]
fn spending_the_budget_ends_the_evaluation() {
    let mut scope = scope();
    scope.insert("big".into(), "x".repeat(100_000).into());
    scope.insert("many".into(), Value::list((0..10_000).map(Value::from)));
    for source in [
        "big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big",
        "big | replace('x', big)",
        "many | join(big)",
        "(big | replace('x', 'x ')) | split",
        "[big, big, big, big, big, big]",
        "big + big + big + big + big + big + big",
    ] {
        let mut evaluation = Evaluation::new(&scope);
        let value = Expression::parse(source).unwrap().evaluate(&mut evaluation);
        assert!(value.is_unset(), "{source}");
        assert_eq!(evaluation.budget(), 0);
        assert_eq!(
            evaluation.into_problems().iter().map(|problem| problem.kind).collect::<Vec<_>>(),
            [ProblemKind::Budget],
            "{source}"
        );
    }
}

#[test]
fn reading_a_small_part_of_something_big_is_cheap() {
    let big = Value::map([("name", "Ann".into()), ("body", "x".repeat(10_000_000).into())]);
    let scope = Map::from_iter([("contact".to_owned(), big)]);
    let mut evaluation = Evaluation::new(&scope);
    let text = Template::parse("Hi {{ contact.name }}!").unwrap().render(&mut evaluation);
    assert_eq!(text, "Hi Ann!".into());
    assert!(DEFAULT_BUDGET - evaluation.budget() < 100);
}

#[test]
fn reading_copies_nothing() {
    let scope = scope();
    let read = |source: &str| Expression::parse(source).unwrap().evaluate(&mut Evaluation::new(&scope));
    let items = scope["order"].key("items").unwrap();
    for source in ["order['items']", "order.items if n else 0", "nothing or order.items", "order.items | default([])"] {
        assert!(std::ptr::eq(read(source).as_list().unwrap(), items.as_list().unwrap()), "{source}");
    }
    let name = scope["contact"].key("name").unwrap();
    assert!(std::ptr::eq(read("contact.name").as_text().unwrap(), name.as_text().unwrap()));
}

#[test]
fn nesting_too_deep_is_told() {
    let mut deep = Value::from(1);
    for _ in 0..MAX_DEPTH {
        deep = Value::list([deep]);
    }
    let scope = Map::from_iter([("deep".to_owned(), deep)]);
    for source in ["[deep]", "{'a': deep}"] {
        let mut evaluation = Evaluation::new(&scope);
        let value = Expression::parse(source).unwrap().evaluate(&mut evaluation);
        assert_eq!(value.depth(), 1);
        assert!(evaluation.problems()[0].message.contains("deeper than 32"));
    }
}

#[test]
fn problems_are_bounded() {
    let template = Template::parse(&"{{ x }}".repeat(100)).unwrap();
    let scope = Map::new();
    let mut evaluation = Evaluation::new(&scope);
    template.render(&mut evaluation);
    assert_eq!(evaluation.problems().len(), MAX_PROBLEMS);
}
