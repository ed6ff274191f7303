//! Conversations as readable text: one format for scenarios, the tests that builders keep with a workflow,
//! what a preview records and what a report of a mistake holds.
//!
//! ```text
//! workflow order-status
//! contact whatsapp +27825550101 "Ann"
//! api shop
//!
//! > hi
//! < Hi Ann! What can we do? [Where is my order?] [Talk to us]
//! > tap "Where is my order?"
//! < Your order number?
//! > 1234
//! ~ call shop GET /orders/1234.json -> 200 {"status": "shipped"}
//! < Order 1234 is shipped.
//! = ended at 5
//! ```
//!
//! | line | says |
//! | --- | --- |
//! | `workflow KEY`, `contact CHANNEL ADDRESS "NAME" LANGUAGE`, `api KEY BASE_ELEMENT` | who talks, where it begins, what can be called |
//! | `> TEXT`, `> tap "LABEL"`, `> image`, `> opens the chat` | what the customer does |
//! | `< TEXT [BUTTON] {ROW}` | what the customer reads |
//! | `~ call WHO METHOD PATH BODY -> ANSWER` | a call, and its answer: a status and a body, or `timeout`, … |
//! | `~ wait 5m` | time passes |
//! | `~ undeliverable` | the last message does not arrive |
//! | `! node 3: TEXT` | a warning or an error in the trace |
//! | `= waiting at 3`, `= ended at 5 (sale)` | where it stands |
//! | `= order.status is "shipped"` | what a variable holds |
//! | `# TEXT` | a remark |
//!
//! A line break within a text is written as `\n`. [`play`] acts a scenario out and returns it as it came to pass; a
//! test compares the two texts.

mod parse;
mod play;
mod show;

pub use parse::{ParseError, Scenario};
pub use play::{Stage, play};
