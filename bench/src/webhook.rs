//! Webhooks as Meta sends them: one message or one delivery state each, signed over the raw bytes.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::conversation::{Contact, SECRET, number_id};
use crate::states::Accepted;

/// A message of a contact, as the wire has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Tap { id: String, title: String },
}

/// A body with its signature.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub body: Vec<u8>,
    pub signature: String,
}

impl Webhook {
    /// `id` names the message for good: the same id again is the same message, delivered twice.
    pub fn of_message(contact: Contact, id: &str, seconds: u64, message: &Message) -> Self {
        let mut entry = json!({ "from": contact.phone(), "id": id, "timestamp": seconds.to_string() });
        match message {
            Message::Text(body) => {
                entry["type"] = json!("text");
                entry["text"] = json!({ "body": body });
            }
            Message::Tap { id, title } => {
                entry["type"] = json!("interactive");
                entry["interactive"] = json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } });
            }
        }
        let contacts = json!([{ "profile": { "name": contact.name() }, "wa_id": contact.phone() }]);
        Self::of(contact.number(), &json!({ "contacts": contacts, "messages": [entry] }))
    }

    /// What became of a message that was sent.
    pub fn of_state(accepted: &Accepted, state: &str, seconds: u64) -> Self {
        let mut status = json!({
            "id": accepted.id, "status": state, "timestamp": seconds.to_string(),
            "recipient_id": accepted.contact.phone(),
            "pricing": { "billable": true, "pricing_model": "PMP", "category": "service", "type": "regular" },
        });
        if let Some(callback) = &accepted.callback {
            status["biz_opaque_callback_data"] = json!(callback);
        }
        Self::of(accepted.number, &json!({ "statuses": [status] }))
    }

    /// Wraps what one number has to tell, and signs it.
    fn of(number: u32, told: &Value) -> Self {
        let number = number_id(number);
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": format!("2711{number}"), "phone_number_id": number },
        });
        for (name, content) in told.as_object().into_iter().flatten() {
            value[name] = content.clone();
        }
        let changes = json!([{ "field": "messages", "value": value }]);
        let body = json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": "200000000000001", "changes": changes }],
        });
        let body = body.to_string().into_bytes();
        let signature = format!("sha256={}", hex::encode(mac(&body).finalize().into_bytes()));
        Self { body, signature }
    }
}

/// Whether a body was signed by us; compares in constant time.
pub fn is_signed(body: &[u8], signature: &str) -> bool {
    let Some(bytes) = signature.strip_prefix("sha256=").and_then(|digits| hex::decode(digits).ok()) else {
        return false;
    };
    mac(body).verify_slice(&bytes).is_ok()
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_signed_over_its_bytes() {
        let message = Message::Tap { id: "a".to_owned(), title: "A".to_owned() };
        let webhook = Webhook::of_message(Contact(7), "wamid.1", 1_700_000_000, &message);
        assert!(is_signed(&webhook.body, &webhook.signature));
        let mut changed = webhook.body.clone();
        changed.push(b' ');
        assert!(!is_signed(&changed, &webhook.signature));
        assert!(!is_signed(&webhook.body, "sha256=00"));
        assert!(!is_signed(&webhook.body, "nothing"));
    }
}
