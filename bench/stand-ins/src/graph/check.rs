//! What Meta refuses in the body of a message, after its references of messages and of interactive messages.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::error::Error;

type Checked = Result<(), Error>;
type Object = Map<String, Json>;

/// Checks a body of `POST /{phone-number-id}/messages`.
pub(super) fn message(body: &Json) -> Checked {
    let body = object("body", body)?;
    if body.get("messaging_product") != Some(&Json::from("whatsapp")) {
        return Err(missing("messaging_product"));
    }
    match body.get("recipient_type").and_then(Json::as_str) {
        Some("individual" | "group") => {}
        Some(_) => return Err(invalid("recipient_type must be one of {individual, group}")),
        None => return Err(missing("recipient_type")),
    }
    recipient(body)?;
    let kind = required(body, "type", 1, 40)?;
    if !body.contains_key(kind) {
        return Err(missing(kind));
    }
    let envelope =
        ["messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data", kind];
    only(body, &envelope)?;
    optional(body, "biz_opaque_callback_data", 512)?;
    if let Some(context) = body.get("context") {
        required(object("context", context)?, "message_id", 1, 512)?;
    }
    content(kind, &body[kind])
}

fn recipient(body: &Object) -> Checked {
    match (body.get("to"), body.get("recipient")) {
        (None, None) => Err(missing("to")),
        (Some(Json::String(to)), _) => {
            let digits = to.chars().filter(char::is_ascii_digit).count();
            let others = to.chars().any(|letter| !letter.is_ascii_digit() && !"+-() ".contains(letter));
            if others || digits == 0 { Err(invalid(format!("'{to}' is not a valid WhatsApp ID"))) } else { Ok(()) }
        }
        (None, Some(Json::String(id))) if id.contains('.') => Ok(()),
        _ => Err(invalid("the recipient must be a string")),
    }
}

fn content(kind: &str, content: &Json) -> Checked {
    if kind == "contacts" {
        return contacts(content);
    }
    let fields = object(kind, content)?;
    match kind {
        "text" => {
            only(fields, &["body", "preview_url"])?;
            if fields.get("preview_url").is_some_and(|preview| !preview.is_boolean()) {
                return Err(invalid("text['preview_url'] must be a boolean"));
            }
            required(fields, "body", 1, 4096).map(drop)
        }
        "image" | "video" => file(fields, &["id", "link", "caption"]),
        "audio" => file(fields, &["id", "link", "voice"]),
        "document" => file(fields, &["id", "link", "caption", "filename"]),
        "sticker" => file(fields, &["id", "link"]),
        "location" => {
            only(fields, &["latitude", "longitude", "name", "address"])?;
            for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
                // Numbers are refused: degrees are sent as texts.
                let degrees = required(fields, name, 1, 40)?.parse::<f64>();
                if !degrees.is_ok_and(|degrees| degrees.abs() <= most) {
                    return Err(invalid(format!("location['{name}'] is out of range")));
                }
            }
            Ok(())
        }
        "reaction" => {
            only(fields, &["message_id", "emoji"])?;
            required(fields, "message_id", 1, 512).map(drop)
        }
        "interactive" => interactive(fields),
        other => Err(invalid(format!("the message type '{other}' is not one that the stand-in knows"))),
    }
}

fn file(fields: &Object, known: &[&str]) -> Checked {
    only(fields, known)?;
    optional(fields, "caption", 1024)?;
    match (fields.get("id"), fields.get("link")) {
        (Some(Json::String(_)), None) => Ok(()),
        (None, Some(Json::String(link))) if link.starts_with("http") => Ok(()),
        _ => Err(invalid("exactly one of id and link must be given")),
    }
}

fn contacts(cards: &Json) -> Checked {
    let cards = list("contacts", cards, 1, 257)?;
    for card in cards {
        let card = object("contacts", card)?;
        let name = card.get("name").ok_or_else(|| missing("contacts[name]"))?;
        required(object("name", name)?, "formatted_name", 1, 1024)?;
    }
    Ok(())
}

fn interactive(fields: &Object) -> Checked {
    only(fields, &["type", "header", "body", "footer", "action"])?;
    let kind = required(fields, "type", 1, 40)?;
    let body = object("interactive['body']", fields.get("body").ok_or_else(|| missing("interactive['body']"))?)?;
    only(body, &["text"])?;
    required(body, "text", 1, if kind == "list" { 4096 } else { 1024 })?;
    if let Some(header) = fields.get("header") {
        let header = object("interactive['header']", header)?;
        match required(header, "type", 1, 20)? {
            "text" => {
                only(header, &["type", "text"])?;
                required(header, "text", 1, 60)?;
            }
            "image" | "video" | "document" if kind != "list" => {}
            _ => return Err(invalid("interactive['header'] is of a type that does not fit")),
        }
    }
    if let Some(footer) = fields.get("footer") {
        let footer = object("interactive['footer']", footer)?;
        only(footer, &["text"])?;
        required(footer, "text", 1, 60)?;
    }
    let action =
        object("interactive['action']", fields.get("action").ok_or_else(|| missing("interactive['action']"))?)?;
    match kind {
        "button" => buttons(action),
        "list" => sections(action),
        "cta_url" => {
            let parameters = object("parameters", action.get("parameters").ok_or_else(|| missing("parameters"))?)?;
            required(parameters, "display_text", 1, 20)?;
            required(parameters, "url", 1, 2000).map(drop)
        }
        "location_request_message" if fields.contains_key("header") || fields.contains_key("footer") => {
            Err(invalid("a location request has neither header nor footer"))
        }
        "location_request_message" if action.get("name") != Some(&Json::from("send_location")) => {
            Err(missing("interactive['action']['name']"))
        }
        "location_request_message" => Ok(()),
        other => Err(invalid(format!("interactive['type'] '{other}' is not one that the stand-in knows"))),
    }
}

fn buttons(action: &Object) -> Checked {
    only(action, &["buttons"])?;
    let mut ids = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for button in list("buttons", action.get("buttons").unwrap_or(&Json::Null), 1, 3)? {
        let button = object("button", button)?;
        only(button, &["type", "reply"])?;
        if required(button, "type", 1, 20)? != "reply" {
            return Err(invalid("button['type'] must be reply"));
        }
        let reply = object("reply", button.get("reply").ok_or_else(|| missing("reply"))?)?;
        only(reply, &["id", "title"])?;
        if !ids.insert(required(reply, "id", 1, 256)?) {
            return Err(invalid("Duplicated button id"));
        }
        if !titles.insert(required(reply, "title", 1, 20)?) {
            return Err(invalid("Duplicated button title"));
        }
    }
    Ok(())
}

fn sections(action: &Object) -> Checked {
    only(action, &["button", "sections"])?;
    required(action, "button", 1, 20)?;
    let mut rows = 0;
    let mut ids = BTreeSet::new();
    for section in list("sections", action.get("sections").unwrap_or(&Json::Null), 1, 10)? {
        let section = object("section", section)?;
        only(section, &["title", "rows"])?;
        required(section, "title", 1, 24)?;
        for row in list("rows", section.get("rows").unwrap_or(&Json::Null), 1, 10)? {
            let row = object("row", row)?;
            only(row, &["id", "title", "description"])?;
            if !ids.insert(required(row, "id", 1, 200)?) {
                return Err(invalid("Duplicated row id"));
            }
            required(row, "title", 1, 24)?;
            optional(row, "description", 72)?;
            rows += 1;
        }
    }
    if rows > 10 { Err(invalid(format!("Total row count exceed max allowed count: 10, got {rows}"))) } else { Ok(()) }
}

fn missing(name: &str) -> Error {
    Error::of(100, format!("The parameter {name} is required."))
}

fn invalid(details: impl Into<String>) -> Error {
    Error::of(131009, details)
}

fn object<'a>(name: &str, value: &'a Json) -> Result<&'a Object, Error> {
    value.as_object().ok_or_else(|| Error::of(100, format!("Param {name} must be a JSON object.")))
}

fn list<'a>(name: &str, value: &'a Json, least: usize, most: usize) -> Result<&'a [Json], Error> {
    let items = value.as_array().ok_or_else(|| missing(name))?;
    if (least..=most).contains(&items.len()) {
        Ok(items)
    } else {
        Err(invalid(format!("{name} must have {least} to {most} items, got {}", items.len())))
    }
}

/// Refuses names that Meta does not know, as it does misspelt ones.
fn only(fields: &Object, known: &[&str]) -> Checked {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Error::of(100, format!("Unexpected key \"{name}\" on param."))),
        None => Ok(()),
    }
}

fn required<'a>(fields: &'a Object, name: &str, least: usize, most: usize) -> Result<&'a str, Error> {
    let text = match fields.get(name) {
        Some(Json::String(text)) => text,
        Some(_) => return Err(Error::of(100, format!("Param {name} must be a string."))),
        None => return Err(missing(name)),
    };
    let length = text.chars().count();
    if length < least || text.trim().is_empty() {
        return Err(missing(name));
    }
    if length > most {
        return Err(Error::of(100, format!("Param {name} must be at most {most} characters long.")));
    }
    Ok(text)
}

fn optional(fields: &Object, name: &str, most: usize) -> Checked {
    if fields.contains_key(name) { required(fields, name, 1, most).map(drop) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, content: Json) -> Result<(), i64> {
        let mut body = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505551234", "type": kind });
        body[kind] = content;
        message(&body).map_err(|error| error.code)
    }

    fn buttons(titles: &[&str]) -> Json {
        let buttons: Vec<_> = titles
            .iter()
            .enumerate()
            .map(|(i, title)| json!({ "type": "reply", "reply": { "id": format!("b{i}"), "title": title } }))
            .collect();
        json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": buttons } })
    }

    #[test]
    fn what_meta_takes_is_taken() {
        assert_eq!(of("text", json!({ "body": "é".repeat(4096), "preview_url": false })), Ok(()));
        assert_eq!(of("location", json!({ "latitude": "37.44216", "longitude": "-122.16" })), Ok(()));
        assert_eq!(of("interactive", buttons(&["Yes", "No", "Twenty characters!!"])), Ok(()));
        assert_eq!(of("image", json!({ "id": "1" })), Ok(()));
        let list = json!({ "type": "list", "body": { "text": "?" }, "action": { "button": "Choose", "sections": [
            { "title": "All", "rows": [{ "id": "1", "title": "One", "description": "the first" }] }] } });
        assert_eq!(of("interactive", list), Ok(()));
    }

    #[test]
    fn what_meta_refuses_is_refused() {
        for (kind, content, code) in [
            ("text", json!({ "body": "x".repeat(4097) }), 100),
            ("text", json!({ "body": "" }), 100),
            ("text", json!({ "body": 7 }), 100),
            ("text", json!({ "boddy": "x" }), 100),
            ("location", json!({ "latitude": 37.44, "longitude": -122.16 }), 100),
            ("location", json!({ "latitude": "91", "longitude": "0" }), 131009),
            ("interactive", buttons(&["1", "2", "3", "4"]), 131009),
            ("interactive", buttons(&["Yes", "Yes"]), 131009),
            ("interactive", buttons(&["Twenty-one characters"]), 100),
            ("interactive", buttons(&[]), 131009),
            ("image", json!({ "id": "1", "link": "https://example.com/a.png" }), 131009),
            ("hologram", json!({}), 131009),
        ] {
            assert_eq!(of(kind, content.clone()), Err(code), "{kind} {content}");
        }
        for (name, value) in [
            ("messaging_product", json!("messenger")),
            ("recipient_type", Json::Null),
            ("to", json!("ann@example.com")),
            ("to", json!(16505551234_i64)),
            ("surprise", json!(1)),
            ("biz_opaque_callback_data", json!("x".repeat(513))),
        ] {
            let mut body = json!({
                "messaging_product": "whatsapp", "recipient_type": "individual", "to": "1", "type": "text", "text": { "body": "x" },
            });
            body[name] = value;
            assert!(message(&body).is_err(), "{name}");
        }
    }
}
