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
