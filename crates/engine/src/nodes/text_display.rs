use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exits::{self, ExitRule};
use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::settings::Text;

/// Shows text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextDisplay {
    /// What the customer reads. A long text is sent in parts.
    pub text: Text,
    /// Show a preview of the first link, where the channel can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Link preview")]
    pub link_preview: bool,
    /// Go on by an exit of its own when the text does not arrive; otherwise the session ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_delivered: bool,
}

const EXITS: &[ExitRule] = &[exits::ON, exits::WHEN_NOT_DELIVERED];

impl Node for TextDisplay {
    const TYPE: NodeType =
        NodeType::user_facing("text_display", "Text display", Group::Display).exits(EXITS).summary("{text}");

    fn fresh() -> Self {
        Self { text: Text::constant("Hello. How can we help?"), link_preview: false, not_delivered: false }
    }

    fn check(&self, report: &mut Report) {
        if self.text.is_empty() {
            report.error("/text", "there is no text to show");
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        step.say(&self.text, self.link_preview);
        Next::leave(exits::NEXT)
    }
}
