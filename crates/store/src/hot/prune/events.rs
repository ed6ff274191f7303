//! Events that need not be remembered any longer.
//!
//! PostgreSQL finds them by age: its rows lie in the order in which they came. SQLite keeps them in the order of their
//! ids, which is no order in time: taken by age, each would dirty a page of its own. So there every minute of the day
//! has its share of the ids, of which it removes what is too old, page by page; an event is remembered for eight to
//! nine days. The decision records have the figures.

use jiff::{SignedDuration, Timestamp};

use super::{ROWS, remove};
use crate::db::{Dialect, Queries, Tx, params, to_ms};
use crate::error::Result;

/// How long events are remembered at least: providers tell of one again for seven days.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(8 * 24);
/// The shares of a day.
const MINUTES: i64 = 24 * 60;
/// How many shares are gone through at a time, when some were missed.
const SHARES: i64 = 4;
/// The fact that keeps up to which minute, counted from the epoch, the shares were gone through.
const SWEPT: &str = "events_swept";

pub(in crate::hot) const SHARE: &str = "DELETE FROM remembered_events WHERE id >= $1 AND id < $2 AND at < $3";

/// Removes events; gives how many, and whether there are more.
pub(super) async fn prune(tx: &mut Tx, now: Timestamp) -> Result<(u64, bool)> {
    let before = now - REMEMBERED;
    if tx.dialect() == Dialect::Postgres {
        let removed = remove(tx, "remembered_events", "id", "at", before).await?;
        return Ok((removed, removed >= ROWS));
    }
    let this = to_ms(now).div_euclid(60_000);
    let swept = tx.first("SELECT value FROM facts WHERE name = $1", params![SWEPT]).await?;
    let swept = swept.map(|row| row.get::<i64, _>("value")).transpose()?.unwrap_or(i64::MIN);
    let first = swept.saturating_add(1).max(this - (MINUTES - 1));
    let last = this.min(first + SHARES - 1);
    let mut removed = 0;
    for minute in first..=last {
        let share = minute.rem_euclid(MINUTES);
        removed += tx.execute(SHARE, params![bound(share), bound(share + 1), before]).await?;
    }
    if last >= first {
        tx.execute(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![SWEPT, last],
        )
        .await?;
    }
    Ok((removed, last < this))
}

/// Returns where a share of the ids, which are hexadecimal digits, begins.
fn bound(share: i64) -> String {
    match share {
        0 => String::new(),
        MINUTES => "g".to_owned(),
        share => format!("{:04x}", share * 0x1_0000 / MINUTES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_day_are_all_ids() {
        let bounds: Vec<String> = (0..=MINUTES).map(bound).collect();
        assert!(bounds.is_sorted() && bounds.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(bounds[0].is_empty() && bounds[MINUTES as usize].as_str() > "ffff");
    }
}
