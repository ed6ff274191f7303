//! The editor, embedded in the binary: its files, and its first page for every address that is not another's.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;

/// What `npm run build` has written; empty when the editor was not built.
#[derive(Debug, RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
struct Files;

/// The one page of the editor.
const PAGE: &str = "index.html";

/// What pages may load and from where: only from Usher itself. Styles are also set on elements, by the canvas.
pub const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// First folders of addresses that are never the editor's: an unknown one there is told as a problem.
const NOT_PAGES: [&str; 9] = ["api", "in", "dynamic", "l", "chat", "demo", "healthz", "readyz", "metrics"];

/// Answers with a file of the editor, with its page, or with a problem where neither is meant.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if NOT_PAGES.contains(&first) {
        return Problem::not_found(format!("there is nothing at /{path}")).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let detail = format!("/{path} can only be read");
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response();
    }
    let named = Files::get(path).filter(|_| !path.is_empty());
    match named {
        Some(found) => file(path, found, request.headers()),
        // A missing file is not a page: a stale page that asks for last week's script must learn so.
        None if path.rsplit('/').next().is_some_and(|name| name.contains('.')) => {
            Problem::not_found(format!("there is no file /{path}")).into_response()
        }
        None => match Files::get(PAGE) {
            Some(found) => file(PAGE, found, request.headers()),
            None => not_built(),
        },
    }
}

/// Says whether the editor is in this binary.
pub fn is_built() -> bool {
    Files::get(PAGE).is_some()
}

fn file(path: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&found.metadata.sha256_hash()[..12]));
    // Vite names what is under assets/ by its content, so it never changes; the page is asked for every time.
    let kept = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response =
        if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
            ([(header::CONTENT_TYPE, kind)], found.data).into_response()
        };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn not_built() -> Response {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Usher</title>\
        <h1>The editor is not in this binary</h1>\
        <p>Usher runs, and its API answers. To have the editor too, build it and then the server again:</p>\
        <pre>scripts/web build\ncargo build -p usher-server</pre>";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (StatusCode::OK, headers, page).into_response()
}
