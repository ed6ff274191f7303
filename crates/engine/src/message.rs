//! What passes between a customer and Usher, in the words that every channel is translated to and from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer's message, as a channel understood it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inbound {
    /// Typed text.
    Text { text: String },
    /// A tap on a button or a list row that Usher had sent; `id` is the one it was sent with.
    Tap { id: String, title: String },
    /// A file; `reference` is how the channel finds it again.
    Media {
        media: MediaKind,
        reference: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mime_type: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file_name: Option<String>,
    },
    /// A place, in decimal degrees kept as text.
    Location {
        latitude: String,
        longitude: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// Contact cards, each as the channel gave it.
    Contacts { contacts: Vec<serde_json::Value> },
    /// An order from a catalogue, as the channel gave it.
    Order { order: serde_json::Value },
    /// A submitted form, as the channel gave it.
    Form { answers: serde_json::Value },
    /// A reaction to an earlier message; an empty `emoji` takes it back.
    Reaction { message: String, emoji: String },
    /// Something that Usher has no word for yet; `type` is the channel's.
    Other { r#type: String },
}

/// The sorts of file that a channel may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
    Sticker,
}

impl Inbound {
    /// Returns what the customer said in words, if it can be said in words.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            Self::Tap { title, .. } => Some(title),
            Self::Media { caption, .. } => caption.as_deref(),
            _ => None,
        }
    }

    /// Returns a short word for what this is: `text`, `tap`, `image`, `location`, …
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Tap { .. } => "tap",
            Self::Media { media, .. } => media.as_str(),
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Order { .. } => "order",
            Self::Form { .. } => "form",
            Self::Reaction { .. } => "reaction",
            Self::Other { r#type } => r#type,
        }
    }

    /// Says whether this is part of the conversation; a reaction, for one, asks for no answer.
    pub fn asks_for_an_answer(&self) -> bool {
        !matches!(self, Self::Reaction { .. })
    }
}

impl MediaKind {
    /// Returns the kind's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// A message to a customer, already rendered to what the channel can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outbound {
    /// Plain text.
    Text {
        text: String,
        /// Whether a link in the text may show a preview of its page.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        preview_url: bool,
    },
    /// Text with reply buttons under it.
    Buttons {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        buttons: Vec<Button>,
    },
    /// Text with a button that opens a list to choose from.
    List {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// The label of the button that opens the list.
        button: String,
        sections: Vec<Section>,
    },
}

/// A reply button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Button {
    /// What comes back when it is tapped.
    pub id: String,
    /// What the customer reads on it.
    pub title: String,
}

/// A part of a list, under a title of its own if it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub rows: Vec<Row>,
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// What comes back when it is tapped.
    pub id: String,
    /// What the customer reads first.
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Outbound {
    /// Makes a plain text without a link preview.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), preview_url: false }
    }

    /// Returns the main text of the message.
    pub fn body(&self) -> &str {
        match self {
            Self::Text { text, .. } | Self::Buttons { text, .. } | Self::List { text, .. } => text,
        }
    }

    /// Returns what may be tapped, as (id, title), in the order in which it is shown.
    pub fn choices(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Text { .. } => Vec::new(),
            Self::Buttons { buttons, .. } => {
                buttons.iter().map(|button| (button.id.as_str(), button.title.as_str())).collect()
            }
            Self::List { sections, .. } => sections
                .iter()
                .flat_map(|section| &section.rows)
                .map(|row| (row.id.as_str(), row.title.as_str()))
                .collect(),
        }
    }
}
