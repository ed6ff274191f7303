//! Writes what happened as the lines of a scenario.

use crate::effect::{Body, Call, CallTarget};
use crate::event::Answer;
use crate::message::Outbound;
use crate::session::{Session, State, Wait};

/// Writes what the customer reads.
pub fn message(message: &Outbound) -> String {
    let framed = |header: &Option<String>, text: &str, footer: &Option<String>| {
        let header = header.as_ref().map(|header| format!("({header}) ")).unwrap_or_default();
        let footer = footer.as_ref().map(|footer| format!(" ({footer})")).unwrap_or_default();
        format!("< {header}{text}{footer}")
    };
    let line = match message {
        Outbound::Text { text, .. } => format!("< {text}"),
        Outbound::Buttons { header, text, footer, buttons } => {
            let buttons: String = buttons.iter().map(|button| format!(" [{}]", button.title)).collect();
            framed(header, text, footer) + &buttons
        }
        Outbound::List { header, text, footer, button, sections } => {
            let rows: String = sections
                .iter()
                .map(|section| {
                    let title = section.title.as_ref().map(|title| format!(" {title}:")).unwrap_or_default();
                    let rows = section.rows.iter().map(|row| match &row.description {
                        Some(description) => format!(" {{{} – {description}}}", row.title),
                        None => format!(" {{{}}}", row.title),
                    });
                    title + &rows.collect::<String>()
                })
                .collect();
            format!("{} [{button}]{rows}", framed(header, text, footer))
        }
    };
    escaped(&line)
}

/// Writes a call and the answer to it.
pub fn call(call: &Call, answer: Option<&Answer>) -> String {
    let who = match &call.target {
        CallTarget::Api { api } => api.clone(),
        CallTarget::Operation { operation, connection } => format!("{operation}@{connection}"),
    };
    let request = &call.request;
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let body = match &request.body {
        None => String::new(),
        Some(Body::Json { text } | Body::Text { text, .. }) => format!(" {text}"),
        Some(Body::Form { fields }) => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!(" {}", fields.join("&"))
        }
    };
    let answer = match answer {
        None => "(the scenario gives no answer)".to_owned(),
        Some(Answer::Responded { status, body, .. }) if body.is_empty() => status.to_string(),
        Some(Answer::Responded { status, body, .. }) => format!("{status} {body}"),
        Some(Answer::Failed { kind, .. }) => kind.as_str().to_owned(),
    };
    escaped(&format!("~ call {who} {} {}{query}{body} -> {answer}", request.method.as_str(), request.path))
}

/// Writes where a session stands.
pub fn standing(session: &Session) -> String {
    let at = session.place.as_ref().map(|place| format!(" at {}", place.node)).unwrap_or_default();
    match &session.state {
        State::New => "= not begun".to_owned(),
        State::Waiting { wait: Wait::Reply { .. } } => format!("= waiting{at}"),
        State::Waiting { wait: Wait::Answer { .. } } => format!("= waiting for an answer{at}"),
        State::Ended { ending } => {
            let outcome = ending.outcome.as_ref().map(|outcome| format!(" ({outcome})")).unwrap_or_default();
            match ending.reason {
                crate::session::EndReason::Completed => format!("= ended{at}{outcome}"),
                reason => format!("= ended{at}: {}", reason.as_str()),
            }
        }
    }
}

pub fn escaped(text: &str) -> String {
    text.replace('\n', "\\n")
}
