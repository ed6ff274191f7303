//! Writes a backup.

use std::collections::BTreeMap;
use std::io::Write;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Postgres, Row, Sqlite, Transaction, Type};

use super::blocks::Writer;
use super::tables::{Column, Holds, TAKEN, Table};
use super::{About, BackupError, FORM, Header, Summary};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{Store, migrations};

impl Store {
    /// Writes everything as it is at this moment; who works on the database goes on. Gives what was written to, and
    /// what there is.
    ///
    /// # Errors
    ///
    /// The schema is not this program's, the database cannot be read, or the file cannot be written.
    pub async fn backup<W: Write>(
        &self,
        to: W,
        taken_at: Timestamp,
        program: &str,
    ) -> Result<(W, Summary), BackupError> {
        self.check_schema().await?;
        let mut tables = Vec::with_capacity(TAKEN.len());
        for name in TAKEN {
            let table = Table::read(&mut &self.db, name).await?;
            tables.push(table.ok_or_else(|| Error::unreadable("schema", format_args!("there is no table `{name}`")))?);
        }
        let mut snapshot = Snapshot::begin(&self.db).await?;
        let mut writer = Writer::new(to);
        let header = Header {
            usher: FORM.to_owned(),
            schema: migrations::needed(),
            program: program.to_owned(),
            taken_at,
            tables: tables.clone(),
        };
        writer.line(&header)?;
        writer.end_block()?;
        let mut rows = BTreeMap::new();
        for table in &tables {
            let count = match &mut snapshot {
                Snapshot::Sqlite(tx) => write_table(tx, table, &mut writer).await?,
                Snapshot::Postgres(tx) => write_table(tx, table, &mut writer).await?,
            };
            rows.insert(table.name.clone(), count);
        }
        let summary = Summary { taken_at, schema: header.schema, program: header.program, rows };
        writer.line(&About::End(summary.total()))?;
        writer.end_block()?;
        Ok((writer.finish()?, summary))
    }
}

/// A transaction that sees the database as it was when it began, and keeps nobody from writing.
enum Snapshot {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Snapshot {
    async fn begin(db: &Db) -> Result<Self> {
        // Either looks at the database when it is first asked.
        let ask = "SELECT count(*) FROM schema_steps";
        match db {
            Db::Sqlite { readers, .. } => {
                let mut tx = readers.begin().await?;
                sqlx::query(ask).fetch_one(&mut *tx).await?;
                Ok(Self::Sqlite(tx))
            }
            Db::Postgres { pool } => {
                let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                sqlx::query(ask).fetch_one(&mut *tx).await?;
                Ok(Self::Postgres(tx))
            }
        }
    }
}

/// A database whose rows can be written down.
trait Readable: Database {
    fn value<'r>(row: &'r Self::Row, place: usize, holds: Holds) -> Result<Cell<'r>>;
}

impl Readable for Sqlite {
    fn value<'r>(row: &'r SqliteRow, place: usize, holds: Holds) -> Result<Cell<'r>> {
        cell(row, place, holds)
    }
}

impl Readable for Postgres {
    fn value<'r>(row: &'r PgRow, place: usize, holds: Holds) -> Result<Cell<'r>> {
        cell(row, place, holds)
    }
}

fn cell<'r, R: Row>(row: &'r R, place: usize, holds: Holds) -> Result<Cell<'r>>
where
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
{
    let cell = match holds {
        Holds::Number => row.try_get::<Option<i64>, _>(place)?.map(Cell::Number),
        Holds::Text => row.try_get::<Option<&str>, _>(place)?.map(Cell::Text),
        Holds::Bytes => row.try_get::<Option<&[u8]>, _>(place)?.map(Cell::Bytes),
    };
    Ok(cell.unwrap_or(Cell::Nothing))
}

async fn write_table<D: Readable, W: Write>(
    tx: &mut Transaction<'static, D>,
    table: &Table,
    writer: &mut Writer<W>,
) -> Result<u64, BackupError>
where
    for<'c> &'c mut D::Connection: sqlx::Executor<'c, Database = D>,
    D::Arguments: Default + sqlx::IntoArguments<D>,
{
    let sql = AssertSqlSafe(format!("SELECT {} FROM {}", table.list(), table.name));
    let mut rows = sqlx::query(sql).fetch(&mut **tx);
    let mut count = 0;
    let mut is_open = false;
    while let Some(row) = rows.try_next().await.map_err(Error::from)? {
        if !is_open {
            writer.line(&About::Table(table.name.clone()))?;
        }
        is_open = !writer.line(&Line::<D> { row: &row, columns: &table.columns })?;
        count += 1;
        if !is_open {
            writer.end_block()?;
        }
    }
    if is_open {
        writer.end_block()?;
    }
    Ok(count)
}

/// A row, as a list of its values.
struct Line<'r, D: Readable> {
    row: &'r D::Row,
    columns: &'r [Column],
}

impl<D: Readable> Serialize for Line<'_, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.columns.len()))?;
        for (place, column) in self.columns.iter().enumerate() {
            let cell = D::value(self.row, place, column.holds).map_err(serde::ser::Error::custom)?;
            list.serialize_element(&cell)?;
        }
        list.end()
    }
}

/// A value, as JSON writes it.
enum Cell<'r> {
    Nothing,
    Number(i64),
    Text(&'r str),
    /// `{"hex": "…"}`
    Bytes(&'r [u8]),
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("hex", &hex::encode(bytes))?;
                map.end()
            }
        }
    }
}
