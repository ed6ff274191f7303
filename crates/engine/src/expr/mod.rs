//! Expressions: the small language of texts, conditions and calculations.
//!
//! ```text
//! Hi {{ contact.name | default("there") }}! Your order of {{ total * 1.15 | fixed(2) }} …
//! order.status == "shipped" and not order.items | where("late") | length > 0
//! ```
//!
//! Literals, paths, comparison, `and or not in`, arithmetic, `~`, `x if c else y`, filters and tests. No
//! statements, no assignment, no calls. A source is parsed once, into a [`Template`] (a text with
//! `{{ … }}`) or an [`Expression`]; evaluating it needs an [`Evaluation`], **cannot fail**, and is bounded:
//! every value that is read or made is charged by its size, and a filter asks for room before it
//! builds something large. What goes wrong becomes a [`Problem`] and the value unset.
//!
//! **Sensitive values.** One function, `Evaluation::made`, passes the mark on, for every operator, filter
//! and test: what was made from something sensitive is sensitive as a whole.
//!
//! # Where it differs from Jinja, on purpose
//!
//! - Numbers are exact: `1 / 3` has 28 digits, `4 / 2` is `2`, not `2.0`, and `10.50` keeps its zero.
//! - `none` is the same as not set and shows as nothing, not as `none`.
//! - Lists and maps are shown as JSON. Map keys are texts.
//! - Yes and no are no numbers: `true + 1` is a problem, `true == 1` is no.
//! - A text times a number is a problem; so is comparing different kinds with `<`.
//! - Comparisons are not chained: `1 < x < 5` is refused and told to be joined with `and`.
//! - `x | default(y)`, `x or y`, `not x`, `y if x` and `x is defined` accept what is not set in the middle of a path, too.
//! - What is not set stays so through operators and most filters; its length is 0.
//! - Halves are rounded away from zero. `int` and `number` of a text that says none is a problem, unless told
//!   what to use; white space around is no matter.
//! - `sort` puts values of different kinds in an order instead of failing.
//! - `truncate` takes a length and an end, and counts the end.
//! - Comments, `{# … #}`, are plain text.
//! - Unknown filters, tests and arguments are found when parsing. Tuples and calls are refused.

mod arguments;
mod ast;
mod error;
mod evaluate;
mod filters;
mod operators;
mod parse;
mod predicates;
mod references;
mod template;
mod token;

pub use arguments::Param;
pub use error::{ParseError, Span};
pub use evaluate::{Evaluation, Problem, ProblemKind, Scope};
pub use filters::{FilterSpec, filters};
pub use predicates::{TestSpec, tests};
pub use references::Reference;
pub use template::{Expression, Template};

/// How deep an expression may be nested.
pub const MAX_DEPTH: u8 = 64;
/// The longest source of a text or expression, in bytes.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;
/// What one evaluation may read and make, in bytes as [`Value::size`](crate::value::Value::size) counts them.
pub const DEFAULT_BUDGET: usize = 1024 * 1024;
/// How many problems an evaluation tells of.
pub const MAX_PROBLEMS: usize = 20;
