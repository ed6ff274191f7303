//! What goes out: messages to Meta's JSON, and what its answers mean.

use std::time::Duration;

use serde_json::{Value as Json, json};
use usher_engine::event::{SendFailure, SendFailureReason};
use usher_engine::id::EffectId;
use usher_engine::message::{Outbound, Section};
use usher_engine::render::Abilities;

use super::errors;
use crate::channels::{AccountProblem, Scope, SendOutcome};
use crate::http;

/// How long a send may take; longer than a connection may take to be made, so that a send that timed out before
/// it began is known as such.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

/// Characters of the ids that come back with a tap.
const BUTTON_ID: usize = 256;
const ROW_ID: usize = 200;

/// What an address looks like that is a user id of Meta's own instead of a phone number: a country, a dot, and
/// letters and digits (`US.13491208655302741918`, or `US.ENT.…` for a group of businesses).
fn is_user_id(address: &str) -> bool {
    let Some((country, id)) = address.split_once('.') else { return false };
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && id.len() <= 160
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
        && id.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// Writes the body of `POST /{phone-number-id}/messages`.
pub(super) fn body(message: &Outbound, address: &str, effect: &EffectId) -> Result<String, SendFailure> {
    let to = if is_user_id(address) { "recipient" } else { "to" };
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        to: address,
    });
    let (kind, content) = content(message)?;
    body["type"] = Json::from(kind);
    body[kind] = content;
    body["biz_opaque_callback_data"] = Json::from(effect.as_str());
    Ok(body.to_string())
}

fn content(message: &Outbound) -> Result<(&'static str, Json), SendFailure> {
    let abilities = &Abilities::WHATSAPP;
    match message {
        Outbound::Text { text, preview_url } => {
            fits("text", text, abilities.text)?;
            Ok(("text", json!({ "body": text, "preview_url": preview_url })))
        }
        Outbound::Buttons { header, text, footer, buttons } => {
            let Some(able) = &abilities.buttons else { return Err(rejected("buttons are not supported".to_owned())) };
            if buttons.is_empty() || buttons.len() > able.count {
                return Err(rejected(format!("{} buttons do not fit; 1 to {} do", buttons.len(), able.count)));
            }
            for (index, button) in buttons.iter().enumerate() {
                fits("the title of a button", &button.title, able.title)?;
                fits("the id of a button", &button.id, BUTTON_ID)?;
                if buttons[..index].iter().any(|other| other.title == button.title) {
                    return Err(rejected(format!("two buttons are titled `{}`", button.title)));
                }
            }
            let buttons: Vec<_> = buttons
                .iter()
                .map(|button| json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } }))
                .collect();
            let parts = Parts { header: header.as_deref(), text, footer: footer.as_deref() };
            let limits = [able.header, able.body, able.footer];
            Ok(("interactive", parts.interactive("button", json!({ "buttons": buttons }), limits)?))
        }
        Outbound::List { header, text, footer, button, sections } => {
            let Some(able) = &abilities.list else { return Err(rejected("lists are not supported".to_owned())) };
            fits("the label of the list's button", button, able.button)?;
            let rows: usize = sections.iter().map(|section| section.rows.len()).sum();
            if rows == 0 || rows > able.rows {
                return Err(rejected(format!("{rows} rows do not fit; 1 to {} do", able.rows)));
            }
            if sections.len() > able.sections {
                return Err(rejected(format!("{} sections do not fit; {} do", sections.len(), able.sections)));
            }
            let sections = sections
                .iter()
                .filter(|section| !section.rows.is_empty())
                .map(|own| section(own, button, able))
                .collect::<Result<Vec<_>, _>>()?;
            let parts = Parts { header: header.as_deref(), text, footer: footer.as_deref() };
            let limits = [able.header, able.body, able.footer];
            let action = json!({ "button": button, "sections": sections });
            Ok(("interactive", parts.interactive("list", action, limits)?))
        }
    }
}

fn section(section: &Section, button: &str, able: &usher_engine::render::ListAbilities) -> Result<Json, SendFailure> {
    // Meta asks for a title as soon as there are two sections, and its table for one always.
    let title = section.title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(button);
    fits("the title of a section", title, able.section_title)?;
    let mut rows = Vec::with_capacity(section.rows.len());
    for row in &section.rows {
        fits("the id of a row", &row.id, ROW_ID)?;
        fits("the title of a row", &row.title, able.title)?;
        let mut written = json!({ "id": row.id, "title": row.title });
        if let Some(description) = row.description.as_deref().filter(|description| !description.is_empty()) {
            fits("the description of a row", description, able.description)?;
            written["description"] = Json::from(description);
        }
        rows.push(written);
    }
    Ok(json!({ "title": title, "rows": rows }))
}

/// The texts around an interactive message's action.
struct Parts<'a> {
    header: Option<&'a str>,
    text: &'a str,
    footer: Option<&'a str>,
}

impl Parts<'_> {
    fn interactive(self, kind: &str, action: Json, [header, body, footer]: [usize; 3]) -> Result<Json, SendFailure> {
        fits("the body", self.text, body)?;
        let mut interactive = json!({ "type": kind });
        if let Some(text) = self.header.filter(|text| !text.is_empty()) {
            fits("the header", text, header)?;
            interactive["header"] = json!({ "type": "text", "text": text });
        }
        interactive["body"] = json!({ "text": self.text });
        if let Some(text) = self.footer.filter(|text| !text.is_empty()) {
            fits("the footer", text, footer)?;
            interactive["footer"] = json!({ "text": text });
        }
        interactive["action"] = action;
        Ok(interactive)
    }
}

/// Makes sure that a text is there and not longer than Meta takes. The engine renders to these limits, so that
/// what fails here was not rendered for WhatsApp.
fn fits(what: &str, text: &str, most: usize) -> Result<(), SendFailure> {
    let length = text.chars().count();
    if length > most {
        return Err(rejected(format!("{what} is {length} characters long; WhatsApp takes {most}")));
    }
    if text.trim().is_empty() {
        return Err(rejected(format!("{what} is empty; WhatsApp takes none that is")));
    }
    Ok(())
}

fn rejected(message: String) -> SendFailure {
    SendFailure { reason: SendFailureReason::Rejected, code: None, message }
}

/// Says what came of a send.
pub(super) fn outcome(result: &Result<http::Response, http::Failure>, number: &str, attempt: u32) -> SendOutcome {
    match result {
        Ok(response) => answered(response, number, attempt),
        Err(failure) if failure.kind == http::FailureKind::Refused => {
            let message = format!("Usher may not call the channel's API base address: {failure}");
            blocked(number, message)
        }
        Err(failure) if failure.sent => SendOutcome::Unknown { message: failure.message.clone() },
        Err(failure) => SendOutcome::Retry {
            after: errors::back_off(attempt),
            scope: Scope::Number,
            failure: unavailable(None, failure.message.clone()),
        },
    }
}

fn answered(response: &http::Response, number: &str, attempt: u32) -> SendOutcome {
    // The status is not authoritative: an error tells its code in the body.
    let body: Option<Json> = serde_json::from_slice(&response.body).ok();
    if let Some(error) = body.as_ref().and_then(|body| body.get("error")).filter(|error| error.is_object()) {
        return errors::Error::read(error).outcome(number, attempt, response.retry_after());
    }
    let id = body.as_ref().and_then(|body| body["messages"][0]["id"].as_str()).filter(|id| !id.is_empty());
    if let Some(id) = id {
        return SendOutcome::Accepted { provider_id: id.to_owned() };
    }
    let kind = response.content_type().unwrap_or("nothing").split(';').next().unwrap_or_default().trim().to_owned();
    let message =
        format!("the Graph API answered HTTP {} with {kind}, not with a message or an error", response.status);
    match response.status {
        429 => SendOutcome::Retry {
            after: response.retry_after().unwrap_or_else(|| errors::back_off(attempt)),
            scope: Scope::Number,
            failure: unavailable(Some(429), message),
        },
        // Something between Usher and Meta, or Meta itself, broke down; the message may have got through.
        200..=299 | 408 | 500.. => SendOutcome::Unknown { message },
        // Whatever answers is not the Graph API, or not at this path.
        _ => blocked(number, format!("{message}; check the channel's API base address")),
    }
}

fn blocked(number: &str, message: String) -> SendOutcome {
    SendOutcome::Blocked {
        problem: AccountProblem { account: Some(number.to_owned()), code: None, message: message.clone() },
        failure: unavailable(None, message),
    }
}

fn unavailable(code: Option<i64>, message: String) -> SendFailure {
    let code = code.map(|code| code.to_string());
    SendFailure { reason: SendFailureReason::ChannelUnavailable, code, message }
}

#[cfg(test)]
mod tests {
    use usher_engine::message::{Button, Row};

    use super::*;

    fn sent(message: &Outbound, address: &str) -> Json {
        let body = body(message, address, &EffectId::from("0f-2")).expect("it can be sent");
        serde_json::from_str(&body).expect("it is JSON")
    }

    fn button(id: &str, title: &str) -> Button {
        Button { id: id.to_owned(), title: title.to_owned() }
    }

    fn buttons(buttons: Vec<Button>) -> Outbound {
        Outbound::Buttons { header: None, text: "What can we do?".to_owned(), footer: None, buttons }
    }

    fn row(index: usize) -> Row {
        Row { id: format!("r{index}"), title: format!("Row {index}"), description: None }
    }

    fn list(sections: Vec<Section>) -> Outbound {
        let text = "Which one?".to_owned();
        Outbound::List { header: None, text, footer: None, button: "Choose".to_owned(), sections }
    }

    #[test]
    fn a_text_goes_out_whole() {
        assert_eq!(
            sent(&Outbound::Text { text: "See https://example.com".to_owned(), preview_url: true }, "16505551234"),
            json!({
                "messaging_product": "whatsapp", "recipient_type": "individual", "to": "16505551234", "type": "text",
                "text": { "body": "See https://example.com", "preview_url": true },
                "biz_opaque_callback_data": "0f-2",
            })
        );
    }

    #[test]
    fn a_user_id_is_no_phone_number() {
        let message = Outbound::text("hi");
        for (address, field) in [
            ("16505551234", "to"),
            ("+27 82 555 0101", "to"),
            ("US.13491208655302741918", "recipient"),
            ("US.ENT.11815799212886844830", "recipient"),
        ] {
            let body = sent(&message, address);
            assert_eq!(body[field], address);
            let other = if field == "to" { "recipient" } else { "to" };
            assert!(body.get(other).is_none());
        }
    }

    #[test]
    fn buttons_go_out_as_reply_buttons() {
        let message = Outbound::Buttons {
            header: Some("Orders".to_owned()),
            text: "What can we do?".to_owned(),
            footer: Some("Open 9 to 5".to_owned()),
            buttons: vec![button("a", "Where is it?"), button("b", "Talk to us")],
        };
        assert_eq!(
            sent(&message, "1")["interactive"],
            json!({
                "type": "button",
                "header": { "type": "text", "text": "Orders" },
                "body": { "text": "What can we do?" },
                "footer": { "text": "Open 9 to 5" },
                "action": { "buttons": [
                    { "type": "reply", "reply": { "id": "a", "title": "Where is it?" } },
                    { "type": "reply", "reply": { "id": "b", "title": "Talk to us" } },
                ] },
            })
        );
    }

    #[test]
    fn a_list_always_titles_its_sections() {
        let rows = vec![Row { description: Some("by post".to_owned()), ..row(1) }, row(2)];
        let body = sent(&list(vec![Section { title: None, rows }]), "1");
        assert_eq!(
            body["interactive"]["action"],
            json!({ "button": "Choose", "sections": [{ "title": "Choose", "rows": [
                { "id": "r1", "title": "Row 1", "description": "by post" }, { "id": "r2", "title": "Row 2" },
            ] }] })
        );
        assert!(body["interactive"].get("header").is_none() && body["interactive"].get("footer").is_none());
    }

    #[test]
    fn what_meta_would_refuse_is_not_sent() {
        let section = |rows: usize| Section { title: None, rows: (0..rows).map(row).collect() };
        for (message, reason) in [
            (Outbound::text(""), "text is empty; WhatsApp takes none that is"),
            (Outbound::text("é".repeat(4097)), "text is 4097 characters long; WhatsApp takes 4096"),
            (buttons(vec![]), "0 buttons do not fit; 1 to 3 do"),
            (
                buttons((0..4).map(|i| button(&i.to_string(), &i.to_string())).collect()),
                "4 buttons do not fit; 1 to 3 do",
            ),
            (buttons(vec![button("a", "Yes"), button("b", "Yes")]), "two buttons are titled `Yes`"),
            (
                buttons(vec![button("a", "Twenty-one characters")]),
                "the title of a button is 21 characters long; WhatsApp takes 20",
            ),
            (list(vec![section(11)]), "11 rows do not fit; 1 to 10 do"),
            (list(vec![]), "0 rows do not fit; 1 to 10 do"),
        ] {
            let failure = body(&message, "1", &EffectId::from("e-0")).expect_err(reason);
            assert_eq!((failure.reason, failure.message.as_str()), (SendFailureReason::Rejected, reason));
        }
        assert!(
            body(&Outbound::text("é".repeat(4096)), "1", &EffectId::from("e-0")).is_ok(),
            "characters count, not bytes"
        );
    }

    fn answer(status: u16, content_type: &str, text: &str) -> SendOutcome {
        outcome(&Ok(http::Response::new(status, &[("content-type", content_type)], text.to_owned())), "1", 0)
    }

    #[test]
    fn an_accepted_message_has_its_id() {
        let body = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+1650","wa_id":"1650"}],"messages":[{"id":"wamid.A"}]}"#;
        assert_eq!(answer(200, "application/json", body), SendOutcome::Accepted { provider_id: "wamid.A".to_owned() });
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        let error = r#"{"error":{"message":"(#131056)","type":"OAuthException","code":131056,"fbtrace_id":"x"}}"#;
        for status in [200, 400, 401, 429, 500] {
            let outcome = answer(status, "application/json", error);
            assert!(matches!(outcome, SendOutcome::Retry { scope: Scope::Pair, .. }), "{status}: {outcome:?}");
        }
    }

    #[test]
    fn an_answer_that_is_not_metas_is_judged_by_its_status() {
        let page = "<html><body>Bad gateway</body></html>";
        for status in [200, 408, 500, 502, 503, 504] {
            let outcome = answer(status, "text/html; charset=utf-8", page);
            let SendOutcome::Unknown { message } = outcome else { panic!("{status}: {outcome:?}") };
            assert_eq!(
                message,
                format!("the Graph API answered HTTP {status} with text/html, not with a message or an error")
            );
        }
        assert!(matches!(answer(429, "text/plain", "slow down"), SendOutcome::Retry { scope: Scope::Number, .. }));
        assert!(matches!(answer(404, "text/html", page), SendOutcome::Blocked { .. }));
        assert!(matches!(answer(302, "text/html", ""), SendOutcome::Blocked { .. }));
        assert!(matches!(answer(200, "application/json", "{}"), SendOutcome::Unknown { .. }));
        assert!(matches!(answer(200, "application/json", r#"{"messages":[]}"#), SendOutcome::Unknown { .. }));
    }

    #[test]
    fn what_never_left_is_tried_again_and_what_may_have_is_not() {
        use http::FailureKind::{Refused, Timeout, TooLarge, Unreachable};
        let failed = |kind, sent| outcome(&Err(http::Failure { kind, sent, message: "x".to_owned() }), "1", 0);
        assert!(matches!(failed(Timeout, true), SendOutcome::Unknown { .. }));
        assert!(matches!(failed(Unreachable, true), SendOutcome::Unknown { .. }));
        assert!(matches!(failed(TooLarge, true), SendOutcome::Unknown { .. }));
        assert!(matches!(failed(Unreachable, false), SendOutcome::Retry { .. }));
        assert!(matches!(failed(Timeout, false), SendOutcome::Retry { .. }));
        assert!(matches!(failed(Refused, false), SendOutcome::Blocked { .. }));
    }
}
