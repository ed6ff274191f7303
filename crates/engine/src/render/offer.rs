//! Options to choose from, in the best form that a channel has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Abilities, ButtonAbilities, ListAbilities, ellipsis, parts};
use crate::message::{Button, Outbound, Row, Section};

/// What the customer is offered.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    pub header: String,
    pub body: String,
    pub footer: String,
    /// The label of the button that opens a list.
    pub list_button: String,
    pub display: Display,
    pub choices: Vec<Choice>,
}

/// One option of an offer.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The exit, or whatever tells the option from the others.
    pub name: String,
    pub label: String,
    pub description: String,
    /// The heading under which it stands in a list.
    pub section: String,
}

/// How options are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Display {
    /// Buttons where they fit, else a list, else numbered text.
    #[default]
    Automatic,
    /// Buttons; where they do not fit, the next best.
    Buttons,
    /// A list; where it does not fit, numbered text.
    List,
    /// Numbered text.
    NumberedText,
}

/// Renders an offer; `reply_id` gives the id that comes back when the option of that name is tapped.
pub fn offer(offer: &Offer, abilities: &Abilities, reply_id: impl Fn(&str) -> String) -> Vec<Outbound> {
    if offer.choices.is_empty() {
        return parts(&as_text(offer), abilities.text).into_iter().map(Outbound::text).collect();
    }
    let wants = |display| matches!(offer.display, Display::Automatic) || offer.display == display;
    if let Some(buttons) = &abilities.buttons
        && wants(Display::Buttons)
        && fit_buttons(offer, buttons)
    {
        return vec![as_buttons(offer, &reply_id)];
    }
    if let Some(list) = &abilities.list
        && offer.display != Display::NumberedText
        && fit_list(offer, list)
    {
        return vec![as_list(offer, list, &reply_id)];
    }
    parts(&as_text(offer), abilities.text).into_iter().map(Outbound::text).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn fit_frame(offer: &Offer, body: usize, header: usize, footer: usize) -> bool {
    !offer.body.trim().is_empty()
        && length(&offer.body) <= body
        && length(&offer.header) <= header
        && length(&offer.footer) <= footer
}

fn fit_buttons(offer: &Offer, able: &ButtonAbilities) -> bool {
    offer.choices.len() <= able.count
        && fit_frame(offer, able.body, able.header, able.footer)
        && have_titles(offer)
        && offer.choices.iter().all(|choice| {
            length(&choice.label) <= able.title && choice.description.is_empty() && choice.section.is_empty()
        })
}

fn fit_list(offer: &Offer, able: &ListAbilities) -> bool {
    offer.choices.len() <= able.rows
        && fit_frame(offer, able.body, able.header, able.footer)
        && have_titles(offer)
        && sections(offer).len() <= able.sections
        && offer.choices.iter().all(|choice| {
            length(&choice.label) <= able.title.max(able.description)
                && length(&choice.description) <= able.description
                && length(&choice.section) <= able.section_title
        })
}

/// Says whether every option can be read, and told from the others.
fn have_titles(offer: &Offer) -> bool {
    let mut labels: Vec<&str> = offer.choices.iter().map(|choice| choice.label.trim()).collect();
    labels.sort_unstable();
    labels.iter().all(|label| !label.is_empty()) && labels.windows(2).all(|pair| pair[0] != pair[1])
}

fn some(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn as_buttons(offer: &Offer, reply_id: &impl Fn(&str) -> String) -> Outbound {
    Outbound::Buttons {
        header: some(&offer.header),
        text: offer.body.clone(),
        footer: some(&offer.footer),
        buttons: offer
            .choices
            .iter()
            .map(|choice| Button { id: reply_id(&choice.name), title: choice.label.clone() })
            .collect(),
    }
}

fn as_list(offer: &Offer, able: &ListAbilities, reply_id: &impl Fn(&str) -> String) -> Outbound {
    let row = |choice: &Choice| {
        let whole = length(&choice.label) <= able.title;
        let description = if whole { choice.description.clone() } else { choice.label.clone() };
        Row { id: reply_id(&choice.name), title: ellipsis(&choice.label, able.title), description: some(&description) }
    };
    Outbound::List {
        header: some(&offer.header),
        text: offer.body.clone(),
        footer: some(&offer.footer),
        button: ellipsis(&offer.list_button, able.button),
        sections: sections(offer)
            .into_iter()
            .map(|(title, choices)| Section { title: some(title), rows: choices.into_iter().map(row).collect() })
            .collect(),
    }
}

/// Gathers the options under their headings, in the order in which the headings first come.
fn sections(offer: &Offer) -> Vec<(&str, Vec<&Choice>)> {
    let mut sections: Vec<(&str, Vec<&Choice>)> = Vec::new();
    for choice in &offer.choices {
        match sections.iter_mut().find(|(title, _)| *title == choice.section) {
            Some((_, choices)) => choices.push(choice),
            None => sections.push((&choice.section, vec![choice])),
        }
    }
    sections
}

fn as_text(offer: &Offer) -> String {
    let mut text = String::new();
    let mut paragraph = |part: &str| {
        if !part.trim().is_empty() {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(part);
        }
    };
    paragraph(&offer.header);
    paragraph(&offer.body);
    let mut number = 0;
    let line = |choice: &Choice| {
        number += 1;
        let description = &choice.description;
        let dash = if description.is_empty() { "" } else { " – " };
        format!("{number}. {}{dash}{description}", choice.label)
    };
    paragraph(&offer.choices.iter().map(line).collect::<Vec<_>>().join("\n"));
    paragraph(&offer.footer);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(labels: &[&str]) -> Offer {
        Offer {
            body: "What can we do?".into(),
            list_button: "Choose".into(),
            choices: labels
                .iter()
                .map(|label| Choice { name: label.to_lowercase(), label: (*label).into(), ..Choice::default() })
                .collect(),
            ..Offer::default()
        }
    }

    fn shown(offered: &Offer, abilities: &Abilities) -> Vec<Outbound> {
        offer(offered, abilities, |name| format!("id:{name}"))
    }

    #[test]
    fn three_short_options_are_buttons_and_four_are_a_list_on_whatsapp() {
        let three = shown(&sample(&["Order", "Return", "Talk"]), &Abilities::WHATSAPP);
        assert!(matches!(&three[..], [Outbound::Buttons { buttons, .. }] if buttons.len() == 3));
        let four = shown(&sample(&["Order", "Return", "Talk", "More"]), &Abilities::WHATSAPP);
        assert!(matches!(&four[..], [Outbound::List { sections, .. }] if sections[0].rows.len() == 4));
    }

    #[test]
    fn a_description_asks_for_a_list_and_eleven_options_for_numbered_text() {
        let mut described = sample(&["Order", "Talk"]);
        described.choices[0].description = "Where it is, and when it comes".into();
        assert!(matches!(&shown(&described, &Abilities::WHATSAPP)[..], [Outbound::List { .. }]));
        let labels: Vec<String> = (1..=11).map(|n| format!("Option {n}")).collect();
        let eleven = sample(&labels.iter().map(String::as_str).collect::<Vec<_>>());
        let text = shown(&eleven, &Abilities::WHATSAPP);
        assert!(text[0].body().ends_with("11. Option 11"), "{text:?}");
    }

    #[test]
    fn a_label_too_long_for_a_row_stands_whole_in_its_description() {
        let long = "A parcel that came but was not mine";
        let list = shown(&sample(&[long, "Other"]), &Abilities::WHATSAPP);
        let Outbound::List { sections, .. } = &list[0] else { panic!("a list, not {list:?}") };
        assert_eq!(sections[0].rows[0].title, "A parcel that came but…");
        assert_eq!(sections[0].rows[0].description.as_deref(), Some(long));
    }

    #[test]
    fn text_channels_get_numbers() {
        let text = shown(&sample(&["Order", "Talk"]), &Abilities::SMS);
        assert_eq!(text, [Outbound::text("What can we do?\n\n1. Order\n2. Talk")]);
    }
}
