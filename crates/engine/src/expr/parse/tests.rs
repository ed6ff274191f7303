//! What is refused, where, and with which words.

use crate::expr::{Expression, MAX_DEPTH};

fn error(source: &str) -> String {
    match Expression::parse(source) {
        Ok(_) => panic!("{source} was parsed"),
        Err(error) => format!("{}: {}", error.column, error.message),
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    for (source, message) in [
        ("", "1: an expression is missing here"),
        ("1 +", "4: expected a value, but found the end of the expression"),
        ("1 + * 2", "5: expected a value, but found `*`"),
        ("a b", "3: `b` does not belong here; an operator is missing before it"),
        ("a = 1", "3: a variable cannot be set here; compare with `==`"),
        ("1 < x < 3", "7: comparisons cannot be chained; join them with `and`"),
        ("not 1 < x == 3", "11: comparisons cannot be chained; join them with `and`"),
        ("name.upper()", "11: nothing can be called; use a filter: `value | filter(…)`"),
        ("(1, 2)", "3: write a list in square brackets: [a, b]"),
        ("{a: 1}", "2: write keys in quotes: {\"key\": value}"),
        ("[1, 2", "6: expected `]`, but found the end of the expression"),
        ("a[]", "2: an index or key is missing between the brackets"),
        ("a.", "3: expected a name after `.`, but found the end of the expression"),
        ("a | 1", "5: expected the name of a filter, but found `1`"),
        ("a | upper(1)", "11: `upper` takes no arguments"),
        ("a | replace('x')", "5: `replace` needs its `new`: What to put there."),
        ("a | replace('x', old='y')", "18: `old` of `replace` is given twice"),
        ("a | join(sep='x')", "10: `join` takes only `separator`, `attribute`"),
        ("a is divisibleby", "17: expected a value, but found the end of the expression"),
        ("1 + not a", "5: expected a value, but found `not`"),
        ("in", "1: expected a value, but found `in`"),
    ] {
        assert_eq!(error(source), message, "{source}");
    }
    assert!(error("a is odder").ends_with("there is no test `odder`; did you mean `odd`?"));
    assert!(error("a | tittle").ends_with("there is no filter `tittle`; did you mean `title`?"));
    assert!(error("a | explode").contains("there are upper, lower,"));
    assert!(error(&format!("a | {}", "x".repeat(60_000))).contains("there is no filter"));
}

#[test]
fn nesting_is_bounded_in_every_way_it_can_grow() {
    let depth = usize::from(MAX_DEPTH);
    let around = |open: &str, close: &str, times: usize| open.repeat(times) + "x" + &close.repeat(times);
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{'a': ", "}"),
        ("not ", ""),
        ("-", ""),
        ("", "|first"),
        ("", " + x"),
        ("", " ** x"),
        ("", " if x"),
        ("x if x else ", ""),
        ("x[", "]"),
        ("x|default(", ")"),
        ("", " is none"),
    ] {
        assert!(Expression::parse(&around(open, close, depth / 2 - 1)).is_ok(), "{open} {close}");
        for times in [depth + 1, 5_000] {
            assert!(error(&around(open, close, times)).contains("deeper"), "{open} {close}");
        }
    }
    assert!(Expression::parse(&around("", ".x", 10_000)).is_ok(), "a long path is not deep");
}
