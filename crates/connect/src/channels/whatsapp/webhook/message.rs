//! One message of a customer.

use serde_json::Value as Json;
use usher_engine::message::{Inbound, MediaKind};

use super::{Envelope, moved, text, timestamp};
use crate::channels::{Moved, Received};

/// What a message turned out to be.
pub(super) enum Read {
    Message(Received),
    /// The platform's own note of a customer's new number.
    Moved(Moved),
    /// Another note of the platform; nothing that the customer said.
    Ignored(String),
}

/// Reads a message.
///
/// # Errors
///
/// Names what is missing: the message is to be kept.
pub(super) fn read(message: &Json, envelope: &Envelope<'_>) -> Result<Read, String> {
    let account = envelope.number()?;
    let kind = text(&message["type"]).ok_or("`type` is no text")?;
    let provider_id = text(&message["id"]).ok_or("`id` is no text")?;
    let phone = text(&message["from"]);
    let own_user = text(&message["from_user_id"]).or_else(|| text(&message["user_id"]));
    let contact = envelope.contact(phone, own_user);
    let phone = phone.or_else(|| text(&contact["wa_id"]));
    // The phone id first, as long as Meta gives it: the same customer was known by it before user ids were.
    let address = phone
        .or(own_user)
        .or_else(|| text(&contact["user_id"]))
        .ok_or("neither `from` nor `from_user_id` says who sent it")?;
    let at = timestamp(&message["timestamp"]);

    if kind == "system" {
        let system = &message["system"];
        let new = text(&system["wa_id"]).or_else(|| text(&system["new_wa_id"])).or_else(|| text(&system["user_id"]));
        return Ok(match new {
            Some(new) if new != address => Read::Moved(moved(account, address, new, at)),
            _ => Read::Ignored(format!("system {}", text(&system["type"]).unwrap_or("note"))),
        });
    }
    Ok(Read::Message(Received {
        account,
        address: address.to_owned(),
        phone: phone.filter(|phone| phone.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned),
        name: text(&contact["profile"]["name"]).or_else(|| text(&contact["profile"]["username"])).map(str::to_owned),
        provider_id: provider_id.to_owned(),
        at,
        message: content(kind, &message[kind])?,
        reply_to: text(&message["context"]["id"]).map(str::to_owned),
    }))
}

fn content(kind: &str, content: &Json) -> Result<Inbound, String> {
    let owned = |value: &Json| text(value).map(str::to_owned);
    let missing = |name: &str| format!("`{kind}.{name}` is missing or of another type");
    Ok(match kind {
        "text" => {
            let body = content["body"].as_str().ok_or_else(|| missing("body"))?;
            Inbound::Text { text: body.to_owned() }
        }
        "image" => media(MediaKind::Image, kind, content)?,
        "audio" | "voice" => media(MediaKind::Audio, kind, content)?,
        "video" => media(MediaKind::Video, kind, content)?,
        "document" => media(MediaKind::Document, kind, content)?,
        "sticker" => media(MediaKind::Sticker, kind, content)?,
        "location" => Inbound::Location {
            latitude: degrees(&content["latitude"]).ok_or_else(|| missing("latitude"))?,
            longitude: degrees(&content["longitude"]).ok_or_else(|| missing("longitude"))?,
            name: owned(&content["name"]),
            address: owned(&content["address"]),
        },
        "contacts" => {
            let contacts = content.as_array().ok_or("`contacts` is no list")?;
            Inbound::Contacts { contacts: contacts.clone() }
        }
        // A tap on a quick reply of a template; its payload is the sender's own, or the text again.
        "button" => {
            let title = owned(&content["text"]).ok_or_else(|| missing("text"))?;
            Inbound::Tap { id: owned(&content["payload"]).unwrap_or_else(|| title.clone()), title }
        }
        "interactive" => interactive(content)?,
        "order" => {
            if !content["product_items"].is_array() {
                return Err(missing("product_items"));
            }
            Inbound::Order { order: content.clone() }
        }
        "reaction" => Inbound::Reaction {
            message: owned(&content["message_id"]).ok_or_else(|| missing("message_id"))?,
            emoji: content["emoji"].as_str().unwrap_or_default().to_owned(),
        },
        other => Inbound::Other { r#type: other.to_owned() },
    })
}

fn media(media: MediaKind, kind: &str, content: &Json) -> Result<Inbound, String> {
    let owned = |name: &str| text(&content[name]).map(str::to_owned);
    Ok(Inbound::Media {
        media,
        reference: owned("id").ok_or_else(|| format!("`{kind}.id` is missing"))?,
        mime_type: owned("mime_type"),
        caption: owned("caption"),
        file_name: owned("filename"),
    })
}

fn interactive(content: &Json) -> Result<Inbound, String> {
    let kind = text(&content["type"]).ok_or("`interactive.type` is no text")?;
    let reply = &content[kind];
    match kind {
        "button_reply" | "list_reply" => {
            let id = text(&reply["id"]).ok_or_else(|| format!("`interactive.{kind}.id` is missing"))?;
            let title = reply["title"].as_str().unwrap_or(id);
            Ok(Inbound::Tap { id: id.to_owned(), title: title.to_owned() })
        }
        "nfm_reply" => {
            let json = text(&reply["response_json"]).ok_or("`interactive.nfm_reply.response_json` is no text")?;
            let answers = serde_json::from_str(json)
                .map_err(|error| format!("`interactive.nfm_reply.response_json` is no JSON: {error}"))?;
            Ok(Inbound::Form { answers })
        }
        other => Ok(Inbound::Other { r#type: format!("interactive {other}") }),
    }
}

/// Reads degrees, which come as a number (and are sent as text), to the digit.
fn degrees(value: &Json) -> Option<String> {
    match value {
        Json::Number(number) => Some(number.to_string()),
        Json::String(text) => {
            text.trim().parse::<f64>().ok().filter(|degrees| degrees.is_finite()).map(|_| text.trim().to_owned())
        }
        _ => None,
    }
}
