//! What commands print, and how they fail.

use std::io::Write as _;
use std::process::ExitCode;

use crate::problem::Problem;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was asked for something that cannot be done, and says why.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// Something around it did not work.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl From<usher_store::Error> for Failure {
    fn from(error: usher_store::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<crate::config::Error> for Failure {
    fn from(error: crate::config::Error) -> Self {
        Self::Other(error.into())
    }
}

impl Failure {
    /// Makes a failure of a message.
    pub fn new(message: impl std::fmt::Display) -> Self {
        Self::Other(anyhow::anyhow!("{message}"))
    }
}

/// Prints why a command failed, and gives its exit code.
pub fn fail(failure: &Failure) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "usher: {failure}");
    ExitCode::FAILURE
}

/// Prints a line; a reader that went away is no failure of the command.
pub fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a value as indented JSON.
pub fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.into()))?;
    line(text);
    Ok(())
}

/// Prints rows in columns, each as wide as its widest cell.
pub fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(cells.join("  ").trim_end());
    }
}
