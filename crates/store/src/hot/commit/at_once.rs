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

const SOUND: &str = "SELECT s.stands AND s.told IS NULL AS ok, s.stands, s.told, s.busy FROM (
        SELECT NOT EXISTS (SELECT 1 FROM held WHERE NOT held.stands) AS stands,
            (SELECT array_agg(told.id) FROM told) AS told,
            (SELECT array_agg(held.id) FROM held WHERE held.is_busy) AS busy
    ) AS s";

const ANSWER: &str = "SELECT sound.stands AS stands, named.told AS told, named.busy AS busy
    FROM sound LEFT JOIN LATERAL unnest(sound.told, sound.busy) AS named(told, busy) ON true";

/// What came of it.
enum Answer {
    Written(Vec<Committed>),
    /// Nothing was written: these events were remembered.
    Told(HashSet<String>),
    /// Nothing was written: an address is not as it was loaded.
    Moved,
}

/// Commits the turns if all is as they were loaded; none if it is not, and then nothing was written. Turns on events that
/// are remembered are left out.
pub(super) async fn commit(db: &Db, turns: &[TurnRecord], lease: Option<&Lease>) -> Result<Option<Vec<Committed>>> {
    let mut answer = commit_without(db, turns, lease, &HashSet::new()).await?;
    if let Answer::Told(told) = &answer {
        answer = commit_without(db, turns, lease, told).await?;
    }
    Ok(match answer {
        Answer::Written(committed) => Some(committed),
        Answer::Told(_) | Answer::Moved => None,
    })
}

/// Commits the turns other than those on the events that are `remembered`.
async fn commit_without(
    db: &Db,
    turns: &[TurnRecord],
    lease: Option<&Lease>,
    remembered: &HashSet<String>,
) -> Result<Answer> {
    let committed = check::assume(turns, remembered);
    let batch = write::batch(turns, &committed, lease, write::Way::AtOnce);
    let rows = match batch.at_once(db, premises(turns, lease, remembered)).await {
        // Somebody else has made an address meanwhile.
        Err(Error::Taken { .. }) => return Ok(Answer::Moved),
        rows => rows?,
    };
    let (mut told, mut busy) = (HashSet::new(), HashSet::new());
    for row in &rows {
        if !row.get::<bool, _>("stands")? {
            return Ok(Answer::Moved);
        }
        told.extend(row.get::<Option<String>, _>("told")?);
        busy.extend(row.get::<Option<&str>, _>("busy")?);
    }
    if !told.is_empty() {
        return Ok(Answer::Told(told));
    }
    let said = turns.iter().zip(committed).map(|(turn, committed)| match committed {
        Committed::Done { .. } => Committed::Done { sends_leased: !busy.contains(turn.loaded.address_id.as_str()) },
        other => other,
    });
    Ok(Answer::Written(said.collect()))
}

fn premises(turns: &[TurnRecord], lease: Option<&Lease>, remembered: &HashSet<String>) -> Premises {
    let owner = check::owner_of(lease);
    let held = check::firsts(turns).into_iter().map(|(id, turn)| {
        let basis = &turn.loaded;
        let (present, behind) = (basis.present.as_deref(), check::behind(turn));
        params![id, basis.known, present, &basis.contact, basis.version, basis.position, owner, behind]
    });
    let events = turns.iter().filter(|turn| !remembered.contains(turn.event_id.as_str()));
    of(held.collect(), check::events(events))
}

pub(in crate::hot) fn of(held: Vec<Vec<Param>>, events: Vec<Vec<Param>>) -> Premises {
    Premises { parts: vec![("held", &HELD, held), ("told", &check::REMEMBERED, events)], sound: SOUND, answer: ANSWER }
}
