//! Fills an empty database from a backup.
//!
//! The schema is made as it was when the backup was taken, filled, and then brought to this program's, so that an older
//! backup goes the way that its database would have gone. Until that is done a mark stands in the database, by which
//! every program knows not to work on it.

use std::collections::BTreeMap;
use std::io::BufRead;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::blocks::Reader;
use super::tables::{FILLED_BY_A_START, Holds, LEFT_OUT, TAKEN, Table};
use super::{About, BackupError, FORM, Header, Summary};
use crate::db::{Dialect, Param, Queries, Tx, params, sql};
use crate::error::Error;
use crate::hot::give_up_all;
use crate::{Store, migrations};

/// Values in a statement; SQLite takes 32,766.
const VALUES: usize = 30_000;
/// Rows in a statement.
const ROWS: usize = 500;

/// What becomes of what was under way when the backup was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Underway {
    /// Usher went on after the backup, so it may have been carried out: it becomes dead letters, which people look at.
    GivenUp,
    /// Usher was stopped before the backup and did not run since: it is carried out.
    GoesOn,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub summary: Summary,
    /// How many effects were given up.
    pub given_up: u64,
}

impl Store {
    /// Reads a backup from end to end and says what it holds.
    ///
    /// # Errors
    ///
    /// It is damaged, or no backup, or of a newer program.
    pub fn check_backup(from: impl BufRead) -> Result<Summary, BackupError> {
        let mut backup = Backup::open(from)?;
        while backup.next()?.is_some() {}
        Ok(backup.summary)
    }

    /// Fills this database, which must be empty, from a backup. An interrupted restore leaves a database that nothing
    /// works on, and that can be restored into again.
    ///
    /// # Errors
    ///
    /// The database is not empty or does not answer, or the backup is damaged or of a newer program.
    pub async fn restore(
        &self,
        from: impl BufRead,
        underway: Underway,
        now: Timestamp,
    ) -> Result<Restored, BackupError> {
        let mut backup = Backup::open(from)?;
        self.make_ready(now).await?;
        let mut tx = self.db.begin().await?;
        migrations::take(&mut tx, backup.summary.schema, now).await?;
        for table in backup.tables.values() {
            table.check(&mut tx).await?;
        }
        while let Some(rows) = backup.next()? {
            fill(&mut tx, &rows).await?;
            if tx.dialect() == Dialect::Sqlite {
                // Its log would grow with the transaction; the mark stands for all of them.
                tx.commit().await?;
                tx = self.db.begin().await?;
            }
        }
        migrations::take(&mut tx, migrations::needed(), now).await?;
        let given_up = match underway {
            Underway::GivenUp => {
                let why = format!(
                    "it was under way in the backup of {}, and may have been carried out since",
                    backup.summary.taken_at
                );
                give_up_all(&mut tx, &why, now).await?
            }
            Underway::GoesOn => {
                tx.execute("UPDATE effects SET due_at = $1 WHERE state = 'leased' AND due_at > $1", params![now])
                    .await?;
                0
            }
        };
        migrations::unmark(&mut tx).await?;
        tx.commit().await?;
        if self.db.dialect() == Dialect::Postgres {
            // Otherwise it plans as if the tables were empty, until it looks by itself.
            let mut db = &self.db;
            db.execute("ANALYZE", params![]).await?;
        }
        Ok(Restored { summary: backup.summary, given_up })
    }

    /// Makes sure that the database is empty but for what a start leaves there, and marks it.
    async fn make_ready(&self, now: Timestamp) -> Result<(), BackupError> {
        let mut tx = self.db.begin().await?;
        let mut found = Vec::new();
        for name in TAKEN.iter().chain(LEFT_OUT) {
            if Table::read(&mut tx, name).await?.is_some() {
                found.push(*name);
            }
        }
        if !migrations::is_marked(&mut tx).await? {
            for name in found.iter().filter(|name| TAKEN.contains(name) && !FILLED_BY_A_START.contains(name)) {
                if tx.first(sql!("SELECT 1 FROM {name} LIMIT 1"), params![]).await?.is_some() {
                    return Err(BackupError::NotEmpty((*name).to_owned()));
                }
            }
        }
        for name in found.iter().filter(|name| **name != migrations::STEPS_TABLE).rev() {
            tx.execute(sql!("DROP TABLE {name}"), params![]).await?;
        }
        migrations::mark(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Rows of one table.
struct Rows {
    table: Table,
    values: Vec<Vec<Json>>,
}

/// A backup that is read.
struct Backup<R: BufRead> {
    blocks: Reader<R>,
    tables: BTreeMap<String, Table>,
    /// What was read so far, and in the end all that there is.
    summary: Summary,
}

impl<R: BufRead> Backup<R> {
    fn open(mut from: R) -> Result<Self, BackupError> {
        if !from.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            return Err(BackupError::Form("it does not begin as one".to_owned()));
        }
        let mut blocks = Reader::new(from);
        let first = blocks.block()?;
        let form =
            serde_json::from_slice::<Json>(&first).ok().and_then(|header| Some(header.get("usher")?.to_string()));
        if form.as_deref() != Some(&format!("\"{FORM}\"")) {
            let found = form.unwrap_or_else(|| "nothing".to_owned());
            return Err(BackupError::Form(format!("it says that it is {found}, not \"{FORM}\"")));
        }
        let header: Header = serde_json::from_slice(&first).map_err(|error| blocks.damaged(&error.to_string()))?;
        if header.schema > migrations::needed() {
            return Err(BackupError::Newer { found: header.schema, needed: migrations::needed() });
        }
        Ok(Self {
            blocks,
            summary: Summary {
                taken_at: header.taken_at,
                schema: header.schema,
                program: header.program,
                rows: header.tables.iter().map(|table| (table.name.clone(), 0)).collect(),
            },
            tables: header.tables.into_iter().map(|table| (table.name.clone(), table)).collect(),
        })
    }

    /// Reads the next rows, of one table; none at the end.
    fn next(&mut self) -> Result<Option<Rows>, BackupError> {
        let block = self.blocks.block()?;
        let unreadable = |blocks: &Reader<R>, error: serde_json::Error| blocks.damaged(&error.to_string());
        let mut lines = block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let about = serde_json::from_slice(lines.next().unwrap_or_default());
        match about.map_err(|error| unreadable(&self.blocks, error))? {
            About::End(rows) => {
                let told = self.summary.total();
                if rows != told {
                    return Err(self.blocks.damaged(&format!("{rows} rows should come before it, not {told}")));
                }
                if !self.blocks.is_at_end()? {
                    return Err(self.blocks.damaged("something follows the end"));
                }
                Ok(None)
            }
            About::Table(name) => {
                let (Some(table), Some(count)) = (self.tables.get(&name), self.summary.rows.get_mut(&name)) else {
                    return Err(self.blocks.damaged(&format!("the header names no table `{name}`")));
                };
                let rows = lines.map(serde_json::from_slice).collect::<Result<Vec<Vec<Json>>, _>>();
                let rows = rows.map_err(|error| unreadable(&self.blocks, error))?;
                if rows.iter().any(|row| row.len() != table.columns.len()) {
                    return Err(self.blocks.damaged(&format!("a row of `{name}` is too short or too long")));
                }
                *count += rows.len() as u64;
                Ok(Some(Rows { table: table.clone(), values: rows }))
            }
        }
    }
}

impl Table {
    /// Makes sure that the database has this table with these columns.
    async fn check(&self, tx: &mut Tx) -> Result<(), BackupError> {
        let there = if is_word(&self.name) { Self::read(tx, &self.name).await? } else { None };
        let has_all = there.is_some_and(|there| self.columns.iter().all(|column| there.columns.contains(column)));
        if has_all {
            Ok(())
        } else {
            Err(BackupError::Form(format!("its table `{}` is not as the schema has it", self.name)))
        }
    }
}

fn is_word(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

async fn fill(tx: &mut Tx, Rows { table, values: rows }: &Rows) -> Result<(), BackupError> {
    let width = table.columns.len();
    for rows in rows.chunks((VALUES / width).clamp(1, ROWS)) {
        let mut values = Vec::with_capacity(rows.len());
        let mut params = Vec::with_capacity(rows.len() * width);
        for (row, line) in rows.iter().enumerate() {
            let places: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
            values.push(format!("({})", places.join(", ")));
            for (value, column) in line.iter().zip(&table.columns) {
                params.push(param(value, column.holds).ok_or_else(|| {
                    Error::unreadable("backup", format_args!("`{}.{}` holds something else", table.name, column.name))
                })?);
            }
        }
        let statement = sql!("INSERT INTO {} ({}) VALUES {}", table.name, table.list(), values.join(", "));
        tx.execute(statement, params).await?;
    }
    Ok(())
}

/// Reads a value as the column holds it.
fn param(value: &Json, holds: Holds) -> Option<Param> {
    let nothing = value.is_null();
    Some(match holds {
        Holds::Number if nothing => Param::Int(None),
        Holds::Number => Param::Int(Some(value.as_i64()?)),
        Holds::Text if nothing => Param::Text(None),
        Holds::Text => Param::from(value.as_str()?),
        Holds::Bytes if nothing => Param::Bytes(None),
        Holds::Bytes => Param::Bytes(Some(hex::decode(value.get("hex")?.as_str()?).ok()?)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::backup::blocks::Writer;
    use crate::backup::tables::Column;

    /// A backup of the first schema, which kept webhooks in a table that is there no more.
    fn of_the_first_schema() -> Vec<u8> {
        let column = |(name, holds): (&str, Holds)| Column { name: name.to_owned(), holds };
        let columns = ["id", "workspace", "environment", "channel", "problem"].map(|name| (name, Holds::Text));
        let columns = columns.into_iter().chain([("at", Holds::Number), ("body", Holds::Bytes)]).map(column).collect();
        let header = Header {
            usher: FORM.to_owned(),
            schema: 1,
            program: "0.0.1".to_owned(),
            taken_at: Timestamp::UNIX_EPOCH,
            tables: vec![Table { name: "kept_webhooks".to_owned(), columns }],
        };
        let mut writer = Writer::new(Vec::new());
        writer.line(&header).unwrap();
        writer.end_block().unwrap();
        writer.line(&About::Table("kept_webhooks".to_owned())).unwrap();
        writer.line(&json!(["1", "w", "sandbox", "line", "no JSON", 7, { "hex": "00ff" }])).unwrap();
        writer.end_block().unwrap();
        writer.line(&About::End(1)).unwrap();
        writer.end_block().unwrap();
        writer.finish().unwrap()
    }

    #[tokio::test]
    async fn an_older_backup_goes_the_way_that_its_database_would_have_gone() {
        let folder = std::env::temp_dir().join(format!("usher_store_older_{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.join("usher.db").display()), 2).await.unwrap();
        let backup = of_the_first_schema();
        let restored = store.restore(&*backup, Underway::GivenUp, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!((restored.summary.schema, restored.summary.total()), (1, 1));
        store.check_schema().await.unwrap();
        let kept = store.kept().get("w", usher_engine::Environment::Sandbox, "1").await.unwrap().unwrap();
        assert_eq!((kept.body, kept.problem.as_str()), (vec![0, 255], "no JSON"));
        store.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}
