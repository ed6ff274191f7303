//! The exits of a node, as rules over its settings: evaluated here and, from the catalogue, by the editor.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// A rule that gives a node exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ExitRule {
    /// One exit per item of the list `each`: named by the item's `name`, labelled by its field `label`.
    Each { each: &'static str, label: &'static str },
    /// An exit that is there when the setting at the JSON pointer is present and neither null nor false.
    When { name: &'static str, label: &'static str, when: &'static str },
    /// An exit that is there unless the setting at the JSON pointer is present and neither null nor false.
    Unless { name: &'static str, label: &'static str, unless: &'static str },
    /// An exit that is always there.
    Always { name: &'static str, label: &'static str },
}

/// A way out of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exit {
    pub name: String,
    pub label: String,
}

pub const NEXT: &str = "next";
pub const YES: &str = "yes";
pub const NO: &str = "no";
pub const NO_MATCH: &str = "no_match";
pub const NO_REPLY: &str = "no_reply";
pub const NOT_DELIVERED: &str = "not_delivered";

/// The one way on of a node that only shows something.
pub const ON: ExitRule = ExitRule::Always { name: NEXT, label: "Next" };
/// The two ways out of an action or an integration.
pub const BY_YES: ExitRule = ExitRule::Always { name: YES, label: "YES" };
pub const BY_NO: ExitRule = ExitRule::Always { name: NO, label: "NO" };
/// The way out of a node that offers options and does not repeat them for ever.
pub const WHEN_NO_MATCH: ExitRule =
    ExitRule::Unless { name: NO_MATCH, label: "No match", unless: "/no_match/repeat_for_ever" };
/// The way out of a node that waits for the customer, and not for ever.
pub const WHEN_NO_REPLY: ExitRule = ExitRule::When { name: NO_REPLY, label: "No reply", when: "/no_reply" };
/// The way out of a user-facing node whose message did not arrive.
pub const WHEN_NOT_DELIVERED: ExitRule =
    ExitRule::When { name: NOT_DELIVERED, label: "Not delivered", when: "/not_delivered" };

/// Returns the exits that `rules` give to a node with these settings, in their order.
pub fn of(rules: &[ExitRule], settings: &Map<String, Json>) -> Vec<Exit> {
    let is_on = |pointer: &str| is_on(settings, pointer);
    let exit = |name: &str, label: &str| Exit { name: name.to_owned(), label: label.to_owned() };
    let mut exits = Vec::new();
    for rule in rules {
        match *rule {
            ExitRule::Always { name, label } => exits.push(exit(name, label)),
            ExitRule::When { name, label, when } if is_on(when) => exits.push(exit(name, label)),
            ExitRule::Unless { name, label, unless } if !is_on(unless) => exits.push(exit(name, label)),
            ExitRule::When { .. } | ExitRule::Unless { .. } => {}
            ExitRule::Each { each, label } => {
                let items = settings.get(each).and_then(Json::as_array).into_iter().flatten();
                exits.extend(items.filter_map(|item| {
                    let name = item.get("name")?.as_str()?;
                    Some(exit(name, item.get(label).map_or(name, |label| in_first_language(label, name))))
                }));
            }
        }
    }
    exits
}

fn is_on(settings: &Map<String, Json>, pointer: &str) -> bool {
    let mut parts = pointer.trim_start_matches('/').split('/');
    let found = parts.next().and_then(|first| settings.get(first));
    let found = parts.try_fold(found, |at, part| at.map(|at| at.get(part))).flatten();
    !matches!(found, None | Some(Json::Null | Json::Bool(false)))
}

fn in_first_language<'a>(label: &'a Json, otherwise: &'a str) -> &'a str {
    let text = match label {
        Json::String(text) => Some(text.as_str()),
        Json::Object(languages) => languages.values().next().and_then(Json::as_str),
        _ => None,
    };
    text.filter(|text| !text.is_empty()).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(rules: &[ExitRule], settings: &Json) -> Vec<String> {
        let settings = settings.as_object().cloned().unwrap_or_default();
        of(rules, &settings).into_iter().map(|exit| exit.name).collect()
    }

    #[test]
    fn options_come_first_and_conditions_decide_the_rest() {
        let rules = [ExitRule::Each { each: "options", label: "label" }, WHEN_NO_MATCH, WHEN_NO_REPLY];
        let options = json!([{ "name": "order", "label": "Order?" }, { "name": "talk" }]);
        assert_eq!(names(&rules, &json!({ "options": options })), ["order", "talk", "no_match"]);
        let for_ever = json!({ "options": [], "no_match": { "repeat_for_ever": true }, "no_reply": { "after": 60 } });
        assert_eq!(names(&rules, &for_ever), ["no_reply"]);
        assert_eq!(names(&rules, &json!({ "no_reply": null })), ["no_match"]);
    }

    #[test]
    fn a_label_in_several_languages_shows_the_first() {
        let rules = [ExitRule::Each { each: "options", label: "label" }];
        let settings = json!({ "options": [{ "name": "a", "label": { "en": "Order", "af": "Bestelling" } }] });
        let settings = settings.as_object().cloned().unwrap_or_default();
        assert_eq!(of(&rules, &settings)[0].label, "Order");
    }
}
