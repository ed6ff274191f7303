//! Computes what an expression gives.

use std::fmt;

use jiff::tz::TimeZone;

use super::ast::{Choice, Expr, Node, Operator, Step};
use super::error::Span;
use super::filters::{Call, Failure};
use super::{DEFAULT_BUDGET, MAX_PROBLEMS, operators};
use crate::value::{Kind, MAX_DEPTH, Map, Value};

/// Where the variables of an expression come from.
///
/// Values are cheap to clone, so they are handed out, not lent.
pub trait Scope {
    /// Returns the value of a variable; nothing if there is none of that name.
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
    /// What sort of problem.
    pub kind: ProblemKind,
    /// Where in the source.
    pub span: Span,
    /// What went wrong, in a sentence without its point.
    pub message: String,
}

/// What sort of problem it is.
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

    /// Returns what is left of the budget, in bytes.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Returns what has gone wrong so far.
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
                self.tell_of_depth(items.iter(), node.span);
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
        self.tell_of_depth(map.values(), span);
        self.made(Value::map(map), &[&keys], span)
    }

    /// Tells when a list or map is too deep to be put into another one.
    fn tell_of_depth<'v>(&mut self, mut parts: impl Iterator<Item = &'v Value>, span: Span) {
        if parts.any(|part| part.depth() >= MAX_DEPTH) {
            self.tell(
                ProblemKind::Invalid,
                span,
                format!("lists and maps cannot be nested deeper than {MAX_DEPTH} levels"),
            );
        }
    }

    fn read(&mut self, node: &Node, missing: Missing) -> Evaluated {
        // Carries the mark of what the way into the value was chosen by.
        let mut way = Value::UNSET;
        let found = match &node.expr {
            Expr::Name(name) => self.scope.get(name),
            Expr::Path(base, steps) => {
                // A variable is charged for the part that is read, not as a whole.
                let base = match &base.expr {
                    Expr::Name(name) => self.scope.get(name),
                    _ => Some(self.evaluate(base)?),
                };
                match base {
                    Some(base) => self.walk(base, steps, &mut way)?,
                    None => None,
                }
            }
            _ => None,
        };
        if found.is_none() && missing == Missing::Told {
            let what = match node.path() {
                Some((path, span)) if span == node.span => format!("`{path}`"),
                Some((path, _)) => format!("a part of `{path}`"),
                None => "this part".to_owned(),
            };
            self.tell(ProblemKind::Unset, node.span, format!("{what} is not set"));
        }
        self.made(found.unwrap_or_default(), &[&way], node.span)
    }

    fn walk(&mut self, base: Value, steps: &[Step], way: &mut Value) -> Result<Option<Value>, Exhausted> {
        let mut value = base;
        for step in steps {
            let next = match step {
                Step::Key(key, _) => value.key(key),
                Step::Index(index, _) => {
                    let index = self.evaluate(index)?;
                    *way = std::mem::take(way).marked_like(&index);
                    at(&value, &index)
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

/// Returns the part of a value under a key or at an index; a text has its characters.
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
mod tests;
