//! Filters of times.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp, Zoned, civil};

use super::{Call, Failure, FilterSpec};
use crate::expr::arguments::Param;
use crate::value::{Kind, Value};

/// The longest pattern that `date` takes, since each sign of it may give some characters.
const MAX_PATTERN: usize = 200;

/// The compiled-in time zones, the same on every machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

const ZONE: Param = Param::optional("zone", "The time zone, like 'Africa/Johannesburg'; the workspace's if left out.");

pub(super) const FILTERS: [FilterSpec; 7] = [
    FilterSpec::new(
        "date",
        "A time by a pattern: %d day, %m month, %Y year, %H hour, %M minute, %A weekday, %B month's name, and the others of strftime.",
        &[Param::optional("pattern", "How to write it; '%Y-%m-%d' if left out."), ZONE],
        ("'2026-03-01T22:30:00Z' | date('%d %B %Y %H:%M', 'Africa/Johannesburg')", "02 March 2026 00:30"),
        date,
    ),
    FilterSpec::new(
        "time",
        "The time that a text says (like 2026-03-01T22:30:00Z or 2026-03-01), or a number of seconds since 1970.",
        &[ZONE],
        ("'2026-03-01' | time", "2026-03-01T00:00:00Z"),
        |call| Ok(read(call, 0)?.timestamp().into()),
    ),
    FilterSpec::new(
        "add_days",
        "So many days later, at the same time of day.",
        &[Param::required("days", "How many; negative ones are earlier.")],
        ("'2026-03-01' | time | add_days(2)", "2026-03-03T00:00:00Z"),
        |call| add(call, Span::try_days),
    ),
    FilterSpec::new(
        "add_months",
        "So many months later, on the same day or else the month's last.",
        &[Param::required("months", "How many; negative ones are earlier.")],
        ("'2026-01-31' | time | add_months(1)", "2026-02-28T00:00:00Z"),
        |call| add(call, Span::try_months),
    ),
    FilterSpec::new(
        "add_hours",
        "So many hours later.",
        &[Param::required("hours", "How many; negative ones are earlier.")],
        ("'2026-03-01' | time | add_hours(36)", "2026-03-02T12:00:00Z"),
        |call| add(call, Span::try_hours),
    ),
    FilterSpec::new(
        "add_minutes",
        "So many minutes later.",
        &[Param::required("minutes", "How many; negative ones are earlier.")],
        ("'2026-03-01' | time | add_minutes(-1)", "2026-02-28T23:59:00Z"),
        |call| add(call, Span::try_minutes),
    ),
    FilterSpec::new(
        "start_of_day",
        "The beginning of that day.",
        &[ZONE],
        ("'2026-03-01T22:30:00Z' | start_of_day", "2026-03-01T00:00:00Z"),
        |call| {
            let start = read(call, 0)?.start_of_day().map_err(|_| Failure::invalid("the time is out of range"))?;
            Ok(start.timestamp().into())
        },
    ),
];

fn zone(call: &Call<'_>, arg: usize) -> Result<TimeZone, Failure> {
    match call.text_arg(arg)? {
        None => Ok(call.zone.clone()),
        Some(name) => ZONES
            .get(name)
            .map_err(|_| Failure::invalid("there is no such time zone; write it like 'Africa/Johannesburg'")),
    }
}

/// The time that goes in, in the zone that the argument names.
fn read(call: &Call<'_>, zone_arg: usize) -> Result<Zoned, Failure> {
    let zone = zone(call, zone_arg)?;
    let time = match call.input.kind() {
        Kind::Time(time) => Some(*time),
        Kind::Text(text) => parse(text.trim(), &zone),
        Kind::Number(seconds) => seconds.to_i64().and_then(|seconds| Timestamp::from_second(seconds).ok()),
        _ => return Err(call.unfit("a time")),
    };
    let time = time.ok_or_else(|| {
        Failure::invalid(format!(
            "this {} does not say a time; write it like 2026-03-01T22:30:00Z",
            call.input.type_name()
        ))
    })?;
    Ok(time.to_zoned(zone))
}

/// An instant, or a date and time of day in the zone.
fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let instant = text.parse::<Timestamp>().ok();
    instant.or_else(|| zone.to_timestamp(text.parse::<civil::DateTime>().ok()?).ok())
}

fn date(call: &Call<'_>) -> Result<Value, Failure> {
    let pattern = call.text_arg(0)?.unwrap_or("%Y-%m-%d");
    if pattern.len() > MAX_PATTERN {
        return Err(Failure::invalid(format!("`pattern` can have {MAX_PATTERN} characters at most")));
    }
    let time = read(call, 1)?;
    let text = jiff::fmt::strtime::format(pattern, &time)
        .map_err(|_| Failure::invalid("`pattern` has a sign that means nothing; % itself is written %%"))?;
    Ok(text.into())
}

fn add(call: &Call<'_>, span: fn(Span, i64) -> Result<Span, jiff::Error>) -> Result<Value, Failure> {
    let out_of_range = |_| Failure::invalid("the time would be out of range");
    let amount = call.whole_arg(0)?.ok_or_else(|| Failure::invalid("how many is not set"))?;
    let span = span(Span::new(), amount).map_err(out_of_range)?;
    let time = read(call, usize::MAX)?;
    Ok(time.checked_add(span).map_err(out_of_range)?.timestamp().into())
}
