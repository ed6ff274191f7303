//! Rows that statements return, and the few conversions that columns need.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Postgres, Row as _, Sqlite, Type};
use usher_engine::environment::Environment;

use crate::error::{Error, Result};

/// One row that a statement returned.
#[doc(hidden)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}

impl Row {
    /// Returns a column's value by its name or its place.
    pub(crate) fn get<'r, T, I>(&'r self, column: I) -> Result<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.get::<i64, _>(column)? != 0)
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp> {
        time(self.get(column)?)
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        self.get::<Option<i64>, _>(column)?.map(time).transpose()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        json(column, self.get(column)?)
    }

    pub(crate) fn maybe_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        self.get::<Option<&str>, _>(column)?.map(|text| json(column, text)).transpose()
    }

    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T> {
        let value = self.get::<i64, _>(column)?;
        T::try_from(value).map_err(|_| Error::unreadable(column, format_args!("{value} is out of range")))
    }

    pub(crate) fn maybe_number<T: TryFrom<i64>>(&self, column: &str) -> Result<Option<T>> {
        let Some(value) = self.get::<Option<i64>, _>(column)? else { return Ok(None) };
        T::try_from(value).map(Some).map_err(|_| Error::unreadable(column, format_args!("{value} is out of range")))
    }

    pub(crate) fn environment(&self, column: &str) -> Result<Environment> {
        self.get::<&str, _>(column)?.parse().map_err(|problem| Error::unreadable(column, problem))
    }
}

/// Reads milliseconds since the epoch.
pub(crate) fn time(milliseconds: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(milliseconds).map_err(|problem| Error::unreadable("time", problem))
}

/// Gives milliseconds since the epoch; what is finer is dropped.
pub(crate) fn to_ms(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// Reads JSON text.
pub(crate) fn json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|problem| Error::unreadable(what, problem))
}

/// Writes JSON text.
pub(crate) fn to_json<T: Serialize + ?Sized>(what: &str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|problem| Error::unstorable(what, problem))
}
