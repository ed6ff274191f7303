//! What a channel can show: plain data, from which the engine renders.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The abilities of one kind of channel. Lengths are in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Abilities {
    /// The longest plain text; a longer one is sent in parts.
    pub text: usize,
    /// Reply buttons, if the channel has them.
    pub buttons: Option<ButtonAbilities>,
    /// Lists to choose from, if the channel has them.
    pub list: Option<ListAbilities>,
    /// Whether links in texts may show a preview.
    pub link_preview: bool,
}

/// How a channel shows reply buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ButtonAbilities {
    pub count: usize,
    pub title: usize,
    pub body: usize,
    pub header: usize,
    pub footer: usize,
}

/// How a channel shows lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListAbilities {
    pub rows: usize,
    pub sections: usize,
    pub section_title: usize,
    pub title: usize,
    pub description: usize,
    pub button: usize,
    pub body: usize,
    pub header: usize,
    pub footer: usize,
}

impl Abilities {
    /// What WhatsApp shows, after Meta's message reference (interactive messages, text messages).
    pub const WHATSAPP: Self = Self {
        text: 4096,
        buttons: Some(ButtonAbilities { count: 3, title: 20, body: 1024, header: 60, footer: 60 }),
        list: Some(ListAbilities {
            rows: 10,
            sections: 10,
            section_title: 24,
            title: 24,
            description: 72,
            button: 20,
            body: 1024,
            header: 60,
            footer: 60,
        }),
        link_preview: true,
    };

    /// What Usher's own web chat shows.
    pub const WEB_CHAT: Self = Self {
        text: 8192,
        buttons: Some(ButtonAbilities { count: 10, title: 60, body: 4096, header: 120, footer: 120 }),
        list: Some(ListAbilities {
            rows: 30,
            sections: 10,
            section_title: 60,
            title: 80,
            description: 200,
            button: 30,
            body: 4096,
            header: 120,
            footer: 120,
        }),
        link_preview: false,
    };

    /// What an SMS shows: text alone, in parts of ten segments.
    pub const SMS: Self = Self { text: 1530, buttons: None, list: None, link_preview: false };

    /// Returns the abilities of a kind of channel by its word, if it is known.
    pub fn of(channel_kind: &str) -> Option<&'static Self> {
        match channel_kind {
            "whatsapp" => Some(&Self::WHATSAPP),
            "web_chat" => Some(&Self::WEB_CHAT),
            "sms" => Some(&Self::SMS),
            _ => None,
        }
    }
}
