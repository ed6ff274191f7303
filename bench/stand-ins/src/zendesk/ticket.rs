//! What Zendesk refuses in a new ticket, and what it makes of the rest.

use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};

use super::Refusal;

/// What a new ticket may hold.
const KNOWN: &[&str] = &[
    "comment",
    "subject",
    "requester",
    "requester_id",
    "submitter_id",
    "priority",
    "status",
    "type",
    "tags",
    "custom_fields",
    "external_id",
    "group_id",
    "assignee_id",
    "assignee_email",
    "custom_status_id",
    "due_at",
    "email_ccs",
    "followers",
    "organization_id",
    "brand_id",
    "ticket_form_id",
    "via_followup_source_id",
];

/// The fields that are one of a few words.
const WORDS: &[(&str, &[&str])] = &[
    ("priority", &["urgent", "high", "normal", "low"]),
    ("status", &["new", "open", "pending", "hold", "solved", "closed"]),
    ("type", &["problem", "incident", "question", "task"]),
];

/// Makes a ticket of a body.
pub(super) fn made(body: &Json, id: i64, origin: &str) -> Result<Json, Refusal> {
    let Some(given) = body["ticket"].as_object() else {
        return Err((
            StatusCode::BAD_REQUEST,
            json!({ "error": { "title": "Invalid attribute", "message": "ticket is required" } }),
        ));
    };
    if let Some(unknown) = given.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        let message = format!("{unknown} is no attribute of a ticket");
        return Err((
            StatusCode::BAD_REQUEST,
            json!({ "error": { "title": "Invalid attribute", "message": message } }),
        ));
    }
    let comment =
        given.get("comment").and_then(|comment| comment["body"].as_str().or_else(|| comment["html_body"].as_str()));
    let comment = comment.map(str::trim).unwrap_or_default();
    if comment.is_empty() {
        return Err(invalid("base", "Description: cannot be blank", "BlankValue"));
    }
    for (name, words) in WORDS {
        match given.get(*name) {
            None => {}
            Some(Json::String(word)) if words.contains(&word.as_str()) => {}
            Some(_) => {
                let description = format!("{name}: is not valid");
                return Err(invalid(name, &description, "InvalidValue"));
            }
        }
    }
    if let Some(requester) = given.get("requester") {
        let text = |name: &str| requester[name].as_str().map(str::trim).unwrap_or_default();
        if text("name").is_empty() {
            return Err(invalid(
                "requester",
                "Requester: Name: is too short (minimum is 1 characters)",
                "RecordInvalid",
            ));
        }
        if !text("email").contains('@') {
            return Err(invalid("requester", "Requester: Email: is not properly formatted", "RecordInvalid"));
        }
    }
    let whole = |name: &str| given.get(name).is_none_or(Json::is_i64);
    if !whole("requester_id") {
        return Err(invalid("requester", "Requester: is not valid", "InvalidValue"));
    }
    let fields = given.get("custom_fields").map_or(Some(&[][..]), |fields| fields.as_array().map(Vec::as_slice));
    if !fields.is_some_and(|fields| fields.iter().all(|field| field["id"].is_i64() && field.get("value").is_some())) {
        return Err(invalid("custom_fields", "Custom fields: are not valid", "InvalidValue"));
    }
    Ok(ticket(given, comment, id, origin))
}

fn ticket(given: &Map<String, Json>, comment: &str, id: i64, origin: &str) -> Json {
    let or_null = |name: &str| given.get(name).cloned().unwrap_or_default();
    json!({
        "id": id,
        "url": format!("{origin}/api/v2/tickets/{id}.json"),
        "external_id": or_null("external_id"),
        "subject": given.get("subject").cloned().unwrap_or_else(|| comment.chars().take(80).collect::<String>().into()),
        "description": comment,
        "priority": or_null("priority"),
        "status": given.get("status").cloned().unwrap_or_else(|| "new".into()),
        "type": or_null("type"),
        "tags": given.get("tags").cloned().unwrap_or_else(|| json!([])),
        "requester": or_null("requester"),
        "requester_id": given.get("requester_id").cloned().unwrap_or_else(|| 1_001.into()),
        "assignee_id": null,
        "group_id": null,
        "custom_fields": given.get("custom_fields").cloned().unwrap_or_else(|| json!([])),
        "satisfaction_rating": null,
        "created_at": "2026-01-20T22:55:29Z",
        "updated_at": "2026-01-20T22:55:29Z",
    })
}

fn invalid(field: &str, description: &str, error: &str) -> Refusal {
    let mut details = Map::new();
    details.insert(field.to_owned(), json!([{ "description": description, "error": error }]));
    let body = json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": details });
    (StatusCode::UNPROCESSABLE_ENTITY, body)
}
