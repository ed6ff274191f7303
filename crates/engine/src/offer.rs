//! What every node that offers options has in common: its options, and what happens when an answer fits none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advance::Step;
use crate::event::EventKind;
use crate::exits;
use crate::limits;
use crate::node::Next;
use crate::render::{Choice, Display, Offer};
use crate::settings::{NoReply, Text};
use crate::workflow::Report;

/// One option.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuOption {
    /// Names the option's exit; never shown to customers.
    #[schemars(length(min = 1, max = 64), pattern("^[a-z0-9_]+$"))]
    pub name: String,
    /// What the customer reads. WhatsApp shows 20 characters on a button and 24 in a list.
    #[schemars(extend("x-widget" = "line"))]
    pub label: Text,
    /// A second line, where the channel shows a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-widget" = "line"))]
    pub description: Option<Text>,
    /// The heading under which the option stands in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-widget" = "line"))]
    pub section: Option<Text>,
    /// Other words that choose this option.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}

/// What happens when an answer fits no option.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoMatch {
    /// What the customer reads before the options are shown again.
    pub message: Text,
    /// How many answers may fail to fit before the exit *No match*.
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// Ask again for ever, and have no exit *No match*.
    pub repeat_for_ever: bool,
}

impl Default for NoMatch {
    fn default() -> Self {
        Self { message: Text::constant("Please choose one of the options."), attempts: 3, repeat_for_ever: false }
    }
}

/// The texts around the options.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub header: Option<&'a Text>,
    pub body: &'a Text,
    pub footer: Option<&'a Text>,
    pub list_button: Option<&'a Text>,
    pub display: Display,
}

/// Makes the options of a new node.
pub fn fresh_options() -> Vec<MenuOption> {
    let option = |name: &str, label: &'static str| MenuOption {
        name: name.to_owned(),
        label: Text::constant(label),
        description: None,
        section: None,
        keywords: Vec::new(),
    };
    vec![option("option_1", "First option"), option("option_2", "Second option")]
}

/// Goes on after an answer that fits no option: leaves, or says so, shows the options again and waits.
pub fn no_match(
    step: &mut Step<'_, '_>,
    no_match: &NoMatch,
    no_reply: Option<&NoReply>,
    show: impl FnOnce(&mut Step<'_, '_>),
) -> Next {
    if !no_match.repeat_for_ever && step.attempts() + 1 >= no_match.attempts {
        return Next::leave(exits::NO_MATCH);
    }
    step.say(&no_match.message, false);
    show(step);
    step.wait_again(no_reply)
}

/// Shows options.
pub fn show(step: &mut Step<'_, '_>, frame: Frame<'_>, options: &[MenuOption]) {
    let mut optional = |text: Option<&Text>| text.map(|text| step.text(text)).unwrap_or_default();
    let header = optional(frame.header);
    let footer = optional(frame.footer);
    let list_button = frame.list_button.map_or_else(|| "Choose".to_owned(), |text| optional(Some(text)));
    let body = optional(Some(frame.body));
    let choices = options
        .iter()
        .map(|option| Choice {
            name: option.name.clone(),
            label: optional(Some(&option.label)),
            description: optional(option.description.as_ref()),
            section: optional(option.section.as_ref()),
        })
        .collect();
    step.offer(&Offer { header, body, footer, list_button, display: frame.display, choices });
}

/// Finds the option that an answer means: by a tap, the exact label, a keyword, or its number; in any case, trimmed.
pub fn chosen<'o>(step: &mut Step<'_, '_>, event: &EventKind, options: &'o [MenuOption]) -> Option<&'o MenuOption> {
    if let Some(exit) = step.tapped(event) {
        return options.iter().find(|option| option.name == exit);
    }
    let EventKind::MessageReceived { message } = event else { return None };
    let said = folded(message.text()?);
    let by_label = options.iter().position(|option| folded(&step.text(&option.label)) == said);
    let by_keyword = || options.iter().position(|option| option.keywords.iter().any(|keyword| folded(keyword) == said));
    let by_number = || said.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < options.len());
    by_label.or_else(by_keyword).or_else(by_number).map(|index| &options[index])
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Reports options that cannot be told apart.
pub fn check(options: &[MenuOption], report: &mut Report) {
    if options.is_empty() {
        report.error("/options", "there is no option to choose; add one");
    }
    if options.len() > limits::OPTIONS {
        report.error("/options", format!("{} options; at most {} are possible", options.len(), limits::OPTIONS));
    }
    for (index, option) in options.iter().enumerate() {
        let at = |field: &str| format!("/options/{index}/{field}");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if option.name.is_empty() || option.name.len() > limits::NAME_CHARACTERS || !option.name.chars().all(is_name) {
            let text = format!("`{}` is no name for an exit; use lower-case letters, digits and _", option.name);
            report.error(at("name"), text);
        }
        if [exits::NO_MATCH, exits::NO_REPLY, exits::NOT_DELIVERED].contains(&option.name.as_str()) {
            report.error(at("name"), format!("`{}` is the name of another exit; choose another", option.name));
        }
        if options[..index].iter().any(|other| other.name == option.name) {
            report.error(at("name"), format!("two options are named `{}`", option.name));
        }
        if option.label.is_empty() {
            report.error(at("label"), "the option has no label");
        } else if options[..index].iter().any(|other| folded(other.label.source()) == folded(option.label.source())) {
            report.error(at("label"), format!("two options read `{}`", option.label.source()));
        }
    }
}
