//! What the business has set up: one workflow on one WhatsApp number, an API of its own, a connection to Zendesk.

use serde_json::{Value as Json, json};

use super::providers::{AGENT, API_TOKEN, Providers};
use crate::cli::Usher;
use crate::room::{APP_SECRET, NUMBER, TOKEN};

pub const GREETING: &str = "What can we do?";
pub const NO_MATCH: &str = "Please choose one of the options.";
pub const ASK: &str = "Your order number?";
pub const ORDER: &str = "Where is my order?";
pub const TALK: &str = "Talk to us";
pub const BYE: &str = "Nothing";

/// Sets a business up on an empty database, by the command line alone; returns the path of its callback address.
pub fn set_up(usher: &Usher, providers: &Providers) {
    usher.run(&["migrate"]);
    usher.run(&["workspace", "create", "shop"]);
    let file = usher.file("shop.json", &documents(providers).to_string());
    usher.run(&["apply", &file]);
    usher.run(&["deploy", "orders"]);
}

/// Returns the program with the secrets that the documents name.
pub fn with_secrets(usher: Usher) -> Usher {
    usher.with("SHOP_TOKEN", TOKEN).with("SHOP_SECRET", APP_SECRET).with("DESK_TOKEN", API_TOKEN)
}

fn documents(providers: &Providers) -> Json {
    let production = "production";
    json!([
        workflow(),
        { "usher": "api/1", "key": "shop", "name": "Shop", "base_url": { "production": format!("http://{}", providers.orders) } },
        {
            "usher": "connection/1", "key": "desk", "name": "Desk", "environment": production, "system": "zendesk_support",
            "settings": { "base_url": providers.zendesk.base(), "email": AGENT }, "secrets": { "api_token": { "env": "DESK_TOKEN" } }
        },
        {
            "usher": "channel/1", "key": "whatsapp", "name": "WhatsApp", "environment": production, "kind": "whatsapp",
            "settings": { "phone_number_id": NUMBER, "api_base": providers.graph.base(), "pair_seconds": 0, "messages_per_second": 10_000 },
            "secrets": { "access_token": { "env": "SHOP_TOKEN" }, "app_secret": { "env": "SHOP_SECRET" } }
        },
        { "usher": "route/1", "key": "whatsapp", "name": "WhatsApp", "environment": production, "channel": "whatsapp", "workflow": "orders" }
    ])
}

fn workflow() -> Json {
    json!({
        "usher": "workflow/1", "key": "orders", "name": "Orders", "kind": "standard", "languages": ["en"],
        "start": 1, "next_number": 9,
        "nodes": {
            "1": { "type": "menu", "settings": {
                "body": format!("Hi {{{{ contact.name }}}}! {GREETING}"),
                "options": [
                    { "name": "order", "label": ORDER }, { "name": "talk", "label": TALK }, { "name": "bye", "label": BYE }
                ],
                "no_match": { "message": NO_MATCH, "attempts": 3, "repeat_for_ever": true }
            }, "exits": { "order": 2, "talk": 5, "bye": 7 } },
            "2": { "type": "request_input", "settings": { "text": ASK, "variable": "number" },
                "exits": { "answered": 3, "cancelled": 8, "too_many_attempts": 8 } },
            "3": { "type": "api_integration",
                "settings": { "api": "shop", "method": "GET", "path": "/orders/{{ number }}", "variable": "order" },
                "exits": { "yes": 4, "no": 8 } },
            "4": { "type": "text_display", "settings": { "text": "Order {{ number }} is {{ order.status }}." }, "exits": { "next": 1 } },
            "5": { "type": "zendesk_support.create_ticket",
                "settings": { "connection": "desk", "comment": "{{ contact.name }} wants to talk.", "variable": "ticket" },
                "exits": { "yes": 6, "no": 8 } },
            "6": { "type": "text_display", "settings": { "text": "Ticket {{ ticket.id }} is open." }, "exits": { "next": 1 } },
            "7": { "type": "text_display", "settings": { "text": "Bye." }, "exits": { "next": "end" } },
            "8": { "type": "text_display", "settings": { "text": "That did not work." }, "exits": { "next": "end" } }
        }
    })
}
