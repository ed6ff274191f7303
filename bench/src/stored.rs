//! What a turn costs among many stored sessions. They are made from real ones: a contact of each number says its first
//! message, and the rows that this left are written again for contact after contact, under other ids.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use crate::conversation::{Contact, NUMBERS};
use crate::load::{Load, Who, put};
use crate::measure::{Running, Sizes, Subject, finish_checks, memory, new_folder, put_and_read};
use crate::process::Process;
use crate::results::{Checks, Stored, rounded};
use crate::stand_in::StandIn;
use crate::usher::{Usher, database, open};

/// Conversations that are measured; few, so that a small number of stored sessions stays one.
pub const CONVERSATIONS: u32 = 5_000;
/// Contacts whose ids come to the database by one statement.
const CHUNK: u32 = 20_000;
/// A server is at rest that uses no more than so many seconds of CPU time in so long a time.
const AT_REST: f64 = 0.1;
const REST: Duration = Duration::from_secs(2);
/// Until the work of a start must be done.
const RECOVERED: Duration = Duration::from_secs(180);
/// None expires while it is measured.
const LATER: SignedDuration = SignedDuration::from_hours(24);

/// Measures the cost of a turn while so many sessions wait at their menu.
pub async fn measure(folder: &Path, sessions: u32, conversations: u32, sizes: &Sizes) -> Result<Stored> {
    ensure!(sessions >= NUMBERS, "there are {NUMBERS} numbers, and so at least as many sessions");
    new_folder(folder)?;
    let stand_in = StandIn::start(sizes.api_delay).await?;
    let mut subject = Usher::on_sqlite("stored")?;
    subject.prepare(folder, stand_in.address).await?;
    let mut checks = Checks::default();

    let running = subject.start(folder, stand_in.address).await?;
    let who = Who::Silent { first: 0 };
    let first = Load { who, at_once: NUMBERS, pace: None, limit: sizes.time, most: NUMBERS };
    checks.add(&put(first, running.target.clone(), stand_in.clone()).await?);
    for process in running.processes {
        process.stop().await?;
    }

    eprintln!("stored: writing {sessions} sessions");
    let began = Instant::now();
    let database = database(folder);
    fill(&database, sessions).await.context("cannot write the sessions")?;
    let bytes = std::fs::metadata(&database)?.len();
    eprintln!("stored: {} MiB in {:.0} s", bytes >> 20, began.elapsed().as_secs_f64());

    let running = subject.start(folder, stand_in.address).await?;
    // A start after an absence moves all deadlines, which is copied from the log afterwards.
    let recovered_after = come_to_rest(&running).await?;
    eprintln!("stored: at rest {:.0} s after its start", recovered_after.as_secs_f64());
    let who = Who::Stored { contacts: sessions };
    let at_once = sizes.at_once.min(sessions / 4).max(1);
    let load = |most| Load { who, at_once, pace: None, limit: Duration::from_secs(120), most };
    checks.add(&put(load(conversations / 5 + 1), running.target.clone(), stand_in.clone()).await?);
    let (outcome, busy, cpu) = put_and_read(&subject, &running, &stand_in, load(conversations)).await?;
    checks.add(&outcome);
    finish_checks(&mut checks, &stand_in).await;
    let peak_mib = memory(&running)?.1;
    for process in running.processes {
        process.stop().await?;
    }
    #[expect(clippy::cast_precision_loss, reason = "bytes of a file")]
    let database_mib = rounded(bytes as f64 / 1024.0 / 1024.0);
    let ready_ms = rounded(running.ready_after.as_secs_f64() * 1_000.0);
    Ok(Stored { sessions, busy, cpu, peak_mib, ready_ms, database_mib, checks })
}

/// Waits until the server has nothing to do.
async fn come_to_rest(running: &Running) -> Result<Duration> {
    let began = Instant::now();
    let spent = || running.processes.iter().map(Process::cpu_seconds).sum::<Result<f64>>();
    loop {
        let before = spent()?;
        tokio::time::sleep(REST).await;
        if spent()? - before <= AT_REST {
            return Ok(began.elapsed());
        }
        ensure!(began.elapsed() < RECOVERED, "it was still at work {} s after its start", RECOVERED.as_secs());
    }
}

/// Writes the rows of the contacts after the first few again, up to this number.
async fn fill(database: &Path, sessions: u32) -> Result<()> {
    let mut connection = open(database).await?;
    // Nothing here needs to survive anything; what is measured later sets its own again.
    let fast = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY;";
    sqlx::raw_sql(fast).execute(&mut connection).await?;
    let mut originals = Vec::new();
    for number in 0..NUMBERS {
        originals.push(Original::load(&mut connection, Contact(number)).await?);
    }

    let names = Ids::NAMES.map(|name| format!("old_{name} TEXT, new_{name} TEXT")).join(", ");
    let table = format!("CREATE TEMP TABLE copies (original TEXT, {names})");
    sqlx::raw_sql(AssertSqlSafe(table)).execute(&mut connection).await?;
    let tables = tables(&mut connection, &originals).await?;
    let mut transaction = connection.begin().await?;
    let mut first = NUMBERS;
    while first < sessions {
        let end = sessions.min(first + CHUNK);
        let rows: Vec<_> = (first..end)
            .map(|contact| originals[(contact % NUMBERS) as usize].copy(Contact(contact), sessions))
            .collect();
        let values: Vec<_> = (0..=2 * Ids::NAMES.len()).map(|column| format!("value->>{column}")).collect();
        let insert = format!("INSERT INTO copies SELECT {} FROM json_each($1)", values.join(", "));
        sqlx::query(AssertSqlSafe(insert)).bind(Value::Array(rows).to_string()).execute(&mut *transaction).await?;
        for statement in &tables {
            sqlx::query(AssertSqlSafe(statement.as_str())).execute(&mut *transaction).await?;
        }
        sqlx::query("DELETE FROM copies").execute(&mut *transaction).await?;
        first = end;
    }
    transaction.commit().await?;
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut connection).await?;
    connection.close().await?;
    // What the system still holds back would be written while something is measured.
    std::fs::File::open(database)?.sync_all()?;
    Ok(())
}

/// One statement for each table with rows of an address, which writes them again for every copy.
async fn tables(connection: &mut SqliteConnection, originals: &[Original]) -> Result<Vec<String>> {
    let found = sqlx::query_as::<_, (String, String, String)>(
        "SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid",
    );
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for (table, name, kind) in found.fetch_all(&mut *connection).await? {
        tables.entry(table).or_default().push(Column { name, is_text: kind == "TEXT", ids: Vec::new() });
    }
    let mut statements = Vec::new();
    for (table, mut columns) in tables {
        let Some(join) = join(&table, &columns) else { continue };
        // Apart, so that the few originals need not be looked for among all that is written later.
        let apart = format!("CREATE TEMP TABLE {table}_originals AS SELECT * FROM {table}");
        sqlx::raw_sql(AssertSqlSafe(apart)).execute(&mut *connection).await?;
        for column in columns.iter_mut().filter(|column| column.is_text) {
            column.find_ids(connection, &table, originals).await?;
        }
        statements.push(copy_statement(&table, &columns, join));
    }
    Ok(statements)
}

/// How the rows of an original are found in a table, if it has any.
fn join(table: &str, columns: &[Column]) -> Option<&'static str> {
    match table {
        "addresses" => Some("t.id = c.original"),
        "contacts" => Some("t.id = c.old_contact"),
        _ if columns.iter().any(|column| column.name == "address_id") => Some("t.address_id = c.original"),
        _ => None,
    }
}

/// A column, and which ids of a contact stand in it.
#[derive(Debug)]
struct Column {
    name: String,
    is_text: bool,
    ids: Vec<&'static str>,
}

impl Column {
    async fn find_ids(&mut self, connection: &mut SqliteConnection, table: &str, originals: &[Original]) -> Result<()> {
        let count = format!("SELECT count(*) FROM {table}_originals WHERE instr({}, $1)", self.name);
        for (place, id) in Ids::NAMES.into_iter().enumerate() {
            for original in originals {
                let count = sqlx::query_scalar::<_, i64>(AssertSqlSafe(count.as_str()));
                if count.bind(&original.ids.0[place]).fetch_one(&mut *connection).await? > 0 {
                    self.ids.push(id);
                    break;
                }
            }
        }
        Ok(())
    }

    fn value(&self) -> String {
        let Self { name, is_text, ids } = self;
        if name == "expires_at" {
            return format!("t.expires_at + {}", LATER.as_millis());
        }
        let ids = if *is_text { ids.as_slice() } else { &[] };
        ids.iter().fold(format!("t.{name}"), |value, id| format!("replace({value}, c.old_{id}, c.new_{id})"))
    }
}

fn copy_statement(table: &str, columns: &[Column], join: &str) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let values: Vec<_> = columns.iter().map(Column::value).collect();
    let (names, values) = (names.join(", "), values.join(", "));
    format!("INSERT INTO {table} ({names}) SELECT {values} FROM copies c JOIN {table}_originals t ON {join}")
}

/// 32 hexadecimal digits of parts.
fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

/// What tells the rows of one contact from those of another.
#[derive(Debug, Clone)]
struct Ids([String; 9]);

impl Ids {
    const NAMES: [&str; 9] = ["session", "address", "contact", "event", "heard", "sent", "phone", "name", "expiry"];
}

/// A contact whose rows are real.
#[derive(Debug)]
struct Original {
    workspace: String,
    channel: String,
    /// When its session began, in milliseconds.
    began: i64,
    ids: Ids,
}

impl Original {
    async fn load(connection: &mut SqliteConnection, contact: Contact) -> Result<Self> {
        let row = sqlx::query(
            "SELECT s.id, s.address_id, s.contact, j.event_id, h.provider_id, m.provider_id, s.state ->> 'expires_at',
                s.workspace, s.channel, s.started_at
             FROM sessions s JOIN journal j ON j.session = s.id
             JOIN messages h ON h.session = s.id AND h.direction = 'in'
             JOIN messages m ON m.session = s.id AND m.direction = 'out'
             WHERE s.address = $1",
        );
        let row = row.bind(contact.phone()).fetch_one(connection).await?;
        let text = |column: usize| row.try_get::<String, _>(column);
        let ids =
            [text(0)?, text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, contact.phone(), contact.name(), text(6)?];
        let original = Self { workspace: text(7)?, channel: text(8)?, began: row.try_get(9)?, ids: Ids(ids) };
        let same = original.derived("address", contact) == original.ids.0[1];
        ensure!(same, "the server derives the ids of addresses in another way than it is done here");
        Ok(original)
    }

    /// An id as the server derives it from where a contact is reached.
    fn derived(&self, what: &str, contact: Contact) -> String {
        hash(&[what, &self.workspace, "production", &self.channel, &contact.phone()])
    }

    /// The ids of another contact of the same number, before whom `of - contact` others came.
    fn copy(&self, contact: Contact, of: u32) -> Value {
        let heard = format!("wamid.in.stored.{}", contact.0);
        let event = hash(&["message", &self.channel, &heard]);
        let (address, owner) = (self.derived("address", contact), self.derived("contact", contact));
        // One a millisecond: ids rise with time, and end at random.
        let milliseconds = self.began - i64::from(of - contact.0);
        let session = format!(
            "{:08x}-{:04x}-7{}-9{}-{}",
            milliseconds >> 16,
            milliseconds & 0xffff,
            &address[..3],
            &address[3..6],
            &address[6..18]
        );
        let expiry: String = match self.ids.0[8].parse::<Timestamp>() {
            Ok(expiry) => (expiry + LATER).to_string(),
            Err(_) => self.ids.0[8].clone(),
        };
        let new = [
            session,
            address,
            owner,
            event,
            heard,
            format!("wamid.out.stored.{}", contact.0),
            contact.phone(),
            contact.name(),
            expiry,
        ];
        let mut row = vec![json!(self.ids.0[1])];
        for (old, new) in self.ids.0.iter().zip(new) {
            row.extend([json!(old), json!(new)]);
        }
        Value::Array(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tables_of_addresses_are_copied_and_only_ids_change() {
        let column =
            |name: &str, ids: &[&'static str]| Column { name: name.to_owned(), is_text: true, ids: ids.to_vec() };
        assert_eq!(join("workspaces", &[column("id", &[])]), None);
        let columns = [column("address_id", &["address"]), column("at", &[]), column("expires_at", &[])];
        let statement = copy_statement("sessions", &columns, join("sessions", &columns).unwrap());
        let values = "replace(t.address_id, c.old_address, c.new_address), t.at, t.expires_at + 86400000";
        assert!(statement.contains(values) && statement.ends_with("ON t.address_id = c.original"), "{statement}");
    }
}
