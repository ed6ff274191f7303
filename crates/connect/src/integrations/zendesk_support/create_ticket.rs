//! Create ticket.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde_json::{Value as Json, json};
use usher_engine::effect::{Body, Method, Request};
use usher_engine::event::Answer;
use usher_engine::operation::{Operation, Problem, Spec};
use usher_engine::value::Value;

use super::{KEY, TITLE, errors, request, ticket};
use crate::settings;

/// Characters of a subject that Zendesk keeps.
const SUBJECT: usize = 150;
/// Bytes of a comment that Zendesk takes.
const COMMENT_BYTES: usize = 64 * 1024;

/// What the ticket says.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "stands for its schema; the values come filled in")]
struct Inputs {
    /// What the ticket is about, in a line.
    #[schemars(extend("x-widget" = "line"))]
    subject: Option<String>,
    /// The first comment: what the customer needs.
    #[schemars(title = "Comment", extend("x-widget" = "text"))]
    comment: String,
    /// Whether the requester sees the comment.
    #[schemars(title = "Public comment", extend("x-widget" = "switch"), extend("default" = true))]
    public: Option<bool>,
    /// The customer's name. It goes with the e-mail address: without one, Zendesk takes no name.
    #[schemars(extend("x-widget" = "line"))]
    requester_name: Option<String>,
    /// The customer's e-mail address. Zendesk makes a user of a new one; without one the agent is the requester.
    #[schemars(title = "Requester e-mail", extend("x-widget" = "line"))]
    requester_email: Option<String>,
    /// The id of a user that Zendesk knows, instead of name and e-mail.
    #[schemars(title = "Requester ID", extend("x-widget" = "line"))]
    requester_id: Option<String>,
    #[schemars(extend("x-widget" = "select"))]
    priority: Option<Priority>,
    #[schemars(title = "Type", extend("x-widget" = "select"))]
    r#type: Option<TicketType>,
    /// Words separated by commas or spaces.
    #[schemars(extend("x-widget" = "line"))]
    tags: Option<String>,
    /// Your own reference, such as an order number.
    #[schemars(title = "External ID", extend("x-widget" = "line"))]
    external_id: Option<String>,
    #[schemars(extend("x-widget" = "list"))]
    custom_fields: Option<Vec<CustomField>>,
}

/// A field that your Zendesk has beside the usual ones.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "stands for its schema; the values come filled in")]
struct CustomField {
    /// The number of the field, as Zendesk's Admin Center shows it.
    #[schemars(title = "Field ID", extend("x-widget" = "line"))]
    id: String,
    #[schemars(extend("x-widget" = "line"))]
    value: String,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "stands for its schema; the values come filled in")]
enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

const PRIORITIES: &[&str] = &["low", "normal", "high", "urgent"];

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "stands for its schema; the values come filled in")]
enum TicketType {
    Question,
    Incident,
    Problem,
    Task,
}

const TYPES: &[&str] = &["question", "incident", "problem", "task"];

/// Makes a ticket, once, however often the call is tried.
#[derive(Debug)]
pub(super) struct CreateTicket(Spec);

impl CreateTicket {
    pub fn new() -> Self {
        let new = [
            ("subject", "A customer needs help"),
            ("comment", "{{ contact.name }} ({{ contact.address }}) wrote: {{ message.text }}"),
        ];
        let new = new.map(|(name, text)| (name.to_owned(), Json::from(text))).into_iter().collect();
        Self(Spec {
            r#type: "zendesk_support.create_ticket",
            system: KEY,
            system_title: TITLE,
            title: "Create ticket",
            icon: "ticket",
            tooltip: "Makes a ticket, once, however often the call is tried.",
            inputs: settings::schema::<Inputs>(),
            new,
            summary: "{subject}",
        })
    }
}

/// The inputs, filled in, by name.
struct Filled<'a>(&'a IndexMap<String, Value>);

impl Filled<'_> {
    /// Returns an input as text; empty counts as missing.
    fn text(&self, name: &str) -> Option<String> {
        let text = self.0.get(name)?.render();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns an input that is one of a few words, in any case.
    fn word(&self, name: &str, words: &[&str]) -> Result<Option<String>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let word = text.to_lowercase();
        if words.contains(&word.as_str()) {
            return Ok(Some(word));
        }
        Err(format!("the {name} `{}` is none of: {}", shown(&text), words.join(", ")))
    }

    /// Returns an input that is a number of Zendesk's.
    fn id(&self, name: &str) -> Result<Option<i64>, String> {
        self.text(name).map(|text| id(name, &text)).transpose()
    }
}

fn id(name: &str, text: &str) -> Result<i64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|id| *id > 0)
        .ok_or_else(|| format!("the {name} `{}` is no number of Zendesk's", shown(text)))
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

impl Operation for CreateTicket {
    fn spec(&self) -> &Spec {
        &self.0
    }

    fn request(&self, inputs: &IndexMap<String, Value>) -> Result<Request, String> {
        let filled = Filled(inputs);
        let comment = filled.text("comment").ok_or("the comment is empty")?;
        if comment.len() > COMMENT_BYTES {
            return Err(format!("the comment is {} bytes long; at most {COMMENT_BYTES} fit", comment.len()));
        }
        let public = inputs.get("public").is_none_or(|public| public.is_unset() || public.truthy());
        let mut ticket = json!({ "comment": { "body": comment, "public": public } });
        if let Some(subject) = filled.text("subject") {
            ticket["subject"] = subject.chars().take(SUBJECT).collect::<String>().into();
        }
        if let Some(id) = filled.id("requester_id")? {
            ticket["requester_id"] = id.into();
        } else if let Some(requester) = requester(&filled)? {
            ticket["requester"] = requester;
        }
        if let Some(priority) = filled.word("priority", PRIORITIES)? {
            ticket["priority"] = priority.into();
        }
        if let Some(kind) = filled.word("type", TYPES)? {
            ticket["type"] = kind.into();
        }
        let tags = tags(inputs.get("tags"));
        if !tags.is_empty() {
            ticket["tags"] = tags.into();
        }
        if let Some(external_id) = filled.text("external_id") {
            ticket["external_id"] = external_id.into();
        }
        let custom_fields = custom_fields(inputs.get("custom_fields"))?;
        if !custom_fields.is_empty() {
            ticket["custom_fields"] = custom_fields.into();
        }
        let mut request = request(Method::Post, "/api/v2/tickets");
        request.body = Some(Body::Json { text: json!({ "ticket": ticket }).to_string() });
        request.idempotent = true;
        Ok(request)
    }

    fn answer(&self, answer: &Answer) -> Result<Value, Problem> {
        let (status, value) = errors::outputs(answer)?;
        ticket::outputs(status, &value)
    }
}

/// Makes the requester of name and e-mail; Zendesk asks for a name with every new user.
fn requester(filled: &Filled<'_>) -> Result<Option<Json>, String> {
    let name = filled.text("requester_name");
    let Some(email) = filled.text("requester_email") else { return Ok(None) };
    let parts: Vec<&str> = email.split('@').collect();
    if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) || email.contains(char::is_whitespace) {
        return Err(format!("the requester e-mail `{}` is no e-mail address", shown(&email)));
    }
    let name = name.unwrap_or_else(|| parts[0].to_owned());
    Ok(Some(json!({ "name": name, "email": email })))
}

/// Reads tags from a text, or from a list of them. Zendesk's tags have no spaces.
fn tags(input: Option<&Value>) -> Vec<String> {
    let Some(input) = input else { return Vec::new() };
    let texts = input.as_list().map_or_else(|| vec![input.render()], |list| list.iter().map(Value::render).collect());
    let mut tags: Vec<String> = Vec::new();
    for tag in texts.iter().flat_map(|text| text.split([',', ' ', '\n', '\t'])).map(str::trim) {
        if !tag.is_empty() && !tags.iter().any(|other| other == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Reads custom fields: a list of `{id, value}`, or a map from id to value.
fn custom_fields(input: Option<&Value>) -> Result<Vec<Json>, String> {
    let Some(input) = input else { return Ok(Vec::new()) };
    let pairs: Vec<(String, Value)> = if let Some(list) = input.as_list() {
        let pair = |field: &Value| {
            let id = field.key("id").map(|id| id.render()).unwrap_or_default();
            (id, field.key("value").unwrap_or_default())
        };
        list.iter().map(pair).collect()
    } else if let Some(map) = input.as_map() {
        map.keys().map(|id| (id.clone(), input.key(id).unwrap_or_default())).collect()
    } else {
        return Ok(Vec::new());
    };
    pairs
        .iter()
        .filter(|(id, _)| !id.trim().is_empty())
        .map(|(name, value)| Ok(json!({ "id": id("custom field", name)?, "value": value.to_serde_json() })))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(inputs: Json) -> IndexMap<String, Value> {
        let Json::Object(inputs) = inputs else { panic!("inputs are an object") };
        inputs.iter().map(|(name, value)| (name.clone(), Value::from_serde_json(value))).collect()
    }

    fn ticket(given: Json) -> Result<Json, String> {
        let request = CreateTicket::new().request(&inputs(given))?;
        assert_eq!(
            (request.method, request.path.as_str(), request.idempotent),
            (Method::Post, "/api/v2/tickets", true)
        );
        let Some(Body::Json { text }) = request.body else { panic!("the body is JSON") };
        Ok(serde_json::from_str::<Json>(&text).expect("the body is JSON")["ticket"].take())
    }

    #[test]
    fn a_comment_is_enough() {
        let made = ticket(json!({ "comment": " My printer is on fire ", "subject": "", "public": null }));
        assert_eq!(made, Ok(json!({ "comment": { "body": "My printer is on fire", "public": true } })));
    }

    #[test]
    fn every_input_finds_its_place() {
        let made = ticket(json!({
            "subject": "Help", "comment": "It burns", "public": false, "requester_name": "Ann",
            "requester_email": "ann@example.com", "priority": "Urgent", "type": "incident", "tags": "vip, chat vip",
            "external_id": 1234, "custom_fields": [{ "id": "360001", "value": "red" }, { "id": "", "value": "x" }],
        }));
        assert_eq!(
            made,
            Ok(json!({
                "comment": { "body": "It burns", "public": false },
                "subject": "Help",
                "requester": { "name": "Ann", "email": "ann@example.com" },
                "priority": "urgent",
                "type": "incident",
                "tags": ["vip", "chat"],
                "external_id": "1234",
                "custom_fields": [{ "id": 360_001, "value": "red" }],
            }))
        );
        let known = ticket(json!({ "comment": "x", "requester_id": "42", "requester_email": "ann@example.com" }));
        assert_eq!(known, Ok(json!({ "comment": { "body": "x", "public": true }, "requester_id": 42 })));
    }

    #[test]
    fn what_is_unfit_is_said_before_anything_is_sent() {
        for (given, message) in [
            (json!({}), "the comment is empty"),
            (json!({ "comment": " " }), "the comment is empty"),
            (
                json!({ "comment": "x", "priority": "asap" }),
                "the priority `asap` is none of: low, normal, high, urgent",
            ),
            (
                json!({ "comment": "x", "requester_email": "ann at home" }),
                "the requester e-mail `ann at home` is no e-mail address",
            ),
            (json!({ "comment": "x", "requester_id": "ann" }), "the requester_id `ann` is no number of Zendesk's"),
            (
                json!({ "comment": "x", "custom_fields": [{ "id": "colour", "value": "red" }] }),
                "the custom field `colour` is no number of Zendesk's",
            ),
            (json!({ "comment": "x".repeat(65_537) }), "the comment is 65537 bytes long; at most 65536 fit"),
        ] {
            assert_eq!(ticket(given).expect_err(message), message);
        }
    }
}
