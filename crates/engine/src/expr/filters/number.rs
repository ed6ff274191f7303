//! Filters of numbers, and those that make one.

use rust_decimal::RoundingStrategy;

use super::{Call, Failure, FilterSpec};
use crate::expr::arguments::Param;
use crate::value::{Kind, Number, Value};

const OTHERWISE: &[Param] = &[Param::optional("default", "What to use when it cannot be read as a number.")];

pub(super) const FILTERS: [FilterSpec; 5] = [
    FilterSpec::new("abs", "Without its sign.", &[], ("-5 | abs", "5"), |call| {
        call.number()?.absolute().map(Value::from).ok_or_else(|| Failure::invalid("the number is too large"))
    }),
    FilterSpec::new(
        "number",
        "The number that a text says, exactly.",
        OTHERWISE,
        ("'12.50' | number + 1", "13.50"),
        |call| or_default(call, |call| read(call.input)),
    )
    .also_unset(),
    FilterSpec::new(
        "int",
        "The whole number that a text or number says; what comes after the point is cut off.",
        OTHERWISE,
        ("'12.7' | int", "12"),
        |call| or_default(call, |call| read(call.input).map(|number| number.rounded_by(0, RoundingStrategy::ToZero))),
    )
    .also_unset(),
    FilterSpec::new(
        "round",
        "Rounded to so many places after the point; halves go away from zero.",
        &[
            Param::optional("precision", "Places after the point; 0 if left out."),
            Param::optional("method", "'common', 'ceil' (up) or 'floor' (down)."),
        ],
        ("2.345 | round(2)", "2.35"),
        round,
    ),
    FilterSpec::new(
        "fixed",
        "As a text with exactly so many places after the point, for amounts.",
        &[
            Param::optional("places", "Places after the point; 2 if left out."),
            Param::optional("thousands", "What separates thousands; nothing if left out."),
            Param::optional("point", "What stands for the point."),
        ],
        ("1234.5 | fixed(2, ',')", "1,234.50"),
        fixed,
    ),
];

/// Numbers may be written with white space around and a `+`.
fn read(value: &Value) -> Option<Number> {
    match value.kind() {
        Kind::Number(number) => Some(*number),
        Kind::Text(text) => {
            let text = text.trim();
            text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text).parse().ok()
        }
        Kind::YesNo(yes) => Some(i64::from(*yes).into()),
        _ => None,
    }
}

fn or_default(call: &Call<'_>, read: fn(&Call<'_>) -> Option<Number>) -> Result<Value, Failure> {
    match read(call) {
        Some(number) => Ok(number.into()),
        None if call.arg(0).is_some() || call.input.is_unset() => Ok(call.arg(0).cloned().unwrap_or_default()),
        None => Err(Failure::invalid(format!("this {} does not say a number", call.input.type_name()))),
    }
}

fn places(call: &Call<'_>, otherwise: u32) -> Result<u32, Failure> {
    let Some(places) = call.whole_arg(0)? else { return Ok(otherwise) };
    u32::try_from(places)
        .ok()
        .filter(|places| *places <= 28)
        .ok_or_else(|| Failure::invalid("there can be 0 to 28 places"))
}

fn round(call: &Call<'_>) -> Result<Value, Failure> {
    let number = call.number()?;
    let strategy = match call.text_arg(1)?.unwrap_or("common") {
        "common" => RoundingStrategy::MidpointAwayFromZero,
        "ceil" => RoundingStrategy::ToPositiveInfinity,
        "floor" => RoundingStrategy::ToNegativeInfinity,
        _ => return Err(Failure::invalid("`method` has to be 'common', 'ceil' or 'floor'")),
    };
    Ok(number.rounded_by(places(call, 0)?, strategy).into())
}

fn fixed(call: &Call<'_>) -> Result<Value, Failure> {
    let places = places(call, 2)?;
    let (thousands, point) = (call.text_arg(1)?.unwrap_or_default(), call.text_arg(2)?.unwrap_or("."));
    call.fits(thousands.len().saturating_mul(10).saturating_add(point.len()))?;
    let rounded = call.number()?.rounded(places).to_decimal();
    let text = format!("{:.*}", places as usize, rounded.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len() + 8);
    if rounded.is_sign_negative() && !rounded.is_zero() {
        out.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push_str(thousands);
        }
        out.push(digit);
    }
    if places > 0 {
        out.push_str(point);
        out.push_str(fraction);
    }
    Ok(out.into())
}
