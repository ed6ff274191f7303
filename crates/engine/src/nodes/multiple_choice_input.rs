use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::exits::{self, ExitRule};
use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::offer::{self, Frame, MenuOption, NoMatch};
use crate::render::Display;
use crate::settings::{NoReply, Text, VariableName};
use crate::value::Value;

/// Shows fixed options and keeps the choice.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultipleChoiceInput {
    /// What the customer reads above the options.
    pub text: Text,
    /// What can be chosen; the name is what is kept as `value`, the label as `label`.
    #[schemars(length(min = 1, max = 30), extend("x-widget" = "list"))]
    pub options: Vec<MenuOption>,
    /// Keeps the choice: `value` is the option's name, `label` what the customer read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<VariableName>,
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
    /// Go on by an exit of its own when the question does not arrive; otherwise the session ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_delivered: bool,
}

const CHOSEN: &str = "chosen";
const EXITS: &[ExitRule] = &[
    ExitRule::Always { name: CHOSEN, label: "Chosen" },
    exits::WHEN_NO_MATCH,
    exits::WHEN_NO_REPLY,
    exits::WHEN_NOT_DELIVERED,
];

impl MultipleChoiceInput {
    fn show(&self, step: &mut Step<'_, '_>) {
        let list_button = self.list_button.as_ref();
        let frame = Frame { header: None, body: &self.text, footer: None, list_button, display: self.display };
        offer::show(step, frame, &self.options);
    }
}

impl Node for MultipleChoiceInput {
    const TYPE: NodeType = NodeType::user_facing("multiple_choice_input", "Multiple choice", Group::Branch)
        .exits(EXITS)
        .summary("{text}")
        .sets("variable")
        .waits();

    fn fresh() -> Self {
        Self {
            text: Text::constant("Which one do you prefer?"),
            options: offer::fresh_options(),
            variable: None,
            display: Display::Automatic,
            list_button: None,
            no_match: NoMatch::default(),
            no_reply: None,
            not_delivered: false,
        }
    }

    fn check(&self, report: &mut Report) {
        if self.text.is_empty() {
            report.error("/text", "there is no text above the options");
        }
        offer::check(&self.options, report);
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        self.show(step);
        step.wait(self.no_reply.as_ref())
    }

    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next {
        if let Some(option) = offer::chosen(step, event, &self.options) {
            let label = step.text(&option.label);
            let choice = Value::map([("value", Value::text(option.name.as_str())), ("label", Value::text(label))]);
            let variable = step.own_variable(self.variable.as_ref()).into_owned();
            step.set(&variable, choice);
            return Next::leave(CHOSEN);
        }
        offer::no_match(step, &self.no_match, self.no_reply.as_ref(), |step| self.show(step))
    }
}
