//! The rows that a turn leaves behind, and the statements that write many of them at once: one statement a table,
//! whose rows come as one JSON array.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS contacts (
        phone TEXT PRIMARY KEY, name TEXT NOT NULL, attributes TEXT NOT NULL, seen_at BIGINT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY, phone TEXT NOT NULL, number TEXT NOT NULL, step BIGINT NOT NULL, version BIGINT NOT NULL,
        deadline BIGINT, state TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, at BIGINT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS own_events (
        id TEXT PRIMARY KEY, session TEXT NOT NULL, body TEXT NOT NULL, consumed BIGINT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS journal (
        session TEXT NOT NULL, turn BIGINT NOT NULL, at BIGINT NOT NULL, event TEXT NOT NULL, trace TEXT NOT NULL,
        PRIMARY KEY (session, turn)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS transcript (
        id TEXT PRIMARY KEY, session TEXT NOT NULL, at BIGINT NOT NULL, inbound BIGINT NOT NULL, message TEXT NOT NULL,
        state TEXT NOT NULL, provider TEXT
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS transcript_of_session ON transcript (session, at);
    CREATE TABLE IF NOT EXISTS effects (
        id TEXT PRIMARY KEY, lane TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL, due BIGINT NOT NULL,
        attempts BIGINT NOT NULL, state TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS effects_that_are_due ON effects (due) WHERE state = 'due';
";

/// The rows of one group, by table.
#[derive(Debug, Default)]
pub struct Rows {
    pub contacts: Vec<Value>,
    pub sessions: Vec<Value>,
    pub own_events: Vec<Value>,
    pub consumed: Vec<Value>,
    pub journal: Vec<Value>,
    pub transcript: Vec<Value>,
    pub delivered: Vec<Value>,
    pub effects: Vec<Value>,
    pub settled: Vec<Value>,
}

impl Rows {
    pub async fn write(self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let statements = [
            (self.contacts, "
                INSERT INTO contacts SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each($1) WHERE true
                ON CONFLICT (phone) DO UPDATE SET name = excluded.name, seen_at = excluded.seen_at"),
            (self.sessions, "
                INSERT INTO sessions
                SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each($1) WHERE true
                ON CONFLICT (id) DO UPDATE SET step = excluded.step, version = excluded.version,
                    deadline = excluded.deadline, state = excluded.state"),
            (self.own_events, "
                INSERT INTO own_events SELECT value->>0, value->>1, value->>2, 0 FROM json_each($1)"),
            (self.consumed, "
                UPDATE own_events SET consumed = 1 WHERE id IN (SELECT value FROM json_each($1))"),
            (self.journal, "
                INSERT INTO journal
                SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each($1)"),
            (self.transcript, "
                INSERT INTO transcript
                SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, NULL FROM json_each($1)"),
            (self.delivered, "
                UPDATE transcript SET state = 'sent', provider = j.value->>1
                FROM json_each($1) AS j WHERE transcript.id = j.value->>0"),
            (self.effects, "
                INSERT INTO effects
                SELECT value->>0, value->>1, value->>2, value->>3, value->>4, 0, 'due' FROM json_each($1)"),
            (self.settled, "
                UPDATE effects SET state = j.value->>1, attempts = attempts + 1
                FROM json_each($1) AS j WHERE effects.id = j.value->>0"),
        ];
        for (rows, statement) in statements {
            if !rows.is_empty() {
                sqlx::query(statement).bind(json!(rows).to_string()).execute(&mut *connection).await?;
            }
        }
        Ok(())
    }
}
