//! The rows that a conversation leaves behind, as in the measured server's store: the same tables, columns and
//! indexes. Many rows of one table are written by one statement, to which they come as one JSON array.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS contacts (
        id TEXT NOT NULL PRIMARY KEY, workspace TEXT NOT NULL, environment TEXT NOT NULL, name TEXT, phone TEXT,
        language TEXT, has_attributes BIGINT NOT NULL, created_at BIGINT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS addresses (
        id TEXT NOT NULL PRIMARY KEY, workspace TEXT NOT NULL, environment TEXT NOT NULL, channel TEXT NOT NULL,
        address TEXT NOT NULL, contact TEXT NOT NULL, session TEXT, created_at BIGINT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sessions (
        id TEXT NOT NULL, address_id TEXT NOT NULL, workspace TEXT NOT NULL, environment TEXT NOT NULL,
        channel TEXT NOT NULL, channel_kind TEXT NOT NULL, address TEXT NOT NULL, contact TEXT NOT NULL,
        route TEXT NOT NULL, workflow TEXT NOT NULL, deployment BIGINT NOT NULL, version BIGINT NOT NULL,
        position BIGINT NOT NULL, started_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, ended_at BIGINT,
        end_reason TEXT, outcome TEXT, expires_at BIGINT, state TEXT NOT NULL, PRIMARY KEY (id, address_id));
    CREATE INDEX IF NOT EXISTS sessions_by_address ON sessions (address_id, id);
    CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;
    CREATE INDEX IF NOT EXISTS sessions_by_environment ON sessions (workspace, environment, id);
    CREATE TABLE IF NOT EXISTS journal (
        session TEXT NOT NULL, version BIGINT NOT NULL, address_id TEXT NOT NULL, event_id TEXT NOT NULL,
        at BIGINT NOT NULL, seed TEXT NOT NULL, deployment BIGINT NOT NULL, engine TEXT NOT NULL, event TEXT NOT NULL,
        visits TEXT NOT NULL, contact TEXT NOT NULL, PRIMARY KEY (session, version, address_id));
    CREATE TABLE IF NOT EXISTS messages (
        session TEXT NOT NULL, position BIGINT NOT NULL, address_id TEXT NOT NULL, at BIGINT NOT NULL,
        direction TEXT NOT NULL, body TEXT NOT NULL, effect TEXT, place TEXT, state TEXT, provider_id TEXT,
        provider TEXT, error TEXT, PRIMARY KEY (session, position, address_id));
    CREATE INDEX IF NOT EXISTS messages_by_provider_id ON messages (provider_id)
        WHERE provider_id IS NOT NULL AND direction = 'out';
    CREATE TABLE IF NOT EXISTS remembered_events (
        id TEXT NOT NULL, address_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (id, address_id)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS remembered_events_by_age ON remembered_events (at);
    CREATE TABLE IF NOT EXISTS effects (
        id TEXT NOT NULL, address_id TEXT NOT NULL, workspace TEXT NOT NULL, environment TEXT NOT NULL,
        channel TEXT NOT NULL, channel_kind TEXT NOT NULL, address TEXT NOT NULL, session TEXT NOT NULL,
        kind TEXT NOT NULL, position BIGINT NOT NULL, effect TEXT NOT NULL, state TEXT NOT NULL, due_at BIGINT,
        owner TEXT, attempts BIGINT NOT NULL, error TEXT, asked_at BIGINT NOT NULL, dead_at BIGINT,
        PRIMARY KEY (id, address_id));
    CREATE INDEX IF NOT EXISTS effects_by_due ON effects (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX IF NOT EXISTS effects_by_lane ON effects (address_id, position)
        WHERE kind = 'send' AND due_at IS NOT NULL;
    CREATE TABLE IF NOT EXISTS own_events (
        id TEXT NOT NULL, address_id TEXT NOT NULL, workspace TEXT NOT NULL, environment TEXT NOT NULL,
        channel TEXT NOT NULL, address TEXT NOT NULL, session TEXT NOT NULL, event TEXT NOT NULL, at BIGINT NOT NULL,
        offer_at BIGINT NOT NULL, PRIMARY KEY (id, address_id));
    CREATE INDEX IF NOT EXISTS own_events_by_offer ON own_events (offer_at);
    CREATE TABLE IF NOT EXISTS statistics_deltas (
        workspace TEXT NOT NULL, environment TEXT NOT NULL, hour BIGINT NOT NULL, workflow TEXT NOT NULL,
        version BIGINT NOT NULL, node BIGINT NOT NULL, what TEXT NOT NULL, exit TEXT NOT NULL, count BIGINT NOT NULL);
";

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
    /// What became of messages: the provider's id and the state.
    pub told: Vec<Value>,
}

impl Rows {
    pub async fn write(self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let ignore = "ON CONFLICT DO NOTHING";
        let move_on = "ON CONFLICT (id, address_id) DO UPDATE SET version = excluded.version,
            position = excluded.position, updated_at = excluded.updated_at, ended_at = excluded.ended_at,
            end_reason = excluded.end_reason, expires_at = excluded.expires_at, state = excluded.state";
        let statements = [
            (self.contacts, insert("contacts", 8, ignore)),
            (self.addresses, insert("addresses", 8, ignore)),
            (self.sessions, insert("sessions", 20, move_on)),
            (self.journal, insert("journal", 11, "")),
            (self.messages, insert("messages", 12, "")),
            (self.effects, insert("effects", 18, "")),
            (self.own_events, insert("own_events", 10, "")),
            (self.statistics, insert("statistics_deltas", 9, "")),
            (self.consumed, "DELETE FROM own_events WHERE id IN (SELECT value FROM json_each($1))".to_owned()),
            (self.settled, "DELETE FROM effects WHERE id IN (SELECT value FROM json_each($1))".to_owned()),
            (
                self.sent,
                "UPDATE messages SET state = 'sent', provider_id = j.value->>2, provider = j.value->>3
                 FROM json_each($1) AS j WHERE messages.session = j.value->>0 AND messages.position = j.value->>1"
                    .to_owned(),
            ),
            (
                self.told,
                "UPDATE messages SET state = j.value->>1 FROM json_each($1) AS j
                 WHERE messages.provider_id = j.value->>0 AND messages.direction = 'out'"
                    .to_owned(),
            ),
        ];
        for (rows, statement) in statements {
            if !rows.is_empty() {
                // Made of constants alone.
                let statement = sqlx::AssertSqlSafe(statement);
                sqlx::query(statement).bind(json!(rows).to_string()).execute(&mut *connection).await?;
            }
        }
        Ok(())
    }
}

fn insert(table: &str, columns: usize, conflict: &str) -> String {
    let columns: Vec<_> = (0..columns).map(|column| format!("value->>{column}")).collect();
    format!("INSERT INTO {table} SELECT {} FROM json_each($1) WHERE true {conflict}", columns.join(", "))
}
