//! The statements of a commit, one a table.

use crate::db::many::{Int, Kind, LazyMany, Many, Text};

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
    Many::new(
        &[
            ("id", Text),
            ("workspace", Text),
            ("environment", Text),
            ("name", Text),
            ("phone", Text),
            ("language", Text),
            ("at", Int),
        ],
        0,
        "INSERT INTO contacts (id, workspace, environment, name, phone, language, has_attributes, created_at)
        SELECT v.id, v.workspace, v.environment, v.name, v.phone, v.language, 0, v.at
        FROM {rows} AS v WHERE true ORDER BY v.id
        ON CONFLICT (id) DO UPDATE SET name = coalesce(contacts.name, excluded.name),
            phone = coalesce(contacts.phone, excluded.phone), language = coalesce(contacts.language, excluded.language)",
    )
});

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
            state = excluded.state",
    )
});

pub(in crate::hot) static PRESENT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("session", Text)],
        0,
        "UPDATE addresses SET session = v.session FROM {rows} AS v WHERE addresses.id = v.id",
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

pub(in crate::hot) static EFFECTS: LazyMany = LazyMany::new(|| {
    insert(
        "effects",
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
        "",
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
