//! Webhooks as Meta posts them, and their signature.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

/// The header that carries the signature.
pub const SIGNATURE: &str = "X-Hub-Signature-256";

/// Signs a body with the app's secret, as the header's value.
pub fn sign(app_secret: &str, body: &[u8]) -> String {
    // A key of any length will do for an HMAC, so none is refused.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A customer who writes to one of the business's numbers.
#[derive(Debug, Clone)]
pub struct Customer {
    pub phone_number_id: String,
    pub phone: String,
    pub name: String,
}

impl Customer {
    /// Makes a customer.
    pub fn new(phone_number_id: &str, phone: &str, name: &str) -> Self {
        Self { phone_number_id: phone_number_id.to_owned(), phone: phone.to_owned(), name: name.to_owned() }
    }

    /// Writes the webhook of a text.
    pub fn text(&self, id: &str, body: &str) -> Vec<u8> {
        self.message(id, "text", json!({ "body": body }))
    }

    /// Writes the webhook of a tap on a reply button.
    pub fn tap(&self, id: &str, reply: &str, title: &str) -> Vec<u8> {
        let reply = json!({ "type": "button_reply", "button_reply": { "id": reply, "title": title } });
        self.message(id, "interactive", reply)
    }

    /// Writes the webhook of a choice from a list.
    pub fn choose(&self, id: &str, row: &str, title: &str) -> Vec<u8> {
        let reply = json!({ "type": "list_reply", "list_reply": { "id": row, "title": title } });
        self.message(id, "interactive", reply)
    }

    /// Writes the webhook of a message of any type.
    pub fn message(&self, id: &str, kind: &str, content: Json) -> Vec<u8> {
        let mut message = json!({ "from": self.phone, "id": id, "timestamp": "1749416383", "type": kind });
        message[kind] = content;
        self.change("messages", message)
    }

    /// Writes the webhook of a status (`sent`, `delivered`, `read`, `failed`) of a message with its callback data.
    pub fn status(&self, id: &str, status: &str, callback_data: Option<&str>) -> Vec<u8> {
        self.change("statuses", self.status_object(id, status, callback_data))
    }

    /// Writes the webhook of a message that failed with a code.
    pub fn failed(&self, id: &str, code: i64, callback_data: Option<&str>) -> Vec<u8> {
        let mut status = self.status_object(id, "failed", callback_data);
        let error =
            json!({ "code": code, "title": "Failed", "message": "Failed", "error_data": { "details": "It failed." } });
        status["errors"] = Json::Array(vec![error]);
        self.change("statuses", status)
    }

    fn status_object(&self, id: &str, status: &str, callback_data: Option<&str>) -> Json {
        let mut object = json!({
            "id": id, "status": status, "timestamp": "1749416390", "recipient_id": self.phone,
            "pricing": { "billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service" },
        });
        if let Some(data) = callback_data {
            object["biz_opaque_callback_data"] = data.into();
        }
        object
    }

    fn change(&self, list: &str, item: Json) -> Vec<u8> {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "15550783881", "phone_number_id": self.phone_number_id },
        });
        if list == "messages" {
            value["contacts"] = json!([{ "profile": { "name": self.name }, "wa_id": self.phone }]);
        }
        value[list] = Json::Array(vec![item]);
        json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": value }] }],
        })
        .to_string()
        .into_bytes()
    }
}
