//! Zendesk's errors, which come in several shapes, and not always as JSON.

use serde_json::Value as Json;
use usher_engine::event::Answer;
use usher_engine::operation::Problem;
use usher_engine::value::Value;

/// Reads an answer's JSON for a look at it; what workflows get is read by [`outputs`].
pub(super) fn read(answer: &Answer) -> Result<Json, Problem> {
    let (status, body) = succeeded(answer)?;
    serde_json::from_str(body).map_err(|_| not_json(status))
}

/// Reads an answer's JSON, numbers exactly.
pub(super) fn outputs(answer: &Answer) -> Result<(u16, Value), Problem> {
    let (status, body) = succeeded(answer)?;
    Value::from_json(body).map(|value| (status, value)).map_err(|_| not_json(status))
}

fn succeeded(answer: &Answer) -> Result<(u16, &str), Problem> {
    match answer {
        Answer::Responded { status, body, .. } if (200..300).contains(status) => Ok((*status, body)),
        Answer::Responded { status, retry_after_seconds, body, .. } => {
            Err(problem(*status, *retry_after_seconds, body))
        }
        Answer::Failed { kind, message } => {
            Err(Problem { kind: kind.as_str().to_owned(), status: None, message: message.clone(), retry_after: None })
        }
    }
}

/// Makes the problem of an answer that is not what was asked for.
pub(super) fn unexpected(status: u16, message: impl Into<String>) -> Problem {
    Problem { kind: "unexpected".to_owned(), status: Some(status), message: message.into(), retry_after: None }
}

fn not_json(status: u16) -> Problem {
    unexpected(
        status,
        format!("Zendesk answered HTTP {status} with something that is no JSON; check the connection's address"),
    )
}

fn problem(status: u16, retry_after: Option<u64>, body: &str) -> Problem {
    let (error, said) = said(body);
    let kind = match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        429 => "limited",
        400 | 405..=428 => "invalid",
        500.. => "unavailable",
        _ => "unexpected",
    };
    let kind = if error.as_deref() == Some("IdempotentRequestError") { "conflict" } else { kind };
    let words = match status {
        401 => "Zendesk does not accept the connection's credentials",
        403 => "Zendesk does not let the connection's agent do this",
        404 => "there is no such thing in Zendesk",
        409 => "it was changed in Zendesk at the same time",
        429 => "Zendesk has had too many requests for now",
        400 | 405..=428 => "Zendesk did not accept the request",
        500.. => "Zendesk is not working for now",
        _ => "Zendesk answered in a way that Usher does not expect",
    };
    let message =
        said.map_or_else(|| format!("{words} (HTTP {status})"), |said| format!("{words} (HTTP {status}): {said}"));
    Problem { kind: kind.to_owned(), status: Some(status), message, retry_after }
}

/// Returns the error's word and what Zendesk says of it, from a body of any of the shapes.
fn said(body: &str) -> (Option<String>, Option<String>) {
    let Ok(body) = serde_json::from_str::<Json>(body) else {
        return (None, plain(body));
    };
    let text = |value: &Json| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(short);
    // Newer endpoints: a list of errors.
    if let Some(first) = body["errors"].get(0) {
        let said = text(&first["detail"]).or_else(|| text(&first["title"])).or_else(|| text(first));
        return (text(&first["code"]), said);
    }
    let error = &body["error"];
    let word = text(error).or_else(|| text(&error["title"]));
    let details = details(&body["details"]);
    let said = details
        .or_else(|| text(&error["message"]))
        .or_else(|| text(&body["description"]))
        .or_else(|| text(&body["message"]))
        .or_else(|| word.clone());
    (word, said)
}

/// Joins what is said of each field of a record: `{"base":[{"description":"…","error":"BlankValue"}]}`.
fn details(details: &Json) -> Option<String> {
    let fields = details.as_object()?;
    let mut said = Vec::new();
    for (field, problems) in fields {
        let problems = problems.as_array().map_or(&[][..], Vec::as_slice);
        for description in problems.iter().filter_map(|problem| problem["description"].as_str()) {
            said.push(if field == "base" { description.to_owned() } else { format!("{field}: {description}") });
        }
    }
    (!said.is_empty()).then(|| short(&said.join("; ")))
}

/// Returns the first line of a plain text; of a page, nothing.
fn plain(body: &str) -> Option<String> {
    let line = body.trim().lines().next()?.trim();
    (!line.is_empty() && !line.starts_with('<')).then(|| short(line))
}

fn short(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use usher_engine::event::CallFailure;

    use super::*;

    fn problem_of(status: u16, body: &str) -> (String, String) {
        let problem = problem(status, None, body);
        (problem.kind, problem.message)
    }

    #[test]
    fn every_shape_of_error_is_read() {
        for (status, body, kind, said) in [
            (
                422,
                r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"base":[{"description":"Description: cannot be blank","error":"BlankValue"}]}}"#,
                "invalid",
                "Zendesk did not accept the request (HTTP 422): Description: cannot be blank",
            ),
            (
                404,
                r#"{"error":"RecordNotFound","description":"Not found"}"#,
                "not_found",
                "there is no such thing in Zendesk (HTTP 404): Not found",
            ),
            (
                401,
                r#"{"error":"Couldn't authenticate you"}"#,
                "unauthorized",
                "Zendesk does not accept the connection's credentials (HTTP 401): Couldn't authenticate you",
            ),
            (
                403,
                r#"{"error":{"title":"Forbidden","message":"You do not have access to this page."}}"#,
                "forbidden",
                "Zendesk does not let the connection's agent do this (HTTP 403): You do not have access to this page.",
            ),
            (
                400,
                r#"{"errors":[{"code":"InvalidValue","title":"Invalid attribute","detail":"page size must be at most 100"}]}"#,
                "invalid",
                "Zendesk did not accept the request (HTTP 400): page size must be at most 100",
            ),
            (
                400,
                r#"{"error":"IdempotentRequestError","description":"Request parameters don't match the given idempotency key"}"#,
                "conflict",
                "Zendesk did not accept the request (HTTP 400): Request parameters don't match the given idempotency key",
            ),
            (
                429,
                "Number of allowed API requests per minute exceeded",
                "limited",
                "Zendesk has had too many requests for now (HTTP 429): Number of allowed API requests per minute exceeded",
            ),
            (503, "<html><body>Down</body></html>", "unavailable", "Zendesk is not working for now (HTTP 503)"),
            (409, "", "conflict", "it was changed in Zendesk at the same time (HTTP 409)"),
            (302, "", "unexpected", "Zendesk answered in a way that Usher does not expect (HTTP 302)"),
            (400, "[1]", "invalid", "Zendesk did not accept the request (HTTP 400)"),
        ] {
            assert_eq!(problem_of(status, body), (kind.to_owned(), said.to_owned()));
        }
    }

    #[test]
    fn a_call_without_an_answer_keeps_its_own_kind() {
        let answer = Answer::Failed { kind: CallFailure::Timeout, message: "too slow".to_owned() };
        let problem = outputs(&answer).expect_err("there is no answer");
        assert_eq!((problem.kind.as_str(), problem.status), ("timeout", None));
    }
}
