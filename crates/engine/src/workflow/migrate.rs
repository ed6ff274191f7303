//! Reads documents of this format and of earlier ones, each brought up by small steps.

use serde_json::Value as Json;

use super::document::{Document, FORMAT};
use crate::limits;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the document is {size} bytes long; at most {} are read", limits::DOCUMENT_BYTES)]
    TooLarge { size: usize },
    #[error("the document is no JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("`usher` says `{found}`; this release reads `{FORMAT}`")]
    Format { found: String },
    #[error("at `{pointer}`: {message}")]
    Shape { pointer: String, message: String },
}

/// A step from one format to the next, with the reason in its comment.
type Migration = fn(Json) -> Json;

/// The steps, each under the format that it reads. There is one format so far.
const MIGRATIONS: &[(&str, Migration)] = &[];

/// Reads a workflow document.
///
/// # Errors
///
/// Says what is wrong and where, as a JSON pointer.
pub fn read(text: &str) -> Result<Document, ReadError> {
    if text.len() > limits::DOCUMENT_BYTES {
        return Err(ReadError::TooLarge { size: text.len() });
    }
    let written: Json = serde_json::from_str(text).map_err(ReadError::NotJson)?;
    let mut document: Document = from_json(bring_up(written)?)?;
    if document.next_number == 0 {
        document.next_number = document.nodes.keys().chain(document.removed.keys()).max().map_or(1, |last| last + 1);
    }
    well_formed(&document)?;
    Ok(document)
}

fn bring_up(mut written: Json) -> Result<Json, ReadError> {
    let format = |written: &Json| written.get("usher").and_then(Json::as_str).unwrap_or_default().to_owned();
    for (from, migration) in MIGRATIONS {
        if format(&written) == *from {
            written = migration(written);
        }
    }
    let found = format(&written);
    if found == FORMAT { Ok(written) } else { Err(ReadError::Format { found }) }
}

fn from_json(written: Json) -> Result<Document, ReadError> {
    serde_path_to_error::deserialize(written).map_err(|error| ReadError::Shape {
        pointer: crate::settings::pointer(error.path()),
        message: error.inner().to_string(),
    })
}

fn well_formed(document: &Document) -> Result<(), ReadError> {
    let wrong = |pointer: String, message: String| Err(ReadError::Shape { pointer, message });
    if !is_key(&document.key) {
        let message = format!(
            "`{}` is no key; use up to {} lower-case letters, digits and dashes",
            document.key,
            limits::KEY_CHARACTERS
        );
        return wrong("/key".to_owned(), message);
    }
    if document.languages.is_empty() {
        return wrong("/languages".to_owned(), "a workflow has at least one language".to_owned());
    }
    let count = document.nodes.len() + document.removed.len();
    if count > limits::NODES {
        return wrong("/nodes".to_owned(), format!("{count} nodes; at most {} are possible", limits::NODES));
    }
    for (number, part) in document
        .nodes
        .keys()
        .map(|number| (*number, "nodes"))
        .chain(document.removed.keys().map(|number| (*number, "removed")))
    {
        if number == 0 || number >= document.next_number {
            let message = format!("number {number} was never given out; `next_number` is {}", document.next_number);
            return wrong(format!("/{part}/{number}"), message);
        }
    }
    if let Some(number) = document.removed.keys().find(|number| document.nodes.contains_key(number)) {
        return wrong(format!("/removed/{number}"), format!("node {number} is both there and removed"));
    }
    Ok(())
}

/// Says whether a text can name a workflow, a channel, an API, …: lower-case letters, digits and dashes.
fn is_key(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !text.is_empty() && text.len() <= limits::KEY_CHARACTERS && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_and_where() {
        let refused = |text: &str| read(text).expect_err("refused").to_string();
        assert!(refused("{").starts_with("the document is no JSON"));
        assert_eq!(refused(r#"{"usher":"workflow/9"}"#), "`usher` says `workflow/9`; this release reads `workflow/1`");
        let bad_exit = r#"{"usher":"workflow/1","key":"a","name":"A","next_number":2,
            "nodes":{"1":{"type":"menu","exits":{"next":"somewhere"}}}}"#;
        assert!(refused(bad_exit).starts_with("at `/nodes/1/exits/next`: an exit leads to"), "{}", refused(bad_exit));
        let unnumbered = r#"{"usher":"workflow/1","key":"a","name":"A","next_number":3,"nodes":{"7":{"type":"menu"}}}"#;
        assert_eq!(refused(unnumbered), "at `/nodes/7`: number 7 was never given out; `next_number` is 3");
    }
}
