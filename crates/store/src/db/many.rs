//! Statements over many rows at once: one text, one round trip, however many rows.
//!
//! The text names its rows as `{rows}`, a derived table with the columns that the statement declares.
//! SQLite gets them as one JSON parameter (`jsonb_each`), PostgreSQL as one array a column (`unnest`).
//!
//! On PostgreSQL such a text can also be a part of one larger statement ([`super::at_once`]); it then has rows only if the
//! larger statement finds everything `sound`.

use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::{Dialect, Executor, Param, Row, Tx};
use crate::error::{Error, Result};

/// The type of a column of `{rows}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
}
pub(crate) use Kind::{Int, Text};

/// A statement over many rows.
#[derive(Debug)]
pub(crate) struct Many {
    columns: &'static [(&'static str, Kind)],
    sqlite: SqlStr,
    postgres: SqlStr,
    /// As a part that has rows only if all is sound, and as one by which that is judged.
    part: String,
    premise: String,
}

/// Declares a [`Many`] that is built at its first use.
pub(crate) type LazyMany = LazyLock<Many>;

impl Many {
    /// Takes a text with `{rows}` in it, and the columns of these rows. Parameters beside the rows are numbered
    /// from `$1`; the rows come after them. Lines that begin with `[sqlite]` or `[postgres]` are for one dialect alone;
    /// of the latter `[alone]` is for the statement by itself, and `[part]` for it as a part of a larger one.
    pub(crate) fn new(columns: &'static [(&'static str, Kind)], others: usize, text: &str) -> Self {
        let sqlite_columns =
            columns.iter().enumerate().map(|(place, (name, _))| format!("value ->> {place} AS {name}"));
        let sqlite_rows =
            format!("(SELECT {} FROM jsonb_each(${}))", sqlite_columns.collect::<Vec<_>>().join(", "), others + 1);
        let arrays = columns.iter().enumerate().map(|(place, (_, kind))| {
            format!("${}::{}[]", others + 1 + place, if *kind == Text { "text" } else { "bigint" })
        });
        let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let arrays = arrays.collect::<Vec<_>>().join(", ");
        let postgres_rows = format!("(SELECT * FROM unnest({arrays}) AS given({names}))");
        let sound_rows =
            format!("(SELECT * FROM unnest({arrays}) AS given({names}) WHERE (SELECT sound.ok FROM sound))");
        let safe = |text: String| AssertSqlSafe(Arc::<str>::from(text)).into_sql_str();
        Self {
            columns,
            sqlite: safe(build(text, &["[sqlite]", "[alone]"], &sqlite_rows)),
            postgres: safe(build(text, &["[postgres]", "[alone]"], &postgres_rows)),
            part: build(text, &["[postgres]", "[part]"], &sound_rows),
            premise: build(text, &["[postgres]", "[part]"], &postgres_rows),
        }
    }

    /// Returns the text for a dialect.
    pub(crate) fn sql(&self, dialect: Dialect) -> SqlStr {
        match dialect {
            Dialect::Sqlite => self.sqlite.clone(),
            Dialect::Postgres => self.postgres.clone(),
        }
    }

    /// Adds the text for SQLite to one whose parameters so far are `before`.
    pub(crate) fn write_sqlite(&self, text: &mut String, before: usize) {
        renumber(text, self.sqlite.as_str(), before);
    }

    /// Adds the text as a part of a statement of PostgreSQL whose parameters so far are `before`.
    pub(super) fn write_part(&self, text: &mut String, before: usize) {
        renumber(text, &self.part, before);
    }

    /// Adds the text as [`Many::write_part`] does, but as one by which the others are judged.
    pub(super) fn write_premise(&self, text: &mut String, before: usize) {
        renumber(text, &self.premise, before);
    }

    /// Puts the rows behind the other parameters, as the dialect takes them.
    pub(crate) fn params(&self, dialect: Dialect, mut others: Vec<Param>, rows: Vec<Vec<Param>>) -> Result<Vec<Param>> {
        match dialect {
            Dialect::Sqlite => others.push(Param::Text(Some(as_json(&rows)?))),
            Dialect::Postgres => {
                let mut columns: Vec<Param> = self.columns.iter().map(|(_, kind)| column(*kind, rows.len())).collect();
                for row in rows {
                    for (column, value) in columns.iter_mut().zip(row) {
                        match (column, value) {
                            (Param::Texts(column), Param::Text(value)) => column.push(value),
                            (Param::Ints(column), Param::Int(value)) => column.push(value),
                            _ => return Err(Error::unstorable("a row", "a value is not of its column's type")),
                        }
                    }
                }
                others.extend(columns);
            }
        }
        Ok(others)
    }

    /// Returns a row that fits the columns.
    #[cfg(test)]
    pub(crate) fn example(&self) -> Vec<Param> {
        let value = |kind: &Kind| if *kind == Text { Param::from("x") } else { Param::from(1_i64) };
        self.columns.iter().map(|(_, kind)| value(kind)).collect()
    }

    /// Runs the statement, unless there are no rows, and gives what it returns.
    pub(crate) async fn fetch(&self, tx: &mut Tx, others: Vec<Param>, rows: Vec<Vec<Param>>) -> Result<Vec<Row>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let dialect = tx.dialect();
        tx.rows(self.sql(dialect), self.params(dialect, others, rows)?).await
    }

    /// Runs the statement, unless there are no rows, and gives the number of rows changed.
    pub(crate) async fn run(&self, tx: &mut Tx, others: Vec<Param>, rows: Vec<Vec<Param>>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let dialect = tx.dialect();
        tx.run(self.sql(dialect), self.params(dialect, others, rows)?).await
    }
}

/// Adds a text whose parameters are numbered from `before` on.
fn renumber(text: &mut String, added: &str, before: usize) {
    let mut pieces = added.split('$');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.find(|next: char| !next.is_ascii_digit()).unwrap_or(piece.len());
        let number: usize = piece[..digits].parse().unwrap_or_default();
        text.push('$');
        text.push_str(&(before + number).to_string());
        text.push_str(&piece[digits..]);
    }
}

/// Marks of lines that are not for every way in which a statement runs.
const MARKS: [&str; 4] = ["[sqlite]", "[postgres]", "[alone]", "[part]"];

/// Keeps the lines without a mark and those of these marks, and puts the rows in.
fn build(text: &str, marks: &[&str], rows: &str) -> String {
    let of = |line: &'_ str| MARKS.into_iter().find(|mark| line.starts_with(mark)).unwrap_or_default();
    let lines = text.lines().map(str::trim).map(|line| (of(line), line));
    let lines =
        lines.filter(|(mark, _)| mark.is_empty() || marks.contains(mark)).map(|(mark, line)| &line[mark.len()..]);
    lines.collect::<Vec<_>>().join("\n").replace("{rows}", rows)
}

fn column(kind: Kind, length: usize) -> Param {
    match kind {
        Text => Param::Texts(Vec::with_capacity(length)),
        Int => Param::Ints(Vec::with_capacity(length)),
    }
}

/// Writes rows as a JSON array of arrays.
fn as_json(rows: &[Vec<Param>]) -> Result<String> {
    let mut json = Vec::with_capacity(rows.len() * 256);
    json.push(b'[');
    for (place, row) in rows.iter().enumerate() {
        if place > 0 {
            json.push(b',');
        }
        json.push(b'[');
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            let written = match value {
                Param::Text(value) => serde_json::to_writer(&mut json, value),
                Param::Int(value) => serde_json::to_writer(&mut json, value),
                Param::Bytes(_) | Param::Texts(_) | Param::Ints(_) => {
                    return Err(Error::unstorable("a row", "a many-row statement takes texts and whole numbers"));
                }
            };
            written.map_err(|problem| Error::unstorable("a row", problem))?;
        }
        json.push(b']');
    }
    json.push(b']');
    String::from_utf8(json).map_err(|problem| Error::unstorable("a row", problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::params;

    #[test]
    fn rows_become_json_for_sqlite_and_arrays_for_postgresql() {
        let many = Many::new(
            &[("id", Text), ("n", Int)],
            1,
            "UPDATE t SET n = v.n FROM {rows} AS v\n[sqlite] WHERE a\n[postgres] WHERE b",
        );
        assert_eq!(
            many.sql(Dialect::Sqlite).as_str(),
            "UPDATE t SET n = v.n FROM (SELECT value ->> 0 AS id, value ->> 1 AS n FROM jsonb_each($2)) AS v\n WHERE a"
        );
        assert_eq!(
            many.sql(Dialect::Postgres).as_str(),
            "UPDATE t SET n = v.n FROM (SELECT * FROM unnest($2::text[], $3::bigint[]) AS given(id, n)) AS v\n WHERE b"
        );
        let mut part = "WITH one AS (SELECT $1), two AS (".to_owned();
        many.write_part(&mut part, 1);
        let rows = "unnest($3::text[], $4::bigint[]) AS given(id, n) WHERE (SELECT sound.ok FROM sound))";
        assert!(part.contains(rows) && part.ends_with("WHERE b"), "{part}");
        let mut text = "SELECT $1;".to_owned();
        many.write_sqlite(&mut text, 3);
        assert!(text.contains("SET n = v.n") && text.contains("jsonb_each($5)"), "{text}");
        let rows = || vec![params!["a\"b", 1_i64], params!["c", None::<i64>]];
        assert_eq!(
            many.params(Dialect::Sqlite, params![7_i64], rows()).unwrap(),
            params![7_i64, r#"[["a\"b",1],["c",null]]"#]
        );
        assert_eq!(
            many.params(Dialect::Postgres, params![7_i64], rows()).unwrap()[1..],
            [Param::Texts(vec![Some("a\"b".to_owned()), Some("c".to_owned())]), Param::Ints(vec![Some(1), None]),]
        );
    }
}
