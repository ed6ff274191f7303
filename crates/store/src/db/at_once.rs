//! A whole transaction as one statement of PostgreSQL: one round trip, and no time between its parts.
//!
//! The statement holds what it is about and looks whether everything is as the caller takes it to be (the *premises*). Only
//! if it is, the parts that write have rows. All parts see the database as it was when the statement began; but a row that
//! is locked (`FOR UPDATE`) is read as it is once it is held. So premises lock what they judge by.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::batch::{Batch, Statement};
use super::many::Many;
use super::{Db, Dialect, Executor, Param, Row};
use crate::error::Result;

/// What must hold for a batch to be written.
#[derive(Debug)]
pub(crate) struct Premises {
    /// Each a part of the statement, by the name under which the following and all that is written can ask for it.
    pub(crate) parts: Vec<(&'static str, &'static Many, Vec<Vec<Param>>)>,
    /// A `SELECT` over the parts, of one row with a column `ok`.
    pub(crate) sound: &'static str,
    /// A `SELECT` over `sound` and the parts: what the whole statement returns.
    pub(crate) answer: &'static str,
}

impl Batch {
    /// Runs the statements together on PostgreSQL, if the premises hold, and gives the answer.
    pub(crate) async fn at_once(self, db: &Db, premises: Premises) -> Result<Vec<Row>> {
        let (text, params) = self.into_statement(premises)?;
        let mut executor = db;
        executor.rows(AssertSqlSafe(text).into_sql_str(), params).await
    }

    /// Writes the statements that have rows as one.
    pub(crate) fn into_statement(self, premises: Premises) -> Result<(String, Vec<Param>)> {
        let (mut text, mut params) = (String::with_capacity(16 * 1024), Vec::new());
        text.push_str("WITH ");
        for (name, many, rows) in premises.parts {
            let _ = write!(text, "{name} AS MATERIALIZED (");
            many.write_premise(&mut text, params.len());
            text.push_str("),\n");
            params.extend(many.params(Dialect::Postgres, Vec::new(), rows)?);
        }
        let _ = write!(text, "sound AS MATERIALIZED ({})", premises.sound);
        let filled = self.0.into_iter().filter(|statement| !statement.rows.is_empty());
        for (place, Statement { many, others, rows }) in filled.enumerate() {
            let _ = write!(text, ",\nwritten_{place} AS (");
            many.write_part(&mut text, params.len());
            text.push(')');
            params.extend(many.params(Dialect::Postgres, others, rows)?);
        }
        text.push('\n');
        text.push_str(premises.answer);
        Ok((text, params))
    }
}
