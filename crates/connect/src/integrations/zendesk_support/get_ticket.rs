//! Get ticket.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde_json::Map;
use usher_engine::effect::{Method, Request};
use usher_engine::event::Answer;
use usher_engine::operation::{Operation, Problem, Spec};
use usher_engine::value::Value;

use super::{KEY, TITLE, errors, request, ticket};
use crate::settings;

/// What is asked for.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "stands for its schema; the values come filled in")]
struct Inputs {
    /// The number of the ticket.
    #[schemars(title = "Ticket number", extend("x-widget" = "line"))]
    ticket_id: String,
}

/// Reads a ticket: its status, subject, tags and the rest.
#[derive(Debug)]
pub(super) struct GetTicket(Spec);

impl GetTicket {
    pub fn new() -> Self {
        let mut new = Map::new();
        new.insert("ticket_id".to_owned(), "{{ ticket_number }}".into());
        Self(Spec {
            r#type: "zendesk_support.get_ticket",
            system: KEY,
            system_title: TITLE,
            title: "Get ticket",
            icon: "ticket",
            tooltip: "Reads a ticket: its status, subject, tags and the rest.",
            inputs: settings::schema::<Inputs>(),
            new,
            summary: "Ticket {ticket_id}",
        })
    }
}

impl Operation for GetTicket {
    fn spec(&self) -> &Spec {
        &self.0
    }

    fn request(&self, inputs: &IndexMap<String, Value>) -> Result<Request, String> {
        let id = inputs.get("ticket_id").map(Value::render).unwrap_or_default();
        // Customers write `#35436` as well.
        let id = id.trim().trim_start_matches('#').trim();
        if id.is_empty() {
            return Err("the ticket number is empty".to_owned());
        }
        if id.len() > 19 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("`{}` is no ticket number: digits alone are", id.chars().take(40).collect::<String>()));
        }
        Ok(request(Method::Get, format!("/api/v2/tickets/{id}")))
    }

    fn answer(&self, answer: &Answer) -> Result<Value, Problem> {
        let (status, value) = errors::outputs(answer)?;
        ticket::outputs(status, &value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(id: &str) -> Result<String, String> {
        let inputs = IndexMap::from([("ticket_id".to_owned(), Value::from(id))]);
        GetTicket::new().request(&inputs).map(|request| request.path)
    }

    #[test]
    fn a_number_makes_the_path_and_nothing_else_does() {
        assert_eq!(path("35436").as_deref(), Ok("/api/v2/tickets/35436"));
        assert_eq!(path(" #35436 ").as_deref(), Ok("/api/v2/tickets/35436"));
        assert_eq!(path("").expect_err("empty"), "the ticket number is empty");
        for id in ["35436/../users", "-1", "3.5", "٣", "99999999999999999999"] {
            assert!(path(id).is_err(), "{id} is no number");
        }
    }

    #[test]
    fn the_outputs_are_the_ticket_with_its_page() {
        let body = r#"{"ticket":{"id":35436,"url":"https://example.zendesk.com/api/v2/tickets/35436.json","status":"open",
            "priority":null,"subject":"Help","tags":["vip"],"custom_fields":[{"id":360001,"value":"red"},{"id":360002,"value":null}],
            "new_field":{"x":1}}}"#;
        let answer =
            Answer::Responded { status: 200, content_type: None, retry_after_seconds: None, body: body.to_owned() };
        let outputs = GetTicket::new().answer(&answer).expect("it is a ticket");
        let text = |name: &str| outputs.key(name).map(|value| value.render()).unwrap_or_default();
        assert_eq!([text("id"), text("status"), text("priority")], ["35436", "open", ""]);
        assert_eq!(text("url"), "https://example.zendesk.com/agent/tickets/35436");
        let fields = outputs.key("custom_fields").expect("there are some");
        assert_eq!(fields.key("360001"), Some(Value::from("red")));
    }

    #[test]
    fn an_answer_without_a_ticket_is_a_problem() {
        for body in ["{}", r#"{"ticket":null}"#, r#"{"ticket":{"id":"x"}}"#, "", "<html>", "[]"] {
            let answer =
                Answer::Responded { status: 200, content_type: None, retry_after_seconds: None, body: body.to_owned() };
            let problem = GetTicket::new().answer(&answer).expect_err(body);
            assert_eq!((problem.kind.as_str(), problem.status), ("unexpected", Some(200)), "{body}");
        }
    }
}
