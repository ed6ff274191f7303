//! A commit as one statement of PostgreSQL.

use std::collections::HashSet;

use super::check::IN_THE_WAY;
use super::{check, write};
use crate::db::at_once::Premises;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Param, params};
use crate::error::{Error, Result};
use crate::hot::effects::Lease;
use crate::hot::turn::{Committed, TurnRecord};

/// Holds the addresses, in the order given, and says of each whether it stands as it was loaded.
///
/// What is judged by is locked, and so read as it is now: every commit at an address raises the version of a session or
/// makes another session present; a send that was settled meanwhile makes its lane busy no longer. Hence what else was
/// written there by commits, such as remembered events, has been so since before the statement began.
pub(in crate::hot) static HELD: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("id", Text),
            ("known", Int),
            ("session", Text),
            ("contact", Text),
            ("version", Int),
            ("position", Int),
            ("owner", Text),
            ("behind", Int),
        ],
        0,
        &format!(
            "SELECT v.id AS id, b.is_busy AS is_busy,
            (a.id IS NOT NULL) = (v.known = 1) AND (a.id IS NULL OR a.contact = v.contact)
            AND a.session IS NOT DISTINCT FROM v.session
            AND coalesce(s.version, 0) = v.version AND coalesce(s.position, a.position, 0) = v.position AS stands
        FROM {{rows}} AS v
        LEFT JOIN LATERAL (
            SELECT a.id, a.session, a.contact, a.position FROM addresses a WHERE a.id = v.id FOR UPDATE
        ) AS a ON true
        LEFT JOIN LATERAL (
            SELECT s.version, s.position FROM sessions s WHERE s.id = a.session AND s.address_id = a.id FOR UPDATE
        ) AS s ON true
        LEFT JOIN LATERAL (
            SELECT true AS is_busy FROM effects f
            WHERE f.address_id = a.id AND {IN_THE_WAY} LIMIT 1 FOR UPDATE OF f
        ) AS b ON true"
        ),
    )
});

const SOUND: &str =
    "SELECT NOT EXISTS (SELECT 1 FROM held WHERE NOT held.stands) AND NOT EXISTS (SELECT 1 FROM told) AS ok,
    (SELECT array_agg(held.id) FROM held WHERE held.is_busy) AS busy";

const ANSWER: &str = "SELECT sound.ok AS ok, busy.id AS busy
    FROM sound LEFT JOIN LATERAL unnest(sound.busy) AS busy(id) ON true";

/// Commits the turns if all is as they were loaded; none if it is not, and then nothing was written.
pub(super) async fn commit(db: &Db, turns: &[TurnRecord], lease: Option<&Lease>) -> Result<Option<Vec<Committed>>> {
    let committed = check::assume(turns);
    let batch = write::batch(turns, &committed, lease, write::Way::AtOnce);
    let rows = match batch.at_once(db, premises(turns, lease)).await {
        // Somebody else has made an address meanwhile.
        Err(Error::Taken { .. }) => return Ok(None),
        rows => rows?,
    };
    let mut busy = HashSet::new();
    for row in &rows {
        if !row.get::<bool, _>("ok")? {
            return Ok(None);
        }
        busy.extend(row.get::<Option<&str>, _>("busy")?);
    }
    let said = turns.iter().zip(committed).map(|(turn, committed)| match committed {
        Committed::Done { .. } => Committed::Done { sends_leased: !busy.contains(turn.loaded.address_id.as_str()) },
        other => other,
    });
    Ok(Some(said.collect()))
}

fn premises(turns: &[TurnRecord], lease: Option<&Lease>) -> Premises {
    let owner = check::owner_of(lease);
    let held = check::firsts(turns).into_iter().map(|(id, turn)| {
        let basis = &turn.loaded;
        let (present, behind) = (basis.present.as_deref(), check::behind(turn));
        params![id, basis.known, present, &basis.contact, basis.version, basis.position, owner, behind]
    });
    of(held.collect(), check::events(turns))
}

pub(in crate::hot) fn of(held: Vec<Vec<Param>>, events: Vec<Vec<Param>>) -> Premises {
    Premises { parts: vec![("held", &HELD, held), ("told", &check::REMEMBERED, events)], sound: SOUND, answer: ANSWER }
}
