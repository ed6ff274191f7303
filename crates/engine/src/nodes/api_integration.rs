use std::fmt::Write as _;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::integration::error_value;
use crate::api::{Api, ContentType, Validation};
use crate::effect::{Body, Call, CallTarget, Method, Request};
use crate::event::{Answer, EventKind};
use crate::limits;
use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::operation::Problem;
use crate::settings::{JsonPath, JsonTemplate, Text, VariableName};
use crate::trace::Level;
use crate::value::Value;

/// Calls an API of your own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiIntegration {
    /// The API, as it is set up under Configuration.
    #[schemars(title = "API", extend("x-widget" = "api"))]
    pub api: String,
    /// What is done.
    #[serde(default)]
    pub method: Method,
    /// The path under the API's base address, such as `/orders/{{ order_number }}`. What is filled in is encoded.
    #[schemars(extend("x-widget" = "line"))]
    pub path: Text,
    /// Added to the address after the `?`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-widget" = "list"))]
    pub query: Vec<Field>,
    /// Added to the API's own headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-widget" = "list"))]
    pub headers: Vec<Field>,
    /// What is sent: JSON, with expressions in its texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<JsonTemplate>,
    /// Keeps what came back; on NO its `error` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<VariableName>,
    /// Parts of the answer to keep in variables of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-widget" = "list"))]
    pub keep: Vec<Keep>,
    /// How long the call may take; without it, as the API says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Time limit", range(min = 1, max = 60), extend("x-widget" = "duration"))]
    pub timeout_seconds: Option<u64>,
}

/// A name and what stands under it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    #[schemars(extend("x-widget" = "line"))]
    pub value: Text,
}

/// A part of an answer, and the variable that keeps it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    pub variable: VariableName,
    /// Where the part is: a JSONPath, such as `$.items[0].title`.
    pub path: JsonPath,
}

impl ApiIntegration {
    fn request(&self, step: &mut Step<'_, '_>, api: &Api) -> Request {
        let path = self.path(step);
        let fields = |step: &mut Step<'_, '_>, fields: &[Field]| -> IndexMap<String, String> {
            fields.iter().map(|Field { name, value }| (name.clone(), step.render(value).render())).collect()
        };
        let query = fields(step, &self.query);
        let headers = fields(step, &self.headers);
        let body = self.body.as_ref().map(|body| {
            let filled = body.fill(step);
            match api.request_type {
                ContentType::Form => Body::Form {
                    fields: filled
                        .as_map()
                        .into_iter()
                        .flatten()
                        .map(|(name, value)| (name.clone(), value.render()))
                        .collect(),
                },
                ContentType::Json => Body::Json { text: filled.to_json_text() },
                ContentType::Xml => Body::Text { content_type: "application/xml".to_owned(), text: filled.render() },
                ContentType::Text => Body::Text { content_type: "text/plain".to_owned(), text: filled.render() },
            }
        });
        Request { method: self.method, path, query, headers, body, idempotent: false }
    }

    /// Fills the path in; what comes from variables is encoded, so that it stays within its part.
    fn path(&self, step: &mut Step<'_, '_>) -> String {
        step.render_each(&self.path, |value, path| path.push_str(&percent_encoded(&value.render()))).render()
    }

    fn fail(&self, step: &mut Step<'_, '_>, problem: &Problem) -> Next {
        step.note(Level::Warning, format!("{}: {}", problem.kind, problem.message));
        let variable = step.own_variable(self.variable.as_ref()).into_owned();
        step.set(&variable, error_value(problem));
        Next::answer(false)
    }

    fn take(&self, step: &mut Step<'_, '_>, api: &Api, answer: &Answer) -> Result<bool, Problem> {
        let (status, body) = match answer {
            Answer::Responded { status, body, .. } => (*status, body),
            Answer::Failed { kind, message } => return Err(problem(kind.as_str(), None, message.clone())),
        };
        let retry_after =
            if let Answer::Responded { retry_after_seconds, .. } = answer { *retry_after_seconds } else { None };
        let refused = |message: String| Problem { retry_after, ..problem(kind_of(status), Some(status), message) };
        let read = if body.trim().is_empty() { Ok(Value::UNSET) } else { Value::from_json(body) };
        if api.validation.element == Validation::RESPONSE_CODE && !means_yes(&api.validation, &status.to_string()) {
            return Err(refused(format!("the API answered {status}")));
        }
        let Ok(whole) = read else {
            return Err(problem("not_json", Some(status), "the API's answer is no JSON".to_owned()));
        };
        if api.validation.element != Validation::RESPONSE_CODE {
            let found = JsonPath::parse(&api.validation.element)
                .map_err(|message| problem("invalid", Some(status), message))?
                .first(&whole);
            if !means_yes(&api.validation, &found.render()) {
                let text = format!("`{}` is `{}` in the API's answer", api.validation.element, found.render());
                return Err(refused(text));
            }
        }
        let exposed = if api.base_element.is_empty() {
            whole
        } else {
            JsonPath::parse(&api.base_element)
                .map_err(|message| problem("invalid", Some(status), message))?
                .first(&whole)
        };
        for Keep { variable, path } in &self.keep {
            step.set(variable.as_str(), path.first(&exposed));
        }
        let variable = step.own_variable(self.variable.as_ref()).into_owned();
        step.set(&variable, exposed);
        Ok(true)
    }
}

fn problem(kind: &str, status: Option<u16>, message: String) -> Problem {
    Problem { kind: kind.to_owned(), status, message, retry_after: None }
}

fn kind_of(status: u16) -> &'static str {
    match status {
        401 | 403 => "unauthorized",
        404 | 410 => "not_found",
        409 => "conflict",
        429 => "limited",
        400..=499 => "invalid",
        500..=599 => "unavailable",
        _ => "unexpected",
    }
}

fn means_yes(validation: &Validation, found: &str) -> bool {
    let is_class =
        |value: &str| value.len() == 3 && value.ends_with("xx") && found.len() == 3 && found.starts_with(&value[..1]);
    validation.values.iter().any(|value| value == found || is_class(value))
}

/// Encodes all but the unreserved characters of RFC 3986, section 2.3.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    if encoded == "." || encoded == ".." { encoded.replace('.', "%2E") } else { encoded }
}

impl Node for ApiIntegration {
    const TYPE: NodeType = NodeType::action("api_integration", "API integration", Group::Data)
        .summary("{method} {api} · {path}")
        .sets("variable");

    fn fresh() -> Self {
        Self {
            api: String::new(),
            method: Method::Get,
            path: Text::constant("/"),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            variable: None,
            keep: Vec::new(),
            timeout_seconds: None,
        }
    }

    fn check(&self, report: &mut Report) {
        if self.api.is_empty() {
            report.error("/api", "choose the API to call");
        }
        if self.body.is_some() && self.method == Method::Get {
            report.warning("/body", "a GET request is sent without a body");
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let Some(api) = step.world().apis.get(&self.api) else {
            let message = format!("there is no API `{}` in this workspace", self.api);
            return self.fail(step, &problem("not_configured", None, message));
        };
        let mut request = self.request(step, api);
        if self.method == Method::Get {
            request.body = None;
        }
        let asked = self.timeout_seconds.map_or(api.timeout_ms, |seconds| seconds.saturating_mul(1000));
        let timeout_ms = asked.clamp(1, limits::CALL_TIMEOUT_MAX_MS);
        step.call(Call { target: CallTarget::Api { api: self.api.clone() }, request, timeout_ms })
    }

    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next {
        let EventKind::CallAnswered { answer, .. } = event else { return Next::answer(false) };
        let Some(api) = step.world().apis.get(&self.api) else {
            let message = format!("the API `{}` was removed while it was called", self.api);
            return self.fail(step, &problem("not_configured", None, message));
        };
        match self.take(step, api, answer) {
            Ok(yes) => Next::answer(yes),
            Err(problem) => self.fail(step, &problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_into_a_path_cannot_leave_its_part() {
        assert_eq!(percent_encoded("10/01?x=é"), "10%2F01%3Fx%3D%C3%A9");
        assert_eq!(percent_encoded(".."), "%2E%2E");
    }

    #[test]
    fn a_class_of_statuses_means_yes() {
        let validation =
            Validation { element: Validation::RESPONSE_CODE.to_owned(), values: vec!["2xx".into(), "404".into()] };
        assert!(means_yes(&validation, "204") && means_yes(&validation, "404"));
        assert!(!means_yes(&validation, "500"));
    }
}
