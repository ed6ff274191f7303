//! Computes what an expression gives.

use std::fmt;

use jiff::tz::TimeZone;

use super::ast::{Choice, Expr, Node, Operator, Step};
use super::error::Span;
use super::filters::{Call, Failure};
use super::{DEFAULT_BUDGET, MAX_PROBLEMS, operators};
use crate::value::{Kind, Map, Value};

/// Where the variables of an expression come from.
///
/// Values are cheap to clone, so they are handed out, not lent.
pub trait Scope {
    /// The value of a variable; nothing if there is none of that name.
    fn get(&self, name: &str) -> Option<Value>;
}

impl Scope for Map {
    fn get(&self, name: &str) -> Option<Value> {
        Map::get(self, name).cloned()
    }
}

/// Something that went wrong while evaluating, for the trace. It never tells the content of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Where in the source.
    pub span: Span,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Something that is not set was read.
    Unset,
    /// A value of a kind that does not fit, a number that gets too large, and the like.
    Invalid,
    /// Too much was read or made; the rest was not evaluated.
    Budget,
}

/// One evaluation: where variables come from, what may be spent, and what went wrong.
///
/// Several texts may share one, and then share its budget.
pub struct Evaluation<'a> {
    scope: &'a dyn Scope,
    zone: TimeZone,
    budget: usize,
    problems: Vec<Problem>,
}

impl fmt::Debug for Evaluation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation")
            .field("budget", &self.budget)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// The budget is spent; a [`Problem`] says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exhausted;

type Evaluated = Result<Value, Exhausted>;

impl<'a> Evaluation<'a> {
    /// Starts an evaluation with [`DEFAULT_BUDGET`], and UTC as the zone in which days begin.
    pub fn new(scope: &'a dyn Scope) -> Evaluation<'a> {
        Evaluation { scope, zone: TimeZone::UTC, budget: DEFAULT_BUDGET, problems: Vec::new() }
    }

    /// Sets the time zone in which times are shown and days are counted.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Evaluation<'a> {
        self.zone = zone;
        self
    }

    /// Sets how many bytes may be read and made.
    #[must_use]
    pub fn with_budget(mut self, bytes: usize) -> Evaluation<'a> {
        self.budget = bytes;
        self
    }

    /// What is left of the budget, in bytes.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// What has gone wrong so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Ends the evaluation and tells what went wrong.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn evaluate(&mut self, node: &Node) -> Evaluated {
        match &node.expr {
            Expr::Literal(value) => self.made(value.clone(), &[], node.span),
            Expr::Name(_) | Expr::Path(..) => self.read(node, Missing::Told),
            Expr::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item)).collect::<Result<Vec<_>, _>>()?;
                self.made(Value::list(items), &[], node.span)
            }
            Expr::Map(entries) => self.map(entries, node.span),
            Expr::Not(operand) => {
                let value = self.condition(operand)?;
                self.made((!value.truthy()).into(), &[&value], node.span)
            }
            Expr::Negate(operand) => {
                let value = self.evaluate(operand)?;
                let result = operators::negate(&value).map_err(Failure::Invalid);
                self.outcome(result, &[&value], node.span)
            }
            Expr::Binary(operator @ (Operator::Or | Operator::And), operands) => {
                let left = self.condition(&operands.0)?;
                if left.truthy() == (*operator == Operator::Or) {
                    return Ok(left);
                }
                let right = self.evaluate(&operands.1)?;
                Ok(right.marked_like(&left))
            }
            Expr::Binary(operator, operands) => {
                let left = self.evaluate(&operands.0)?;
                let right = self.evaluate(&operands.1)?;
                let result = operators::apply(*operator, &left, &right, self.budget);
                self.outcome(result, &[&left, &right], node.span)
            }
            Expr::If(choice) => self.choose(choice),
            Expr::Filter(filter, input, args) => {
                let input = if filter.takes_unset { self.quietly(input)? } else { self.evaluate(input)? };
                if input.is_unset() && !filter.takes_unset {
                    return Ok(input);
                }
                let args = self.arguments(args)?;
                let call =
                    Call { input: &input, args: &args, params: filter.params, zone: &self.zone, room: self.budget };
                let result = (filter.run)(&call);
                self.outcome(result, &origins(&input, &args), node.span)
            }
            Expr::Test(test, input, args) => {
                let input = self.quietly(input)?;
                let args = self.arguments(args)?;
                let yes = (test.run)(&input, args.first().unwrap_or(&Value::UNSET));
                self.made(yes.into(), &origins(&input, &args), node.span)
            }
        }
    }

    /// Charges a value and passes the mark on from what it was made of.
    fn made(&mut self, value: Value, origins: &[&Value], span: Span) -> Evaluated {
        self.charge(value.size(), span)?;
        Ok(origins.iter().fold(value, |value, origin| value.marked_like(origin)))
    }

    fn outcome(&mut self, result: Result<Value, Failure>, origins: &[&Value], span: Span) -> Evaluated {
        match result {
            Ok(value) => self.made(value, origins, span),
            Err(Failure::Invalid(message)) => {
                self.tell(ProblemKind::Invalid, span, message);
                self.made(Value::UNSET, origins, span)
            }
            Err(Failure::NoRoom) => self.charge(usize::MAX, span).map(|()| Value::UNSET),
        }
    }

    pub(super) fn charge(&mut self, bytes: usize, span: Span) -> Result<(), Exhausted> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => {
                self.budget = 0;
                self.tell(ProblemKind::Budget, span, "too much to compute; the rest was left out".to_owned());
                Err(Exhausted)
            }
        }
    }

    fn tell(&mut self, kind: ProblemKind, span: Span, message: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { kind, span, message });
        }
    }

    /// Evaluates what is asked for being there: a variable that is not set is no problem.
    fn quietly(&mut self, node: &Node) -> Evaluated {
        match node.expr {
            Expr::Name(_) | Expr::Path(..) => self.read(node, Missing::Expected),
            _ => self.evaluate(node),
        }
    }

    fn condition(&mut self, node: &Node) -> Evaluated {
        self.quietly(node)
    }

    fn choose(&mut self, choice: &Choice) -> Evaluated {
        let condition = self.condition(&choice.condition)?;
        let chosen = if condition.truthy() { Some(&choice.then) } else { choice.otherwise.as_ref() };
        let value = chosen.map_or(Ok(Value::UNSET), |node| self.evaluate(node))?;
        Ok(value.marked_like(&condition))
    }

    fn arguments(&mut self, args: &[Option<Node>]) -> Result<Vec<Value>, Exhausted> {
        args.iter().map(|arg| arg.as_ref().map_or(Ok(Value::UNSET), |arg| self.evaluate(arg))).collect()
    }

    fn map(&mut self, entries: &[(Node, Node)], span: Span) -> Evaluated {
        let mut map = Map::new();
        let mut keys = Value::UNSET;
        for (key, value) in entries {
            let key = self.evaluate(key)?;
            keys = keys.marked_like(&key);
            let value = self.evaluate(value)?;
            map.insert(key.render(), value);
        }
        self.made(Value::map(map), &[&keys], span)
    }

    fn read(&mut self, node: &Node, missing: Missing) -> Evaluated {
        let found = match &node.expr {
            Expr::Name(name) => self.scope.get(name),
            Expr::Path(base, steps) => {
                let base = match base.expr {
                    Expr::Name(_) => self.read_uncharged(base),
                    _ => Some(self.evaluate(base)?),
                };
                match base {
                    Some(base) => self.walk(base, steps)?,
                    None => None,
                }
            }
            _ => None,
        };
        if found.is_none() && missing == Missing::Told {
            let name = node.path().map_or("this part".to_owned(), |(path, _)| format!("`{path}`"));
            self.tell(ProblemKind::Unset, node.span, format!("{name} is not set"));
        }
        self.made(found.unwrap_or_default(), &[], node.span)
    }

    fn read_uncharged(&self, node: &Node) -> Option<Value> {
        if let Expr::Name(name) = &node.expr { self.scope.get(name) } else { None }
    }

    fn walk(&mut self, base: Value, steps: &[Step]) -> Result<Option<Value>, Exhausted> {
        let mut value = base;
        for step in steps {
            let next = match step {
                Step::Key(key, _) => value.key(key),
                Step::Index(index, _) => {
                    let index = self.evaluate(index)?;
                    at(&value, &index).map(|found| found.marked_like(&index))
                }
                Step::Slice(bounds, span) => {
                    let bounds = self.bounds(bounds)?;
                    let result = operators::slice(&value, &bounds).map_err(Failure::Invalid);
                    Some(self.outcome(result, &[&value, &bounds[0], &bounds[1], &bounds[2]], *span)?)
                }
            };
            match next {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    fn bounds(&mut self, bounds: &[Option<Node>; 3]) -> Result<[Value; 3], Exhausted> {
        let mut values = [Value::UNSET, Value::UNSET, Value::UNSET];
        for (value, bound) in values.iter_mut().zip(bounds) {
            if let Some(bound) = bound {
                *value = self.evaluate(bound)?;
            }
        }
        Ok(values)
    }
}

/// Whether a variable that is not set is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Told,
    Expected,
}

/// The part of a value under a key or at an index; a text has its characters.
fn at(value: &Value, index: &Value) -> Option<Value> {
    match (value.kind(), index.kind()) {
        (Kind::Map(_), Kind::Text(key)) => value.key(key),
        (Kind::Map(_), Kind::Number(number)) => value.key(&number.to_string()),
        (Kind::List(_), Kind::Number(number)) => value.index(number.to_i64()?),
        (Kind::Text(text), Kind::Number(number)) => {
            operators::char_at(text, number.to_i64()?).map(|found| found.marked_like(value))
        }
        _ => None,
    }
}

fn origins<'v>(input: &'v Value, args: &'v [Value]) -> Vec<&'v Value> {
    std::iter::once(input).chain(args).collect()
}

#[cfg(test)]
mod tests {
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
        let value =
            Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}")).evaluate(&mut evaluation);
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
    fn problems_are_bounded() {
        let template = Template::parse(&"{{ x }}".repeat(100)).unwrap();
        let scope = Map::new();
        let mut evaluation = Evaluation::new(&scope);
        template.render(&mut evaluation);
        assert_eq!(evaluation.problems().len(), MAX_PROBLEMS);
    }
}
