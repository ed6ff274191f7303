//! A ticket, as workflows see it.

use usher_engine::operation::Problem;
use usher_engine::value::Value;

use super::errors;

/// The parts of a ticket that are handed on as they are.
const FIELDS: &[&str] = &[
    "id",
    "subject",
    "description",
    "status",
    "priority",
    "type",
    "tags",
    "requester_id",
    "assignee_id",
    "group_id",
    "external_id",
    "created_at",
    "updated_at",
];

/// Makes the outputs of a node from an answer with a ticket: its fields by Zendesk's names, `url` (the page that an
/// agent opens), and `custom_fields` by their ids.
pub(super) fn outputs(status: u16, answer: &Value) -> Result<Value, Problem> {
    let ticket = answer.key("ticket").filter(|ticket| ticket.key("id").is_some_and(|id| id.as_i64().is_some()));
    let Some(ticket) = ticket else {
        return Err(errors::unexpected(status, "Zendesk answered without a ticket"));
    };
    let mut outputs: Vec<(String, Value)> =
        FIELDS.iter().map(|name| ((*name).to_owned(), ticket.key(name).unwrap_or_default())).collect();
    outputs.push(("url".to_owned(), page(&ticket)));
    outputs.push(("custom_fields".to_owned(), custom_fields(&ticket)));
    Ok(Value::map(outputs))
}

/// Makes the address of the page from that of the API (`…/api/v2/tickets/35436.json`).
fn page(ticket: &Value) -> Value {
    let api = ticket.key("url");
    let id = ticket.key("id").and_then(|id| id.as_i64());
    match (api.as_ref().and_then(Value::as_text).and_then(|api| api.split_once("/api/v2/")), id) {
        (Some((site, _)), Some(id)) => Value::from(format!("{site}/agent/tickets/{id}")),
        _ => Value::UNSET,
    }
}

fn custom_fields(ticket: &Value) -> Value {
    let fields = ticket.key("custom_fields");
    let fields = fields.as_ref().and_then(Value::as_list).unwrap_or_default();
    Value::map(fields.iter().filter_map(|field| {
        let id = field.key("id")?.as_i64()?;
        Some((id.to_string(), field.key("value").unwrap_or_default()))
    }))
}
