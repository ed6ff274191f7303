//! Reads a scenario.

use std::str::FromStr;

use jiff::SignedDuration;

use crate::event::{Answer, CallFailure};
use crate::message::{Inbound, MediaKind};
use crate::session::Entry;
use crate::value::Path;

/// A conversation as it was written down.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Where it begins.
    pub entry: Entry,
    /// The kind of channel, such as `whatsapp`.
    pub channel: String,
    pub address: String,
    pub name: Option<String>,
    pub language: Option<String>,
    /// The APIs that can be called: key and base element.
    pub apis: Vec<(String, String)>,
    pub(super) lines: Vec<Line>,
}

/// One line of a scenario.
#[derive(Debug, Clone)]
pub(super) enum Line {
    /// Said as it stands: headings, remarks and empty lines.
    Kept(String),
    Does(Doing),
    /// What the customer reads, or the trace notes; only compared.
    Expected,
    Answers(Answer),
    Waits(SignedDuration, String),
    Undeliverable,
    Stands,
    Holds(Path),
}

/// What the customer does.
#[derive(Debug, Clone)]
pub(super) enum Doing {
    Opens,
    Says(Inbound),
    /// Taps the label last shown.
    Taps(String),
}

/// Says which line cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl FromStr for Scenario {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut scenario = Self {
            entry: Entry { workflow: String::new(), node: None },
            channel: "web_chat".to_owned(),
            address: "visitor".to_owned(),
            name: None,
            language: None,
            apis: Vec::new(),
            lines: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            let read = scenario.read(line.trim_end());
            let read = read.map_err(|message| ParseError { line: index + 1, message })?;
            scenario.lines.push(read);
        }
        if scenario.entry.workflow.is_empty() {
            return Err(ParseError { line: 1, message: "a scenario begins with `workflow KEY`".to_owned() });
        }
        Ok(scenario)
    }
}

impl Scenario {
    fn read(&mut self, line: &str) -> Result<Line, String> {
        let kept = || Ok(Line::Kept(line.to_owned()));
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        match sign {
            "" | "#" => kept(),
            "workflow" => {
                let (key, node) = rest.split_once(" at ").map_or((rest, None), |(key, node)| (key, Some(node)));
                let node = node.map(str::parse).transpose().map_err(|_| format!("`{rest}` names no node"))?;
                self.entry = Entry { workflow: key.trim().to_owned(), node };
                kept()
            }
            "contact" => {
                let words = words(rest)?;
                let mut words = words.into_iter();
                self.channel = words.next().ok_or("`contact` needs a channel, an address and perhaps a name")?;
                self.address = words.next().ok_or("`contact` needs an address after the channel")?;
                self.name = words.next();
                self.language = words.next();
                kept()
            }
            "api" => {
                let (key, base_element) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
                self.apis.push((key.to_owned(), base_element.trim().to_owned()));
                kept()
            }
            ">" => doing(rest).map(Line::Does),
            "<" | "!" => Ok(Line::Expected),
            "~" => happening(rest),
            "=" => standing(rest),
            other => Err(format!("a line does not begin with `{other}`")),
        }
    }
}

fn doing(words: &str) -> Result<Doing, String> {
    if let Some(label) = words.strip_prefix("tap ") {
        return Ok(Doing::Taps(unescaped(label.trim().trim_matches('"'))));
    }
    let media = |media| {
        Ok(Doing::Says(Inbound::Media {
            media,
            reference: "file".to_owned(),
            mime_type: None,
            caption: None,
            file_name: None,
        }))
    };
    match words {
        "opens the chat" => Ok(Doing::Opens),
        "[image]" => media(MediaKind::Image),
        "[audio]" => media(MediaKind::Audio),
        "[video]" => media(MediaKind::Video),
        "[document]" => media(MediaKind::Document),
        "[sticker]" => media(MediaKind::Sticker),
        "[location]" => Ok(Doing::Says(Inbound::Location {
            latitude: "-33.92".to_owned(),
            longitude: "18.42".to_owned(),
            name: None,
            address: None,
        })),
        text => Ok(Doing::Says(Inbound::Text { text: unescaped(text) })),
    }
}

fn happening(words: &str) -> Result<Line, String> {
    let (what, rest) = words.split_once(' ').unwrap_or((words, ""));
    match what {
        "call" => {
            let (_, answer) = rest.rsplit_once(" -> ").ok_or("a call needs its answer: `-> 200 {…}`")?;
            self::answer(answer).map(Line::Answers)
        }
        "wait" => {
            let time = rest.parse().map_err(|_| format!("`{rest}` is no time; write `5m` or `1h 30m`"))?;
            Ok(Line::Waits(time, rest.to_owned()))
        }
        "undeliverable" => Ok(Line::Undeliverable),
        other => Err(format!("nothing is known of `{other}`; write `call`, `wait` or `undeliverable`")),
    }
}

fn answer(words: &str) -> Result<Answer, String> {
    let failed =
        |kind: CallFailure| Ok(Answer::Failed { kind, message: format!("the scenario says {}", kind.as_str()) });
    let (first, body) = words.split_once(' ').unwrap_or((words, ""));
    match first {
        "timeout" => failed(CallFailure::Timeout),
        "unreachable" => failed(CallFailure::Unreachable),
        "too_large" => failed(CallFailure::TooLarge),
        "refused" => failed(CallFailure::Refused),
        "not_configured" => failed(CallFailure::NotConfigured),
        status => Ok(Answer::Responded {
            status: status.parse().map_err(|_| format!("`{status}` is no status and no failure"))?,
            content_type: None,
            retry_after_seconds: None,
            body: body.to_owned(),
        }),
    }
}

fn standing(words: &str) -> Result<Line, String> {
    match words.split_once(" is ") {
        Some((path, _)) => path.trim().parse().map(Line::Holds).map_err(|problem| format!("{problem}")),
        None => Ok(Line::Stands),
    }
}

/// Splits at spaces, but not within quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("`{rest}` has no closing quote"))?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
}
