//! The rows that a conversation leaves behind: those of the measured server's store, in its own schema. Many rows of
//! one table are written by one statement, to which they come as one JSON array.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// The tables, with the columns that a turn writes.
const INSERTS: [(&str, &str, &str); 8] = [
    ("contacts", "id, workspace, environment, name, phone, language, has_attributes, created_at", IGNORE),
    ("addresses", "id, workspace, environment, channel, address, contact, session, created_at", IGNORE),
    (
        "sessions",
        "id, address_id, workspace, environment, channel, channel_kind, address, contact, route, workflow, deployment,
            version, position, started_at, updated_at, ended_at, end_reason, outcome, expires_at, state",
        "ON CONFLICT (id, address_id) DO UPDATE SET version = excluded.version, position = excluded.position,
            updated_at = excluded.updated_at, ended_at = excluded.ended_at, end_reason = excluded.end_reason,
            expires_at = excluded.expires_at, state = excluded.state",
    ),
    ("journal", "session, version, address_id, event_id, at, seed, deployment, engine, event, visits, contact", ""),
    ("messages", "session, position, address_id, at, direction, body, effect, place, state, provider_id, provider", ""),
    (
        "effects",
        "id, address_id, workspace, environment, channel, channel_kind, address, session, kind, position, effect,
            state, due_at, owner, attempts, asked_at",
        "",
    ),
    ("own_events", "id, address_id, workspace, environment, channel, address, session, event, at, offer_at", ""),
    ("statistics_deltas", "workspace, environment, hour, workflow, version, node, what, exit, count", ""),
];
const IGNORE: &str = "ON CONFLICT DO NOTHING";

/// What is changed and removed; `{rows}` is the JSON array.
const CHANGES: [&str; 4] = [
    "DELETE FROM own_events WHERE id IN (SELECT value FROM json_each({rows}))",
    "DELETE FROM effects WHERE id IN (SELECT value FROM json_each({rows}))",
    "UPDATE messages SET state = 'sent', provider_id = j.value->>2, provider = j.value->>3
     FROM json_each({rows}) AS j WHERE messages.session = j.value->>0 AND messages.position = j.value->>1",
    "UPDATE messages SET state = j.value->>1 FROM json_each({rows}) AS j
     WHERE messages.provider_id = j.value->>0 AND messages.direction = 'out'",
];

/// All of it as one text, so that the way to the database's thread and back is taken once.
static WRITE: LazyLock<String> = LazyLock::new(|| {
    let inserts = INSERTS.map(|(table, names, conflict)| {
        let values: Vec<_> = names.split(',').enumerate().map(|(column, _)| format!("value->>{column}")).collect();
        let values = values.join(", ");
        format!("INSERT INTO {table} ({names}) SELECT {values} FROM json_each({{rows}}) WHERE true {conflict}")
    });
    let statements = inserts.into_iter().chain(CHANGES.map(str::to_owned)).enumerate();
    let statements = statements.map(|(place, statement)| statement.replace("{rows}", &format!("${}", place + 1)));
    statements.chain(["COMMIT".to_owned()]).collect::<Vec<_>>().join(";\n")
});

/// The rows of one group, by table; each is a JSON array of its columns.
#[derive(Debug, Default)]
pub struct Rows {
    pub contacts: Vec<Value>,
    pub addresses: Vec<Value>,
    pub sessions: Vec<Value>,
    pub journal: Vec<Value>,
    pub messages: Vec<Value>,
    pub effects: Vec<Value>,
    pub own_events: Vec<Value>,
    pub statistics: Vec<Value>,
    /// Own events that were turned into a turn.
    pub consumed: Vec<Value>,
    /// Effects that were carried out.
    pub settled: Vec<Value>,
    /// Messages that were sent: session, position, the provider's id, what was asked and answered.
    pub sent: Vec<Value>,
    /// What became of messages, by the provider's id: of each the last that was told.
    pub told: BTreeMap<String, String>,
}

impl Rows {
    /// Writes them, and commits the transaction that is open.
    pub async fn commit(self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let tables = [
            self.contacts,
            self.addresses,
            self.sessions,
            self.journal,
            self.messages,
            self.effects,
            self.own_events,
            self.statistics,
            self.consumed,
            self.settled,
            self.sent,
            self.told.into_iter().map(|(id, state)| json!([id, state])).collect(),
        ];
        // Made of constants alone.
        let mut write = sqlx::query(AssertSqlSafe(WRITE.as_str()));
        for rows in tables {
            write = write.bind(json!(rows).to_string());
        }
        write.execute(connection).await?;
        Ok(())
    }
}
