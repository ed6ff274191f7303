//! The statements of a commit, one a table.

use crate::db::many::{Int, Kind, LazyMany, Many, Text};
use crate::hot::effects::PARKED;

/// Writes the `INSERT` of a table whose columns are given in order.
fn insert(table: &str, columns: &'static [(&'static str, Kind)], rest: &str) -> Many {
    let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let values = names.iter().map(|name| format!("v.{name}")).collect::<Vec<_>>().join(", ");
    let names = names.join(", ");
    Many::new(
        columns,
        0,
        &format!("INSERT INTO {table} ({names}) SELECT {values} FROM {{rows}} AS v WHERE true\n{rest}"),
    )
}

pub(in crate::hot) static CONTACTS: LazyMany = LazyMany::new(|| {
    insert(
        "contacts",
        &[
            ("id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("name", Text),
            ("phone", Text),
            ("language", Text),
            ("has_attributes", Int),
            ("created_at", Int),
        ],
        "ORDER BY v.id
        ON CONFLICT (id) DO UPDATE SET name = coalesce(contacts.name, excluded.name),
            phone = coalesce(contacts.phone, excluded.phone), language = coalesce(contacts.language, excluded.language),
            has_attributes = CASE WHEN excluded.has_attributes = 1 THEN 1 ELSE contacts.has_attributes END",
    )
});

/// For contacts that [`CONTACTS`] does not write.
pub(in crate::hot) static HAS_ATTRIBUTES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text)],
        0,
        "UPDATE contacts SET has_attributes = 1 WHERE has_attributes = 0 AND id IN (SELECT v.id FROM {rows} AS v)",
    )
});

pub(in crate::hot) static ATTRIBUTES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("contact", Text), ("name", Text), ("value", Text)],
        0,
        "INSERT INTO contact_attributes (contact, name, value) SELECT v.contact, v.name, v.value
        FROM {rows} AS v WHERE true ORDER BY v.contact, v.name
        ON CONFLICT (contact, name) DO UPDATE SET value = excluded.value",
    )
});

pub(in crate::hot) static NO_ATTRIBUTES: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("contact", Text), ("name", Text)],
        0,
        "DELETE FROM contact_attributes WHERE (contact, name) IN (SELECT v.contact, v.name FROM {rows} AS v)",
    )
});

pub(in crate::hot) static SESSIONS: LazyMany = LazyMany::new(|| {
    insert(
        "sessions",
        &[
            ("id", Text),
            ("address_id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("channel_kind", Text),
            ("address", Text),
            ("contact", Text),
            ("route", Text),
            ("workflow", Text),
            ("deployment", Int),
            ("version", Int),
            ("position", Int),
            ("started_at", Int),
            ("updated_at", Int),
            ("ended_at", Int),
            ("end_reason", Text),
            ("outcome", Text),
            ("expires_at", Int),
            ("state", Text),
        ],
        "ON CONFLICT (id, address_id) DO UPDATE SET version = excluded.version, position = excluded.position,
            updated_at = excluded.updated_at, ended_at = coalesce(sessions.ended_at, excluded.ended_at),
            end_reason = excluded.end_reason, outcome = excluded.outcome, expires_at = excluded.expires_at,
            expiring_at = NULL, state = excluded.state",
    )
});

/// Makes another session present, and counts that sends are put behind others, so that who settles those sees it.
pub(in crate::hot) static PRESENT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("session", Text), ("waits", Int)],
        0,
        &format!(
            "UPDATE addresses SET session = coalesce(v.session, addresses.session), parked = addresses.parked + v.waits
            [part] * CASE WHEN {BUSY} THEN 1 ELSE 0 END
            FROM {{rows}} AS v WHERE addresses.id = v.id AND (v.session IS NOT NULL OR v.waits = 1
            [part] AND {BUSY}
            )",
            BUSY = is_busy("v.id"),
        ),
    )
});

/// Writes whether a lane is one of those that were found busy.
fn is_busy(lane: &str) -> String {
    format!("{lane} = ANY ((SELECT sound.busy FROM sound)::text[])")
}

/// New addresses, with the session that is present; taken already where somebody else has made one meanwhile.
pub(in crate::hot) static ADDRESSES: LazyMany = LazyMany::new(|| {
    insert(
        "addresses",
        &[
            ("id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("address", Text),
            ("contact", Text),
            ("session", Text),
            ("created_at", Int),
        ],
        "ORDER BY v.id",
    )
});

pub(in crate::hot) static REMEMBER: LazyMany =
    LazyMany::new(|| insert("remembered_events", &[("id", Text), ("address_id", Text), ("at", Int)], "ORDER BY v.id"));

pub(in crate::hot) static JOURNAL: LazyMany = LazyMany::new(|| {
    insert(
        "journal",
        &[
            ("session", Text),
            ("version", Int),
            ("address_id", Text),
            ("event_id", Text),
            ("at", Int),
            ("seed", Text),
            ("deployment", Int),
            ("engine", Text),
            ("event", Text),
            ("visits", Text),
            ("contact", Text),
        ],
        "",
    )
});

pub(in crate::hot) static MESSAGES: LazyMany = LazyMany::new(|| {
    insert(
        "messages",
        &[
            ("session", Text),
            ("position", Int),
            ("address_id", Text),
            ("at", Int),
            ("direction", Text),
            ("body", Text),
            ("effect", Text),
            ("place", Text),
            ("state", Text),
            ("provider_id", Text),
            ("provider", Text),
        ],
        "",
    )
});

/// By itself it writes effects as they are given; as a part, as they are given if their lane is free.
pub(in crate::hot) static EFFECTS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("id", Text),
            ("address_id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("channel", Text),
            ("channel_kind", Text),
            ("address", Text),
            ("session", Text),
            ("kind", Text),
            ("position", Int),
            ("effect", Text),
            ("state", Text),
            ("due_at", Int),
            ("owner", Text),
            ("attempts", Int),
            ("asked_at", Int),
            ("waits_for", Text),
        ],
        0,
        &format!(
            "INSERT INTO effects (id, address_id, workspace, environment, channel, channel_kind, address, session, kind,
                position, effect, asked_at, state, due_at, owner, attempts, waits_for)
            SELECT v.id, v.address_id, v.workspace, v.environment, v.channel, v.channel_kind, v.address, v.session, v.kind,
                v.position, v.effect, v.asked_at,
            [alone] v.state, v.due_at, v.owner, v.attempts, v.waits_for
            [part] CASE WHEN w.waits THEN 'pending' ELSE v.state END,
            [part] CASE WHEN w.waits THEN v.asked_at + {PARKED} ELSE v.due_at END,
            [part] CASE WHEN w.waits THEN NULL ELSE v.owner END, CASE WHEN w.waits THEN 0 ELSE v.attempts END,
            [part] CASE WHEN w.waits THEN NULL ELSE v.waits_for END
            FROM {{rows}} AS v
            [part] CROSS JOIN LATERAL (SELECT v.kind = 'send' AND {BUSY} AS waits) AS w
            WHERE true",
            BUSY = is_busy("v.address_id"),
        ),
    )
});

/// A dead letter stays: people were told of it.
pub(in crate::hot) static ANSWERED: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "DELETE FROM effects WHERE (id, address_id) IN (SELECT v.id, v.address_id FROM {rows} AS v) AND due_at IS NOT NULL",
    )
});

pub(in crate::hot) static TIMERS: LazyMany = LazyMany::new(|| {
    insert(
        "timers",
        &[("session", Text), ("name", Text), ("address_id", Text), ("generation", Int), ("due_at", Int)],
        "ORDER BY v.session, v.name
        ON CONFLICT (session, name, address_id) DO UPDATE SET generation = excluded.generation, due_at = excluded.due_at",
    )
});

pub(in crate::hot) static NO_TIMERS: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("session", Text), ("name", Text), ("address_id", Text)],
        0,
        "DELETE FROM timers WHERE (session, name, address_id) IN (SELECT v.session, v.name, v.address_id FROM {rows} AS v)",
    )
});

pub(in crate::hot) static ENDED: LazyMany = LazyMany::new(|| {
    Many::new(&[("session", Text)], 0, "DELETE FROM timers WHERE session IN (SELECT v.session FROM {rows} AS v)")
});

pub(in crate::hot) static STATISTICS: LazyMany = LazyMany::new(|| {
    insert(
        "statistics_deltas",
        &[
            ("workspace", Text),
            ("environment", Text),
            ("hour", Int),
            ("workflow", Text),
            ("version", Int),
            ("node", Int),
            ("what", Text),
            ("exit", Text),
            ("count", Int),
        ],
        "",
    )
});
