//! Filters of lists.

use std::cmp::Ordering;

use super::{Call, Failure, FilterSpec};
use crate::expr::arguments::Param;
use crate::expr::operators;
use crate::value::{Kind, Number, Path, Value};

const ATTRIBUTE: Param =
    Param::optional("attribute", "The part of each item to look at, like 'price' or 'customer.name'.");
const CASE_SENSITIVE: Param =
    Param::optional("case_sensitive", "Whether upper and lower case differ; they do not if left out.");
const WHERE: &[Param] = &[
    Param::required("attribute", "The part of each item to look at, like 'price' or 'customer.name'."),
    Param::optional("value", "What it has to be; if left out, anything that counts as true."),
];

pub(super) const FILTERS: [FilterSpec; 12] = [
    FilterSpec::new(
        "first",
        "The first item, or the first character of a text.",
        &[],
        ("[3, 1, 2] | first", "3"),
        |call| end(call, 0),
    ),
    FilterSpec::new(
        "last",
        "The last item, or the last character of a text.",
        &[],
        ("[3, 1, 2] | last", "2"),
        |call| end(call, -1),
    ),
    FilterSpec::new(
        "join",
        "The items as one text.",
        &[Param::optional("separator", "What stands between them; nothing if left out."), ATTRIBUTE],
        ("['a', 'b'] | join(' and ')", "a and b"),
        join,
    ),
    FilterSpec::new("reverse", "In the other direction.", &[], ("[1, 2, 3] | reverse", "[3,2,1]"), |call| {
        match call.input.kind() {
            Kind::Text(text) => Ok(text.chars().rev().collect::<String>().into()),
            _ => Ok(Value::list(call.list()?.iter().rev().cloned())),
        }
    }),
    FilterSpec::new(
        "sort",
        "From the smallest to the largest.",
        &[Param::optional("reverse", "Whether to start with the largest."), CASE_SENSITIVE, ATTRIBUTE],
        ("[3, 1, 2] | sort", "[1,2,3]"),
        sort,
    ),
    FilterSpec::new(
        "unique",
        "Without what was there before.",
        &[CASE_SENSITIVE, ATTRIBUTE],
        ("[1, 2, 1] | unique", "[1,2]"),
        unique,
    ),
    FilterSpec::new(
        "sum",
        "All numbers added up.",
        &[ATTRIBUTE, Param::optional("start", "What to start with; 0 if left out.")],
        ("[1, 2.5] | sum", "3.5"),
        sum,
    ),
    FilterSpec::new("min", "The smallest item.", &[CASE_SENSITIVE, ATTRIBUTE], ("[3, 1, 2] | min", "1"), |call| {
        extreme(call, Ordering::Less)
    }),
    FilterSpec::new("max", "The largest item.", &[CASE_SENSITIVE, ATTRIBUTE], ("[3, 1, 2] | max", "3"), |call| {
        extreme(call, Ordering::Greater)
    }),
    FilterSpec::new(
        "map",
        "One part of each item.",
        &[
            Param::required("attribute", "Which part, like 'price' or 'customer.name'."),
            Param::optional("default", "What to use where it is not set."),
        ],
        ("[{'sku': 'a'}, {'sku': 'b'}] | map('sku')", r#"["a","b"]"#),
        |call| {
            let path = path(call, 0)?;
            let default = call.arg(1).cloned().unwrap_or_default();
            call.collect(call.list()?.iter().map(|item| part(item, path.as_ref()).unwrap_or_else(|| default.clone())))
        },
    ),
    FilterSpec::new(
        "where",
        "The items of which a part has a value.",
        WHERE,
        ("[{'n': 1}, {'n': 2}] | where('n', 2)", r#"[{"n":2}]"#),
        |call| select(call, true),
    ),
    FilterSpec::new(
        "where_not",
        "The items of which a part does not have a value.",
        WHERE,
        ("[{'n': 1}, {'n': 2}] | where_not('n', 2)", r#"[{"n":1}]"#),
        |call| select(call, false),
    ),
];

fn end(call: &Call<'_>, index: i64) -> Result<Value, Failure> {
    match call.input.kind() {
        Kind::Text(text) => Ok(operators::char_at(text, index).unwrap_or_default()),
        _ => call.list().map(|_| call.input.index(index).unwrap_or_default()),
    }
}

fn path(call: &Call<'_>, index: usize) -> Result<Option<Path>, Failure> {
    let text = match call.arg(index).map(Value::kind) {
        Some(Kind::Number(number)) => Some(format!("[{number}]")),
        _ => call.text_arg(index)?.map(str::to_owned),
    };
    text.map(|text| {
        text.parse().map_err(|_| Failure::invalid("`attribute` has to be written like 'price' or 'customer.name'"))
    })
    .transpose()
}

fn part(item: &Value, path: Option<&Path>) -> Option<Value> {
    path.map_or_else(|| Some(item.clone()), |path| item.get(&path.0)).filter(|part| !part.is_unset())
}

fn parts(call: &Call<'_>, path: Option<&Path>) -> Result<Vec<Value>, Failure> {
    Ok(call.list()?.iter().filter_map(|item| part(item, path)).collect())
}

fn join(call: &Call<'_>) -> Result<Value, Failure> {
    let separator = call.text_arg(0)?.unwrap_or_default();
    let path = path(call, 1)?;
    let mut text = String::new();
    for (place, item) in call.list()?.iter().enumerate() {
        if place > 0 {
            text.push_str(separator);
        }
        part(item, path.as_ref()).unwrap_or_default().render_to(&mut text);
        call.fits(text.len())?;
    }
    Ok(text.into())
}

/// What items are sorted and compared by: their part, in lower case unless case matters.
fn key(item: &Value, path: Option<&Path>, case_sensitive: bool) -> Option<Value> {
    let part = part(item, path)?;
    match part.as_text().filter(|_| !case_sensitive) {
        Some(text) => Some(text.to_lowercase().into()),
        None => Some(part),
    }
}

fn keyed<'c>(call: &Call<'c>, path: Option<&Path>, case_sensitive: bool) -> Result<Vec<(Value, &'c Value)>, Failure> {
    let keyed = |item: &'c Value| (key(item, path, case_sensitive).unwrap_or_default(), item);
    Ok(call.list()?.iter().map(keyed).collect())
}

fn sort(call: &Call<'_>) -> Result<Value, Failure> {
    let reverse = call.flag(0);
    let mut keyed = keyed(call, path(call, 2)?.as_ref(), call.flag(1))?;
    keyed.sort_by(|(a, _), (b, _)| if reverse { b.total_order(a) } else { a.total_order(b) });
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item.clone())))
}

fn unique(call: &Call<'_>) -> Result<Value, Failure> {
    let keyed = keyed(call, path(call, 1)?.as_ref(), call.flag(0))?;
    let mut places: Vec<usize> = (0..keyed.len()).collect();
    places.sort_by(|a, b| keyed[*a].0.total_order(&keyed[*b].0).then(a.cmp(b)));
    places.dedup_by(|later, first| keyed[*later].0.total_order(&keyed[*first].0).is_eq());
    places.sort_unstable();
    Ok(Value::list(places.into_iter().map(|place| keyed[place].1.clone())))
}

fn sum(call: &Call<'_>) -> Result<Value, Failure> {
    let path = path(call, 0)?;
    let start = call.number_arg(1)?.unwrap_or(Number::ZERO);
    let sum = parts(call, path.as_ref())?.iter().try_fold(start, |sum, part| match part.as_number() {
        Some(number) => sum.plus(number).ok_or_else(|| Failure::invalid("the sum has more than 28 digits")),
        None => Err(Failure::invalid(format!("cannot add up a {}", part.type_name()))),
    })?;
    Ok(sum.into())
}

/// The item (not its part) that is smallest or largest; the first of several.
fn extreme(call: &Call<'_>, wanted: Ordering) -> Result<Value, Failure> {
    let mut best: Option<(Value, &Value)> = None;
    for (key, item) in keyed(call, path(call, 1)?.as_ref(), call.flag(0))? {
        let order = match &best {
            _ if key.is_unset() => continue,
            None => Some(wanted),
            Some((best, _)) => key.order(best),
        };
        match order {
            Some(order) if order == wanted => best = Some((key, item)),
            Some(_) => {}
            None => return Err(Failure::invalid("the items are of different kinds and cannot be compared")),
        }
    }
    Ok(best.map(|(_, item)| item.clone()).unwrap_or_default())
}

fn select(call: &Call<'_>, wanted: bool) -> Result<Value, Failure> {
    let path = path(call, 0)?;
    let fits = |item: &Value| {
        let part = part(item, path.as_ref()).unwrap_or_default();
        call.arg(1).map_or(part.truthy(), |value| part.same_as(value))
    };
    Ok(Value::list(call.list()?.iter().filter(|item| fits(item) == wanted).cloned()))
}
