//! What comes in: the check of the callback URL, the signature, and the webhooks themselves.
//!
//! Meta adds fields, types and enum values without notice, so everything is read leniently: what is needed and
//! missing makes one entry unreadable, never the others.

mod message;
#[cfg(test)]
mod tests;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use usher_engine::id::EffectId;

use super::errors::Error;
use crate::channels::{AccountProblem, Delivery, Inbox, Moved, Refusal, Status, Unreadable};

/// The header that carries the signature.
pub(super) const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// Answers Meta's check of the callback URL with its challenge.
pub(super) fn verify(query: &[(String, String)], verify_token: &str) -> Result<String, Refusal> {
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (Some("subscribe"), Some(token), Some(challenge)) =
        (parameter("hub.mode"), parameter("hub.verify_token"), parameter("hub.challenge"))
    else {
        return Err(Refusal::NotAVerification);
    };
    // Digests are compared, so that the time tells nothing of how much of the token was right.
    let same = Sha256::digest(token) == Sha256::digest(verify_token);
    if same && !verify_token.is_empty() { Ok(challenge.to_owned()) } else { Err(Refusal::WrongToken) }
}

/// Makes sure that the body was signed with the app's secret: `sha256=` and the HMAC in hexadecimal digits.
pub(super) fn authenticate(signature: &str, body: &[u8], app_secret: &[u8]) -> Result<(), Refusal> {
    let digits = signature.trim().strip_prefix("sha256=").ok_or(Refusal::WrongSignature)?;
    let claimed = hex::decode(digits).map_err(|_| Refusal::WrongSignature)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret).map_err(|_| Refusal::WrongSignature)?;
    mac.update(body);
    // Compares in constant time.
    mac.verify_slice(&claimed).map_err(|_| Refusal::WrongSignature)
}

/// Reads a webhook.
pub(super) fn parse(body: &[u8]) -> Inbox {
    let mut inbox = Inbox::default();
    let webhook: Json = match serde_json::from_slice(body) {
        Ok(webhook) => webhook,
        Err(error) => {
            let json = Json::from(String::from_utf8_lossy(body));
            inbox.kept.push(Unreadable { reason: format!("the webhook is no JSON: {error}"), json });
            return inbox;
        }
    };
    if webhook["object"] != "whatsapp_business_account" {
        let reason = format!("`object` is {}, not \"whatsapp_business_account\"", webhook["object"]);
        inbox.kept.push(Unreadable { reason, json: webhook });
        return inbox;
    }
    let Some(entries) = webhook["entry"].as_array() else {
        inbox.kept.push(Unreadable { reason: "`entry` is no list".to_owned(), json: webhook });
        return inbox;
    };
    for entry in entries {
        match entry["changes"].as_array() {
            Some(changes) => changes.iter().for_each(|change| read_change(change, &mut inbox)),
            None => keep(&mut inbox, "`changes` is no list", entry),
        }
    }
    inbox
}

fn keep(inbox: &mut Inbox, reason: impl Into<String>, json: &Json) {
    inbox.kept.push(Unreadable { reason: reason.into(), json: json.clone() });
}

fn read_change(change: &Json, inbox: &mut Inbox) {
    let Some(field) = change["field"].as_str() else {
        return keep(inbox, "`field` is no text", change);
    };
    if field != "messages" {
        inbox.ignored.push(field.to_owned());
        return;
    }
    let value = &change["value"];
    if !value.is_object() {
        return keep(inbox, "`value` is no object", change);
    }
    let number = text(&value["metadata"]["phone_number_id"]);
    let envelope = Envelope { value, number };
    for error in items(value, "errors", inbox) {
        inbox.problems.push(problem(&Error::read(error), number));
    }
    for message in items(value, "messages", inbox) {
        match message::read(message, &envelope) {
            Ok(message::Read::Message(received)) => inbox.messages.push(received),
            Ok(message::Read::Moved(moved)) => inbox.moves.push(moved),
            Ok(message::Read::Ignored(what)) => inbox.ignored.push(what),
            Err(reason) => envelope.keep(inbox, reason, "messages", message),
        }
    }
    for status in items(value, "statuses", inbox) {
        match read_status(status, &envelope) {
            Ok(Ok(read)) => {
                if let Some(problem) = account_problem(status, number) {
                    inbox.problems.push(problem);
                }
                inbox.statuses.push(read);
            }
            Ok(Err(unknown)) => inbox.ignored.push(format!("status {unknown}")),
            Err(reason) => envelope.keep(inbox, reason, "statuses", status),
        }
    }
}

/// Returns the items of a list that need not be there; one that is there and no list is kept.
fn items<'a>(value: &'a Json, name: &str, inbox: &mut Inbox) -> &'a [Json] {
    match &value[name] {
        Json::Array(items) => items,
        Json::Null => &[],
        _ => {
            keep(inbox, format!("`{name}` is no list"), value);
            &[]
        }
    }
}

/// What stands around a message or status.
struct Envelope<'a> {
    value: &'a Json,
    number: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    fn number(&self) -> Result<String, String> {
        self.number.map(str::to_owned).ok_or_else(|| "`metadata.phone_number_id` is no text".to_owned())
    }

    /// Returns the card of the customer with this phone id or user id; the only card if there is one.
    fn contact(&self, phone: Option<&str>, user: Option<&str>) -> &'a Json {
        let Some(contacts) = self.value["contacts"].as_array() else { return &Json::Null };
        let same = |card: &&Json| {
            let has = |name: &str, id: Option<&str>| id.is_some() && card[name].as_str() == id;
            has("wa_id", phone) || has("user_id", user)
        };
        match contacts.as_slice() {
            [only] if phone.is_none() && user.is_none() => only,
            cards => cards.iter().find(same).unwrap_or(&Json::Null),
        }
    }

    /// Keeps one item with enough around it to be read again.
    fn keep(&self, inbox: &mut Inbox, reason: String, list: &str, item: &Json) {
        let json = serde_json::json!({
            "metadata": self.value["metadata"], "contacts": self.value["contacts"], list: [item],
        });
        inbox.kept.push(Unreadable { reason, json });
    }
}

/// Reads a status; the inner error is a state that is not known.
fn read_status(status: &Json, envelope: &Envelope<'_>) -> Result<Result<Status, String>, String> {
    let state = match text(&status["status"]).ok_or("`status` is no text")? {
        "sent" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        "played" => Delivery::Played,
        "failed" => Delivery::Failed,
        other => return Ok(Err(other.to_owned())),
    };
    let failure = (state == Delivery::Failed).then(|| Error::read(&status["errors"][0]).failure());
    Ok(Ok(Status {
        account: envelope.number()?,
        provider_id: text(&status["id"]).ok_or("`id` is no text")?.to_owned(),
        effect: text(&status["biz_opaque_callback_data"]).map(EffectId::from),
        address: text(&status["recipient_id"]).or_else(|| text(&status["recipient_user_id"])).map(str::to_owned),
        state,
        at: timestamp(&status["timestamp"]),
        failure,
    }))
}

fn account_problem(status: &Json, number: Option<&str>) -> Option<AccountProblem> {
    let error = status["errors"].get(0).map(Error::read)?;
    error.concerns_account().then(|| problem(&error, number))
}

fn problem(error: &Error, number: Option<&str>) -> AccountProblem {
    let failure = error.failure();
    AccountProblem { account: number.map(str::to_owned), code: failure.code, message: failure.message }
}

fn moved(account: String, from: &str, to: &str, at: Option<Timestamp>) -> Moved {
    Moved { account, from: from.to_owned(), to: to.to_owned(), at }
}

/// Returns a text that is there and not empty.
fn text(value: &Json) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// Reads seconds since the epoch, written as text or number.
fn timestamp(value: &Json) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Timestamp::from_second(seconds).ok()
}
