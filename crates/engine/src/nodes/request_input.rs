use jiff::civil::{Date, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::exits::{self, ExitRule};
use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::settings::{NoReply, Pattern, Text, VariableName};
use crate::value::{Number, Value};

/// Asks, validates and keeps the answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestInput {
    /// The question.
    pub text: Text,
    /// What an answer must be.
    #[serde(default)]
    pub expect: Expect,
    /// Keeps the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<VariableName>,
    /// What the customer reads when an answer does not fit.
    #[serde(default = "invalid_message")]
    pub invalid_message: Text,
    /// How many answers may fail to fit before the exit *Too many attempts*.
    #[serde(default = "attempts")]
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// A word that leaves by *Cancelled*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub cancel_word: Option<String>,
    /// What the customer reads after the cancel word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_message: Option<Text>,
    /// What happens when the customer falls silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_reply: Option<NoReply>,
    /// Go on by an exit of its own when the question does not arrive; otherwise the session ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_delivered: bool,
}

/// What an answer must be.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// Any text.
    #[default]
    Text,
    /// A number, such as 12.50.
    Number,
    /// A whole number.
    Integer,
    /// A date: 2026-12-31 or 31/12/2026.
    Date,
    /// A time of day: 14:30.
    Time,
    /// An e-mail address.
    Email,
    /// A phone number with its country code: +27 82 555 0101.
    Phone,
    /// Yes or no.
    YesNo,
    /// Text that fits a regular expression.
    Regex(Pattern),
}

const ANSWERED: &str = "answered";
const CANCELLED: &str = "cancelled";
const TOO_MANY_ATTEMPTS: &str = "too_many_attempts";
const EXITS: &[ExitRule] = &[
    ExitRule::Always { name: ANSWERED, label: "Answered" },
    ExitRule::When { name: CANCELLED, label: "Cancelled", when: "/cancel_word" },
    ExitRule::Always { name: TOO_MANY_ATTEMPTS, label: "Too many attempts" },
    exits::WHEN_NO_REPLY,
    exits::WHEN_NOT_DELIVERED,
];

fn invalid_message() -> Text {
    Text::constant("That does not look right. Please try again.")
}

fn attempts() -> u32 {
    3
}

impl Expect {
    /// Reads an answer; none if it does not fit.
    fn read(&self, answer: &str) -> Option<Value> {
        let answer = answer.trim();
        if answer.is_empty() {
            return None;
        }
        match self {
            Self::Text => Some(Value::text(answer)),
            Self::Number => number(answer).map(Value::from),
            Self::Integer => number(answer).filter(|number| number.is_integer()).map(Value::from),
            Self::Date => date(answer).map(|date| Value::text(date.to_string())),
            Self::Time => time(answer).map(|time| Value::text(time.strftime("%H:%M").to_string())),
            Self::Email => is_email(answer).then(|| Value::text(answer.to_lowercase())),
            Self::Phone => phone(answer).map(Value::text),
            Self::YesNo => yes_no(answer).map(Value::from),
            Self::Regex(pattern) => pattern.matches(answer).then(|| Value::text(answer)),
        }
    }
}

/// Reads a number, with a comma or a point before the decimals and spaces between thousands.
fn number(answer: &str) -> Option<Number> {
    let plain: String = answer.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = if plain.matches(',').count() == 1 && !plain.contains('.') { plain.replace(',', ".") } else { plain };
    plain.parse().ok()
}

fn date(answer: &str) -> Option<Date> {
    let formats = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"];
    formats.iter().find_map(|format| Date::strptime(format, answer).ok())
}

fn time(answer: &str) -> Option<Time> {
    ["%H:%M", "%H:%M:%S", "%Hh%M", "%I:%M %p", "%I:%M%p"].iter().find_map(|format| Time::strptime(format, answer).ok())
}

/// Says whether a text has the shape of an address: something, an @, and a domain with a dot.
fn is_email(answer: &str) -> bool {
    let Some((local, domain)) = answer.rsplit_once('@') else { return false };
    let plain = |part: &str| !part.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]@".contains(c));
    let labels = domain.split('.').collect::<Vec<_>>();
    answer.len() <= 254
        && (1..=64).contains(&local.len())
        && plain(local)
        && plain(domain)
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Reads a number with its country code into the form of ITU-T E.164: a plus and 8 to 15 digits.
fn phone(answer: &str) -> Option<String> {
    let international = answer.strip_prefix('+').or_else(|| answer.strip_prefix("00"))?;
    let mut digits = String::from("+");
    for c in international.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '(' | ')' | '.' | '/' => {}
            _ => return None,
        }
    }
    ((9..=16).contains(&digits.len()) && !digits.starts_with("+0")).then_some(digits)
}

fn yes_no(answer: &str) -> Option<bool> {
    match answer.to_lowercase().as_str() {
        "yes" | "y" | "ja" | "oui" | "si" | "sí" | "sim" | "ok" | "1" | "👍" => Some(true),
        "no" | "n" | "nee" | "nein" | "non" | "não" | "2" | "👎" => Some(false),
        _ => None,
    }
}

impl Node for RequestInput {
    const TYPE: NodeType = NodeType::user_facing("request_input", "Request input", Group::Input)
        .exits(EXITS)
        .summary("{text}")
        .sets("variable")
        .waits();

    fn fresh() -> Self {
        Self {
            text: Text::constant("What is your name?"),
            expect: Expect::Text,
            variable: None,
            invalid_message: invalid_message(),
            attempts: attempts(),
            cancel_word: None,
            cancel_message: None,
            no_reply: None,
            not_delivered: false,
        }
    }

    fn check(&self, report: &mut Report) {
        if self.text.is_empty() {
            report.error("/text", "there is no question");
        }
        if self.cancel_message.is_some() && self.cancel_word.is_none() {
            report.warning("/cancel_message", "there is no cancel word, so nobody reads this message");
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        step.say(&self.text, false);
        step.wait(self.no_reply.as_ref())
    }

    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next {
        let EventKind::MessageReceived { message } = event else { return step.wait(self.no_reply.as_ref()) };
        let said = message.text().unwrap_or_default().trim();
        let cancels = self.cancel_word.as_ref().is_some_and(|word| word.trim().to_lowercase() == said.to_lowercase());
        if cancels {
            if let Some(message) = &self.cancel_message {
                step.say(message, false);
            }
            return Next::leave(CANCELLED);
        }
        if let Some(answer) = self.expect.read(said) {
            let variable = step.own_variable(self.variable.as_ref()).into_owned();
            step.set(&variable, answer);
            return Next::leave(ANSWERED);
        }
        if step.attempts() + 1 >= self.attempts {
            return Next::leave(TOO_MANY_ATTEMPTS);
        }
        step.say(&self.invalid_message, false);
        step.wait_again(self.no_reply.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(expect: &Expect, answer: &str) -> Option<String> {
        expect.read(answer).map(|value| value.render())
    }

    #[test]
    fn answers_are_read_as_people_write_them() {
        assert_eq!(read(&Expect::Number, "1 234,50").as_deref(), Some("1234.50"));
        assert_eq!(read(&Expect::Integer, "12.5"), None);
        assert_eq!(read(&Expect::Date, "31/12/2026").as_deref(), Some("2026-12-31"));
        assert_eq!(read(&Expect::Date, "31/02/2026"), None);
        assert_eq!(read(&Expect::Time, "2:30 pm").as_deref(), Some("14:30"));
        assert_eq!(read(&Expect::Email, "Ann@Example.org").as_deref(), Some("ann@example.org"));
        assert_eq!(read(&Expect::Email, "ann@example"), None);
        assert_eq!(read(&Expect::Phone, "+27 (82) 555-0101").as_deref(), Some("+27825550101"));
        assert_eq!(read(&Expect::Phone, "082 555 0101"), None);
        assert_eq!(read(&Expect::YesNo, " YES ").as_deref(), Some("true"));
        assert_eq!(read(&Expect::Text, "   "), None);
    }

    #[test]
    fn a_pattern_decides() {
        let four_digits = Expect::Regex(Pattern::parse("^[0-9]{4,}$").expect("a pattern"));
        assert_eq!(read(&four_digits, "1001").as_deref(), Some("1001"));
        assert_eq!(read(&four_digits, "abc"), None);
    }
}
