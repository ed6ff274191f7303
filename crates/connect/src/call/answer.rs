//! What came back, as the engine takes it.

use usher_engine::event::{Answer, CallFailure};

use crate::http::{Failure, Response};

/// Makes the engine's answer of a failure.
pub(super) fn failed(failure: Failure) -> Answer {
    Answer::Failed { kind: failure.kind.into(), message: failure.message }
}

/// Makes the engine's answer of a response; a body that is no text is a failure.
pub(super) fn read(response: &Response, name: &str) -> Answer {
    let content_type = response.content_type().map(str::to_owned);
    match text(response) {
        Some(body) => Answer::Responded {
            status: response.status,
            content_type,
            retry_after_seconds: response.retry_after().map(|wait| wait.as_secs()),
            body,
        },
        None => {
            let what = response
                .header("content-encoding")
                .map(|encoding| format!("compressed ({encoding})"))
                .or(content_type)
                .unwrap_or_else(|| "bytes".to_owned());
            let message = format!("the answer of {name} (HTTP {}) is {what}, which is no text", response.status);
            Answer::Failed { kind: CallFailure::NotText, message }
        }
    }
}

/// Reads the body as text: UTF-8, or Latin-1 where the content type says so. Nothing is unpacked: Usher asks for
/// no compression, so that no small answer can become a large one.
fn text(response: &Response) -> Option<String> {
    if response.header("content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return None;
    }
    let bytes = response.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&response.body);
    if bytes.contains(&0) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let latin = response.content_type().is_some_and(|content_type| {
        let content_type = content_type.to_ascii_lowercase();
        content_type.contains("charset=iso-8859-1") || content_type.contains("charset=\"iso-8859-1\"")
    });
    // The first 256 characters of Unicode are those of Latin-1.
    latin.then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(headers: &[(&str, &str)], body: &'static [u8]) -> Answer {
        read(&Response::new(200, headers, body), "the API shop")
    }

    #[test]
    fn text_is_kept_whatever_its_type() {
        let Answer::Responded { body: html, content_type, .. } =
            body(&[("content-type", "text/html")], b"<p>Sorry</p>")
        else {
            panic!("HTML is text")
        };
        assert_eq!((html.as_str(), content_type.as_deref()), ("<p>Sorry</p>", Some("text/html")));
        let Answer::Responded { body: marked, .. } = body(&[], b"\xef\xbb\xbf{}") else {
            panic!("a byte order mark is no harm")
        };
        assert_eq!(marked, "{}");
        let latin = body(&[("content-type", "application/json; charset=ISO-8859-1")], b"\"caf\xe9\"");
        assert!(matches!(latin, Answer::Responded { body, .. } if body == "\"café\""));
    }

    #[test]
    fn bytes_are_not_text() {
        let answer = body(&[("content-type", "image/png")], b"\x89PNG\x00");
        let Answer::Failed { kind: CallFailure::NotText, message } = answer else { panic!("{answer:?} is no text") };
        assert_eq!(message, "the answer of the API shop (HTTP 200) is image/png, which is no text");
        let answer = body(&[("content-encoding", "gzip")], b"{}");
        let Answer::Failed { kind: CallFailure::NotText, message } = answer else { panic!("{answer:?} is packed") };
        assert_eq!(message, "the answer of the API shop (HTTP 200) is compressed (gzip), which is no text");
    }
}
