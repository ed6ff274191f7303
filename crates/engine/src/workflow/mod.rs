//! Workflows: the [`document`] as it is written, and what [`compile`] makes of it to run.

mod compile;
pub mod document;
mod migrate;

pub use compile::{Problem, Report, Severity, Step, Workflow, compile};
pub use document::{Document, Kind, Target};
pub use migrate::{ReadError, read};
