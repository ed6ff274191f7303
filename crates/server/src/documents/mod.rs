//! Workflows and configuration as files: what `usher apply` reads and `usher export` writes.
//!
//! A file holds one document, or a list of them. Each says in `usher` what it is, such as `route/1`.

pub mod apply;
pub mod examples;
pub mod export;
pub(crate) mod kinds;
pub mod secret;

use serde_json::Value as Json;
use usher_engine::workflow::{self, Document, ReadError};

pub use kinds::{ApiFile, ChannelFile, ConnectionFile, RouteFile, schemas};

use crate::problem::Problem;

/// What a file can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum File {
    Workflow(Box<Document>),
    Api(Box<ApiFile>),
    Connection(ConnectionFile),
    Channel(ChannelFile),
    Route(RouteFile),
}

impl File {
    /// Returns the word for what it holds.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Workflow(_) => "workflow",
            Self::Api(_) => "API",
            Self::Connection(_) => "connection",
            Self::Channel(_) => "channel",
            Self::Route(_) => "route",
        }
    }

    /// Returns the key that names it.
    pub fn key(&self) -> &str {
        match self {
            Self::Workflow(document) => &document.key,
            Self::Api(file) => &file.key,
            Self::Connection(file) => &file.key,
            Self::Channel(file) => &file.key,
            Self::Route(file) => &file.key,
        }
    }
}

/// Reads the documents of a file.
///
/// # Errors
///
/// Says which of several documents is not right, the place in it and why.
pub fn read(text: &str) -> Result<Vec<File>, Problem> {
    let written: Json = serde_json::from_str(text)
        .map_err(|error| Problem::bad_request("malformed", format!("it is not JSON: {error}")))?;
    match written {
        Json::Array(documents) => documents
            .into_iter()
            .enumerate()
            .map(|(index, document)| read_one(document, &format!("/{index}")))
            .collect(),
        document => Ok(vec![read_one(document, "")?]),
    }
}

fn read_one(document: Json, place: &str) -> Result<File, Problem> {
    let kind = document.get("usher").and_then(Json::as_str).unwrap_or_default().to_owned();
    match kind.as_str() {
        kind if kind.starts_with("workflow/") => {
            let document = workflow::read(&document.to_string()).map_err(|error| unreadable(&error, place))?;
            Ok(File::Workflow(Box::new(document)))
        }
        kinds::API => kinds::read_api(document, place).map(|file| File::Api(Box::new(file))),
        kinds::CONNECTION => kinds::read(document, place).map(File::Connection),
        kinds::CHANNEL => kinds::read(document, place).map(File::Channel),
        kinds::ROUTE => kinds::read(document, place).map(File::Route),
        other => {
            let detail = format!(
                "`usher` says `{other}`; a file begins with \"usher\": one of workflow/1, channel/1, route/1, api/1, connection/1"
            );
            Err(Problem::invalid_at(format!("{place}/usher"), detail))
        }
    }
}

/// Says as a problem why a workflow document cannot be read; `place` is where it stands.
pub fn unreadable(error: &ReadError, place: &str) -> Problem {
    match error {
        ReadError::TooLarge { .. } => {
            Problem::new(axum::http::StatusCode::PAYLOAD_TOO_LARGE, "too_large", error.to_string())
        }
        ReadError::NotJson(_) => Problem::bad_request("malformed", error.to_string()),
        ReadError::Format { .. } => Problem::invalid_at(format!("{place}/usher"), error.to_string()),
        ReadError::Shape { pointer, message } => {
            let mut problem = Problem::invalid(format!("it is no workflow document: {error}"));
            problem.code = "not_a_workflow".to_owned();
            "urn:usher:problem:not_a_workflow".clone_into(&mut problem.r#type);
            problem.at(format!("{place}{pointer}"), message.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_hold_several_documents() {
        let files = read(
            r#"[
                {"usher": "workflow/1", "key": "hello", "name": "Hello"},
                {"usher": "route/1", "key": "chat", "name": "Chat", "environment": "sandbox", "channel": "web", "workflow": "hello"}
            ]"#,
        )
        .unwrap();
        let told: Vec<String> = files.iter().map(|file| format!("{} {}", file.kind(), file.key())).collect();
        assert_eq!(told, ["workflow hello", "route chat"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let place = |text: &str| {
            let problem = read(text).unwrap_err();
            (problem.errors.first().map(|place| place.pointer.clone()).unwrap_or_default(), problem.detail.clone())
        };
        assert_eq!(place(r#"{"usher": "recipe/1"}"#).0, "/usher");
        let (pointer, detail) = place(
            r#"[{"usher": "route/1", "key": "chat", "name": "Chat", "environment": "prod", "channel": "web", "workflow": "hello"}]"#,
        );
        assert_eq!(pointer, "/0/environment");
        assert!(detail.contains("prod"), "{detail}");
        let (pointer, _) = place(
            r#"{"usher": "workflow/1", "key": "a", "name": "A", "next_number": 2, "nodes": {"1": {"type": "menu", "exits": {"next": "x"}}}}"#,
        );
        assert_eq!(pointer, "/nodes/1/exits/next");
        assert!(place("{").1.contains("not JSON"));
    }
}
