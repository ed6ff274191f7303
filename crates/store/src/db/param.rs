//! Parameters of statements, of the types that both databases have.

use jiff::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Database, Encode, Type};
use usher_engine::environment::Environment;

use crate::error::{Error, Result};

/// One parameter.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Param {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    /// A column of a many-row statement; PostgreSQL only.
    Texts(Vec<Option<String>>),
    /// A column of a many-row statement; PostgreSQL only.
    Ints(Vec<Option<i64>>),
}

/// Makes a list of parameters of anything that becomes a [`Param`].
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Param::from($value)),*] };
}
pub(crate) use params;

/// Writes the text of a statement with names of columns that several statements share; never with values.
macro_rules! sql {
    ($($text:tt)*) => { sqlx::AssertSqlSafe(format!($($text)*)) };
}
pub(crate) use sql;

macro_rules! from {
    ($($type:ty => |$value:ident| $param:expr;)*) => {
        $(impl From<$type> for Param {
            fn from($value: $type) -> Self {
                $param
            }
        })*
    };
}

from! {
    &str => |value| Self::Text(Some(without_nul(value.to_owned())));
    String => |value| Self::Text(Some(without_nul(value)));
    &String => |value| Self::Text(Some(without_nul(value.clone())));
    Option<String> => |value| Self::Text(value.map(without_nul));
    Option<&str> => |value| Self::Text(value.map(|text| without_nul(text.to_owned())));
    i64 => |value| Self::Int(Some(value));
    Option<i64> => |value| Self::Int(value);
    u32 => |value| Self::Int(Some(value.into()));
    Option<u32> => |value| Self::Int(value.map(i64::from));
    bool => |value| Self::Int(Some(value.into()));
    Timestamp => |value| Self::Int(Some(value.as_millisecond()));
    Option<Timestamp> => |value| Self::Int(value.map(Timestamp::as_millisecond));
    Vec<u8> => |value| Self::Bytes(Some(value));
    Option<Vec<u8>> => |value| Self::Bytes(value);
    Environment => |value| Self::Text(Some(value.as_str().to_owned()));
}

pub(super) fn sqlite(params: Vec<Param>) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for param in params {
        match param {
            Param::Text(value) => add(&mut arguments, value)?,
            Param::Int(value) => add(&mut arguments, value)?,
            Param::Bytes(value) => add(&mut arguments, value)?,
            Param::Texts(_) | Param::Ints(_) => return Err(Error::unstorable("a column", "SQLite takes rows as JSON")),
        }
    }
    Ok(arguments)
}

pub(super) fn postgres(params: Vec<Param>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for param in params {
        match param {
            Param::Text(value) => add(&mut arguments, value)?,
            Param::Int(value) => add(&mut arguments, value)?,
            Param::Bytes(value) => add(&mut arguments, value)?,
            Param::Texts(values) => add(&mut arguments, values)?,
            Param::Ints(values) => add(&mut arguments, values)?,
        }
    }
    Ok(arguments)
}

/// Replaces the character U+0000, which PostgreSQL's `TEXT` cannot hold and SQLite's JSON cuts at.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn add<'q, A, T>(arguments: &mut A, value: T) -> Result<()>
where
    A: Arguments,
    T: Encode<'q, A::Database> + Type<A::Database> + 'q,
    A::Database: Database,
{
    arguments.add(value).map_err(|problem| Error::unstorable("a parameter", problem))
}
