//! Statements that go to the database together.

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::many::Many;
use super::{Dialect, Param, Row, Tx, param};
use crate::error::Result;

/// Many-row statements that run one after the other in a transaction. SQLite gets them as one text, so that the way to
/// its thread and back is taken once, however many they are.
#[derive(Debug, Default)]
pub(crate) struct Batch(pub(super) Vec<Statement>);

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) many: &'static Many,
    pub(super) others: Vec<Param>,
    pub(super) rows: Vec<Vec<Param>>,
}

impl Batch {
    /// Adds a statement with its parameters; one without rows does nothing and returns nothing.
    pub(crate) fn add(&mut self, many: &'static Many, others: Vec<Param>, rows: Vec<Vec<Param>>) {
        self.0.push(Statement { many, others, rows });
    }

    /// Runs the statements and gives what each returned.
    pub(crate) async fn fetch(self, tx: &mut Tx) -> Result<Vec<Vec<Row>>> {
        let mut returned: Vec<Vec<Row>> = self.0.iter().map(|_| Vec::new()).collect();
        match tx {
            Tx::Sqlite(writing) => {
                let filled = self.0.iter().enumerate().filter(|(_, statement)| !statement.rows.is_empty());
                let places: Vec<usize> = filled.map(|(place, _)| place).collect();
                let (text, params) = self.into_one()?;
                let answers = writing.run(text, param::sqlite(params)?).await?;
                for (place, (_, rows)) in places.into_iter().zip(answers) {
                    returned[place] = rows.into_iter().map(Row::Sqlite).collect();
                }
            }
            Tx::Postgres(_) => {
                for (returned, Statement { many, others, rows }) in returned.iter_mut().zip(self.0) {
                    *returned = many.fetch(tx, others, rows).await?;
                }
            }
        }
        Ok(returned)
    }

    /// Runs the statements, and commits with the last of them.
    pub(crate) async fn commit(self, tx: Tx) -> Result<()> {
        match tx {
            Tx::Sqlite(writing) => {
                let (text, params) = self.into_one()?;
                writing.run_last(text, param::sqlite(params)?).await?;
                Ok(())
            }
            mut tx @ Tx::Postgres(_) => {
                self.fetch(&mut tx).await?;
                tx.commit().await
            }
        }
    }

    /// Writes the statements that have rows as one text for SQLite.
    fn into_one(self) -> Result<(SqlStr, Vec<Param>)> {
        let (mut text, mut params) = (String::with_capacity(8 * 1024), Vec::new());
        for Statement { many, others, rows } in self.0.into_iter().filter(|statement| !statement.rows.is_empty()) {
            if !text.is_empty() {
                text.push_str(";\n");
            }
            many.write_sqlite(&mut text, params.len());
            params.extend(many.params(Dialect::Sqlite, others, rows)?);
        }
        Ok((AssertSqlSafe(text).into_sql_str(), params))
    }
}
