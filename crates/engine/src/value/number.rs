//! Numbers that are exact: whole ones of 64 bits, else decimals of 28 digits. Never floating point.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// Digits after the point at most.
const MAX_SCALE: i64 = 28;
/// Exponents beyond this are not even looked at; 28 digits cannot reach it.
const MAX_EXPONENT: i64 = 100;

/// A whole number of 64 bits, or else a decimal of 28 digits.
///
/// A number without digits after the point that fits `i64` is always held as one. A decimal keeps its
/// digits as written (`12.50`), but equals the same number written otherwise.
#[derive(Clone, Copy)]
pub struct Number(Repr);

#[derive(Clone, Copy)]
enum Repr {
    Whole(i64),
    Decimal(Decimal),
}

/// A text that is not a number of at most 28 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of at most 28 digits")]
pub struct NumberError;

impl Number {
    /// The number 0.
    pub const ZERO: Number = Number(Repr::Whole(0));

    /// Returns the number as `i64`, if it is whole and in range (`2.0` is whole).
    pub fn to_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Whole(whole) => Some(whole),
            Repr::Decimal(decimal) => decimal.is_integer().then(|| decimal.to_i64()).flatten(),
        }
    }

    /// Returns the number as a decimal; every number is one.
    pub fn to_decimal(self) -> Decimal {
        match self.0 {
            Repr::Whole(whole) => Decimal::from(whole),
            Repr::Decimal(decimal) => decimal,
        }
    }

    /// Says whether it is held as `i64`, and so is written without a point.
    pub(crate) fn as_whole(self) -> Option<i64> {
        if let Repr::Whole(whole) = self.0 { Some(whole) } else { None }
    }

    /// Says whether it is 0.
    pub fn is_zero(self) -> bool {
        self == Number::ZERO
    }

    /// Says whether nothing but zeros follows the point.
    pub fn is_integer(self) -> bool {
        self.to_decimal().is_integer()
    }

    /// Says whether it is below 0.
    pub fn is_negative(self) -> bool {
        self < Number::ZERO
    }

    /// Returns the sum, unless it has too many digits.
    pub fn plus(self, other: Number) -> Option<Number> {
        self.apply(other, i64::checked_add, Decimal::checked_add)
    }

    /// Returns the difference, unless it has too many digits.
    pub fn minus(self, other: Number) -> Option<Number> {
        self.apply(other, i64::checked_sub, Decimal::checked_sub)
    }

    /// Returns the product, with digits after the 28th rounded away.
    pub fn times(self, other: Number) -> Option<Number> {
        self.apply(other, i64::checked_mul, Decimal::checked_mul)
    }

    /// Returns the quotient to 28 digits, without zeros at the end; nothing when dividing by zero.
    pub fn over(self, other: Number) -> Option<Number> {
        let quotient = self.to_decimal().checked_div(other.to_decimal())?;
        Some(quotient.normalize().into())
    }

    /// Returns the quotient rounded down to a whole number.
    pub fn floor_over(self, other: Number) -> Option<Number> {
        self.apply(other, floor_div, |a, b| {
            let rest = a.checked_rem(b)?;
            let quotient = a.checked_sub(rest)?.checked_div(b)?.round();
            if rest.is_zero() || rest.is_sign_negative() == b.is_sign_negative() {
                Some(quotient)
            } else {
                quotient.checked_sub(Decimal::ONE)
            }
        })
    }

    /// Returns what remains of [`Number::floor_over`]; it has the sign of the divisor.
    pub fn modulo(self, other: Number) -> Option<Number> {
        self.apply(other, floor_rem, |a, b| {
            let rest = a.checked_rem(b)?;
            if rest.is_zero() || rest.is_sign_negative() == b.is_sign_negative() {
                Some(rest)
            } else {
                rest.checked_add(b)
            }
        })
    }

    /// Returns the power with a whole exponent; nothing when it has too many digits.
    pub fn to_the(self, exponent: Number) -> Option<Number> {
        let exponent = exponent.to_i64()?;
        let mut left = exponent.unsigned_abs();
        let (mut base, mut power) = (self, Number::from(1));
        while left > 0 {
            if left & 1 == 1 {
                power = power.times(base)?;
            }
            left >>= 1;
            if left > 0 {
                base = base.times(base)?;
            }
        }
        if exponent < 0 { Number::from(1).over(power) } else { Some(power) }
    }

    /// Returns it with the other sign.
    pub fn negated(self) -> Option<Number> {
        Number::ZERO.minus(self)
    }

    /// Returns it without its sign.
    pub fn absolute(self) -> Option<Number> {
        if self.is_negative() { self.negated() } else { Some(self) }
    }

    /// Rounds to so many places after the point; halves go away from zero.
    #[must_use]
    pub fn rounded(self, places: u32) -> Number {
        self.rounded_by(places, RoundingStrategy::MidpointAwayFromZero)
    }

    #[must_use]
    pub(crate) fn rounded_by(self, places: u32, strategy: RoundingStrategy) -> Number {
        match self.0 {
            Repr::Whole(_) => self,
            Repr::Decimal(decimal) => decimal.round_dp_with_strategy(places, strategy).into(),
        }
    }

    fn apply(
        self,
        other: Number,
        whole: fn(i64, i64) -> Option<i64>,
        decimal: fn(Decimal, Decimal) -> Option<Decimal>,
    ) -> Option<Number> {
        if let (Repr::Whole(a), Repr::Whole(b)) = (self.0, other.0)
            && let Some(result) = whole(a, b)
        {
            return Some(result.into());
        }
        decimal(self.to_decimal(), other.to_decimal()).map(Number::from)
    }
}

fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn floor_rem(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

impl From<i64> for Number {
    fn from(whole: i64) -> Number {
        Number(Repr::Whole(whole))
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Number {
        match (decimal.scale(), decimal.to_i64()) {
            (0, Some(whole)) => Number(Repr::Whole(whole)),
            _ => Number(Repr::Decimal(decimal)),
        }
    }
}

/// Reads `12`, `-1.50`, `2e3`: what JSON takes for a number, if it is exact in 28 digits.
impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Number, NumberError> {
        if let Ok(whole) = text.parse::<i64>()
            && !text.starts_with('+')
        {
            return Ok(whole.into());
        }
        parse_decimal(text).ok_or(NumberError)
    }
}

fn parse_decimal(text: &str) -> Option<Number> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok().filter(|exponent: &i64| exponent.abs() <= MAX_EXPONENT)?;
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if whole.is_empty() || fraction.is_empty() {
        return None;
    }
    let fraction = if mantissa.contains('.') { fraction } else { "" };
    let mut digits: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
        digits = digits.checked_mul(10)?.checked_add(digit)?;
    }
    let mut scale = i64::try_from(fraction.len()).ok()? - exponent;
    while scale < 0 && digits != 0 {
        digits = digits.checked_mul(10)?;
        scale += 1;
    }
    while scale > MAX_SCALE && digits % 10 == 0 && digits != 0 {
        digits /= 10;
        scale -= 1;
    }
    let scale = if digits == 0 { scale.clamp(0, MAX_SCALE) } else { scale };
    let digits = if negative { -digits } else { digits };
    Decimal::try_from_i128_with_scale(digits, u32::try_from(scale).ok()?).ok().map(Number::from)
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.0, other.0) {
            (Repr::Whole(a), Repr::Whole(b)) => a.cmp(&b),
            _ => self.to_decimal().cmp(&other.to_decimal()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Whole(whole) => whole.fmt(f),
            Repr::Decimal(decimal) => decimal.fmt(f),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_exactly() {
        for text in [
            "0",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "12.50",
            "-0.0000000000000000000000000001",
            "1234567890123456789012345678",
        ] {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(number("1.5e3").to_string(), "1500");
        assert_eq!(number("25E-1").to_string(), "2.5");
        assert_eq!(number("0e99"), Number::ZERO);
    }

    #[test]
    fn refuses_what_it_cannot_hold_exactly() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e",
            "+1",
            "1_000",
            "0x10",
            "1e29",
            "1e-29",
            "1e999999999999999999999",
            "99999999999999999999999999999",
            "1.00000000000000000000000000001",
            "NaN",
            "١",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError), "{text}");
        }
    }

    #[test]
    fn equality_is_by_value() {
        assert_eq!(number("12.50"), number("12.5"));
        assert_eq!(number("2.0"), number("2"));
        assert!(number("-1") < number("-0.5"));
    }

    #[test]
    fn overflow_of_whole_numbers_goes_on_as_decimal() {
        let large = Number::from(i64::MAX).plus(Number::from(1)).unwrap();
        assert_eq!(large.to_string(), "9223372036854775808");
        assert_eq!(large.minus(Number::from(1)).unwrap().as_whole(), Some(i64::MAX));
        assert_eq!(Number::from(i64::MIN).floor_over(Number::from(-1)).unwrap().to_string(), "9223372036854775808");
    }

    #[test]
    fn division_floors_and_the_rest_has_the_divisors_sign() {
        for (a, b, quotient, rest) in [
            ("7", "2", "3", "1"),
            ("-7", "2", "-4", "1"),
            ("7", "-2", "-4", "-1"),
            ("-7", "-2", "3", "-1"),
            ("7.5", "2", "3", "1.5"),
            ("-7.5", "2", "-4", "0.5"),
        ] {
            assert_eq!(number(a).floor_over(number(b)), Some(number(quotient)), "{a} // {b}");
            assert_eq!(number(a).modulo(number(b)), Some(number(rest)), "{a} % {b}");
        }
        assert_eq!(number("1").over(Number::ZERO), None);
        assert_eq!(number("1").over(number("2")).unwrap().to_string(), "0.5");
        assert_eq!(number("4.00").over(number("2")).unwrap().to_string(), "2");
        assert_eq!(number("1").modulo(Number::ZERO), None);
    }

    #[test]
    fn powers_are_bounded() {
        assert_eq!(number("2").to_the(number("10")), Some(number("1024")));
        assert_eq!(number("2").to_the(number("-1")), Some(number("0.5")));
        assert_eq!(number("-1").to_the(number("9223372036854775807")), Some(number("-1")));
        assert_eq!(number("2").to_the(number("1000000")), None);
        assert_eq!(number("2").to_the(number("0.5")), None);
        assert_eq!(Number::ZERO.to_the(number("-1")), None);
    }
}
