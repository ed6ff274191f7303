use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::exits::{self, ExitRule};
use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::offer::{self, Frame, MenuOption, NoMatch};
use crate::render::Display;
use crate::settings::{NoReply, Text};

/// Shows options, each leading elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// A line above the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-widget" = "line"))]
    pub header: Option<Text>,
    /// What the customer reads above the options.
    pub body: Text,
    /// A line below the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-widget" = "line"))]
    pub footer: Option<Text>,
    /// Each is an exit, in this order.
    #[schemars(length(min = 1, max = 30), extend("x-widget" = "list"))]
    pub options: Vec<MenuOption>,
    /// How the options are shown. Where a channel cannot, the nearest thing that works there is shown.
    #[serde(default)]
    pub display: Display,
    /// The label of the button that opens a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "List button", extend("x-widget" = "line"))]
    pub list_button: Option<Text>,
    /// What happens when an answer fits no option.
    #[serde(default)]
    pub no_match: NoMatch,
    /// What happens when the customer falls silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_reply: Option<NoReply>,
    /// Go on by an exit of its own when the menu does not arrive; otherwise the session ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_delivered: bool,
}

const EXITS: &[ExitRule] = &[
    ExitRule::Each { each: "options", label: "label" },
    exits::WHEN_NO_MATCH,
    exits::WHEN_NO_REPLY,
    exits::WHEN_NOT_DELIVERED,
];

impl Menu {
    fn show(&self, step: &mut Step<'_, '_>) {
        let frame = Frame {
            header: self.header.as_ref(),
            body: &self.body,
            footer: self.footer.as_ref(),
            list_button: self.list_button.as_ref(),
            display: self.display,
        };
        offer::show(step, frame, &self.options);
    }
}

impl Node for Menu {
    const TYPE: NodeType = NodeType::user_facing("menu", "Menu", Group::Branch).exits(EXITS).summary("{body}").waits();

    fn fresh() -> Self {
        Self {
            header: None,
            body: Text::constant("What can we do for you?"),
            footer: None,
            options: offer::fresh_options(),
            display: Display::Automatic,
            list_button: None,
            no_match: NoMatch::default(),
            no_reply: None,
            not_delivered: false,
        }
    }

    fn check(&self, report: &mut Report) {
        if self.body.is_empty() {
            report.error("/body", "there is no text above the options");
        }
        offer::check(&self.options, report);
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        self.show(step);
        step.wait(self.no_reply.as_ref())
    }

    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next {
        if let Some(option) = offer::chosen(step, event, &self.options) {
            return Next::Leave(Cow::Owned(option.name.clone()));
        }
        offer::no_match(step, &self.no_match, self.no_reply.as_ref(), |step| self.show(step))
    }
}
