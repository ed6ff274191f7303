//! What the operators do with values.

use std::cmp::Ordering;

use super::ast::Operator;
use super::filters::Failure;
use crate::value::{Kind, Number, Value};

/// Applies an operator, unless its result would not fit into the room there is.
pub(super) fn apply(operator: Operator, left: &Value, right: &Value, room: usize) -> Result<Value, Failure> {
    match operator {
        Operator::Equal => Ok(left.same_as(right).into()),
        Operator::NotEqual => Ok((!left.same_as(right)).into()),
        Operator::Less => compare(left, right, Ordering::is_lt),
        Operator::LessOrEqual => compare(left, right, Ordering::is_le),
        Operator::Greater => compare(left, right, Ordering::is_gt),
        Operator::GreaterOrEqual => compare(left, right, Ordering::is_ge),
        Operator::In => contains(right, left).map(Value::from),
        Operator::NotIn => contains(right, left).map(|found| (!found).into()),
        Operator::Concat => {
            fits(left.size().saturating_add(right.size()), room)?;
            let mut text = String::with_capacity(left.size() + right.size());
            left.render_to(&mut text);
            right.render_to(&mut text);
            Ok(text.into())
        }
        Operator::Add => add(left, right, room),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply => arithmetic("multiply", left, right, Number::times),
        Operator::Divide => divide(left, right, Number::over),
        Operator::FloorDivide => divide(left, right, Number::floor_over),
        Operator::Modulo => divide(left, right, Number::modulo),
        Operator::Power => arithmetic("raise", left, right, Number::to_the),
        // These two look at their right side only if they have to; the evaluator does it.
        Operator::Or | Operator::And => Ok(right.clone()),
    }
}

fn fits(bytes: usize, room: usize) -> Result<(), Failure> {
    if bytes <= room { Ok(()) } else { Err(Failure::NoRoom) }
}

fn compare(left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Result<Value, Failure> {
    if left.is_unset() || right.is_unset() {
        return Ok(Value::UNSET);
    }
    match left.order(right) {
        Some(order) => Ok(holds(order).into()),
        None => Err(mismatch("compare", left, right)),
    }
}

/// Whether a text has a part, a list an item, or a map a key.
fn contains(container: &Value, item: &Value) -> Result<bool, Failure> {
    match (container.kind(), item.kind()) {
        (Kind::Text(text), Kind::Text(part)) => Ok(text.contains(part.as_ref())),
        (Kind::List(items), _) => Ok(items.iter().any(|other| other.same_as(item))),
        (Kind::Map(entries), Kind::Text(key)) => Ok(entries.contains_key(key.as_ref())),
        (Kind::Unset | Kind::Map(_), _) | (Kind::Text(_), Kind::Unset) => Ok(false),
        _ => Err(Failure::invalid(format!("cannot look for a {} in a {}", item.type_name(), container.type_name()))),
    }
}

fn add(left: &Value, right: &Value, room: usize) -> Result<Value, Failure> {
    match (left.kind(), right.kind()) {
        (Kind::Text(a), Kind::Text(b)) => {
            fits(a.len() + b.len(), room)?;
            Ok(format!("{a}{b}").into())
        }
        (Kind::List(a), Kind::List(b)) => {
            fits(left.size().saturating_add(right.size()), room)?;
            Ok(Value::list(a.iter().chain(b.iter()).cloned()))
        }
        _ => arithmetic("add", left, right, Number::plus),
    }
}

/// Numbers; or two times, which gives the seconds between them.
fn subtract(left: &Value, right: &Value) -> Result<Value, Failure> {
    match (left.kind(), right.kind()) {
        (Kind::Time(a), Kind::Time(b)) => {
            let nanoseconds = a.as_nanosecond() - b.as_nanosecond();
            let seconds = rust_decimal::Decimal::try_from_i128_with_scale(nanoseconds, 9).map_err(|_| too_large())?;
            Ok(seconds.normalize().into())
        }
        _ => arithmetic("subtract", left, right, Number::minus),
    }
}

fn divide(left: &Value, right: &Value, operation: fn(Number, Number) -> Option<Number>) -> Result<Value, Failure> {
    if right.as_number().is_some_and(Number::is_zero) && left.as_number().is_some() {
        return Err(Failure::invalid("cannot divide by zero"));
    }
    arithmetic("divide", left, right, operation)
}

fn arithmetic(
    verb: &str,
    left: &Value,
    right: &Value,
    operation: fn(Number, Number) -> Option<Number>,
) -> Result<Value, Failure> {
    match (left.kind(), right.kind()) {
        (Kind::Number(a), Kind::Number(b)) => operation(*a, *b).map(Value::from).ok_or_else(too_large),
        (Kind::Unset, _) | (_, Kind::Unset) => Ok(Value::UNSET),
        _ => Err(mismatch(verb, left, right)),
    }
}

pub(super) fn negate(value: &Value) -> Result<Value, String> {
    match value.kind() {
        Kind::Number(number) => number.negated().map(Value::from).ok_or_else(|| TOO_LARGE.to_owned()),
        Kind::Unset => Ok(Value::UNSET),
        _ => Err(format!("a {} has no negative", value.type_name())),
    }
}

const TOO_LARGE: &str = "the result has more than the 28 digits that a number can have";

fn too_large() -> Failure {
    Failure::invalid(TOO_LARGE)
}

fn mismatch(verb: &str, left: &Value, right: &Value) -> Failure {
    let hint = match (verb, left.kind(), right.kind()) {
        ("add", Kind::Text(_), _) | ("add", _, Kind::Text(_)) => {
            "; texts are joined with `~`, and `| number` makes a number of one"
        }
        (_, Kind::Text(_), Kind::Number(_)) | (_, Kind::Number(_), Kind::Text(_)) => {
            "; `| number` makes a number of a text"
        }
        (_, Kind::Text(_), Kind::Time(_)) | (_, Kind::Time(_), Kind::Text(_)) => "; `| time` makes a time of a text",
        _ => "",
    };
    Failure::invalid(format!("cannot {verb} a {} and a {}{hint}", left.type_name(), right.type_name()))
}

/// The character of a text at a position; negative ones count from the end.
pub(super) fn char_at(text: &str, index: i64) -> Option<Value> {
    let char = if index < 0 {
        text.chars().rev().nth(usize::try_from(index.checked_neg()? - 1).ok()?)?
    } else {
        text.chars().nth(usize::try_from(index).ok()?)?
    };
    Some(char.to_string().into())
}

/// `value[from:to:by]` of a text or list, as in Python.
pub(super) fn slice(value: &Value, bounds: &[Value; 3]) -> Result<Value, String> {
    let bound = |value: &Value| match value.kind() {
        Kind::Unset => Ok(None),
        Kind::Number(number) => number.to_i64().map(Some).ok_or("the bounds between brackets have to be whole numbers"),
        _ => Err("the bounds between brackets have to be whole numbers"),
    };
    let (from, to, by) = (bound(&bounds[0])?, bound(&bounds[1])?, bound(&bounds[2])?.unwrap_or(1));
    if by == 0 {
        return Err("the step of a slice cannot be 0".to_owned());
    }
    match value.kind() {
        Kind::Unset => Ok(Value::UNSET),
        Kind::List(items) => Ok(Value::list(positions(items.len(), from, to, by).map(|at| items[at].clone()))),
        Kind::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            Ok(positions(chars.len(), from, to, by).map(|at| chars[at]).collect::<String>().into())
        }
        _ => Err(format!("a {} cannot be sliced", value.type_name())),
    }
}

fn positions(length: usize, from: Option<i64>, to: Option<i64>, by: i64) -> impl Iterator<Item = usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (lowest, highest) = if by > 0 { (0, length) } else { (-1, length - 1) };
    let resolve = |bound: i64| (if bound < 0 { bound.saturating_add(length) } else { bound }).clamp(lowest, highest);
    let start = from.map_or(if by > 0 { lowest } else { highest }, resolve);
    let stop = to.map_or(if by > 0 { highest } else { lowest }, resolve);
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let at = next.filter(|at| if by > 0 { *at < stop } else { *at > stop })?;
        next = at.checked_add(by);
        usize::try_from(at).ok()
    })
}
