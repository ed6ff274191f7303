//! The description of the API, for programs and for people.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description;
use crate::app::AppState;

/// Where the page for people is.
pub const PAGE: &str = "/api/docs";

/// What the page may load: nothing but its own style.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
    h1,h2{font-weight:600}h2{margin-top:2.5rem;border-bottom:1px solid #8884;padding-bottom:.25rem}\
    details{border:1px solid #8884;border-radius:8px;margin:.5rem 0;padding:.5rem .75rem}\
    summary{cursor:pointer}code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;background:#8881;padding:.75rem;border-radius:6px}\
    .method{display:inline-block;min-width:4.2rem;font-weight:600}.note{opacity:.75}nav a{margin-right:1rem}";

/// Returns the route of the description; the page is outside of the API.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read_description))
}

fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| description().to_string())
}

/// Reads this description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "Workspace", responses((status = OK, body = Object)))]
pub async fn read_description() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text()).into_response()
}

/// Shows the description as a page.
pub async fn page() -> Response {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| write_page(&description()));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, page.as_str()).into_response()
}

fn write_page(document: &Json) -> String {
    let mut page = String::new();
    let title = escaped(document["info"]["title"].as_str().unwrap_or_default());
    let about = escaped(document["info"]["description"].as_str().unwrap_or_default());
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
        <title>{title} API</title><style>{STYLE}</style></head><body><h1>{title} API</h1><p>{about}</p>\
        <p>The same for programs: <a href=\"/api/v1/openapi.json\">OpenAPI 3.1</a>.</p><nav>"
    );
    let tags: Vec<&Json> = document["tags"].as_array().into_iter().flatten().collect();
    for tag in &tags {
        let name = escaped(tag["name"].as_str().unwrap_or_default());
        let _ = write!(page, "<a href=\"#{name}\">{name}</a>");
    }
    page.push_str("</nav>");
    for tag in tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let about = escaped(tag["description"].as_str().unwrap_or_default());
        let _ = write!(page, "<h2 id=\"{0}\">{0}</h2><p>{about}</p>", escaped(name));
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if operation["tags"][0] == name {
                    write_operation(&mut page, document, path, method, operation);
                }
            }
        }
    }
    page.push_str("</body></html>");
    page
}

fn write_operation(page: &mut String, document: &Json, path: &str, method: &str, operation: &Json) {
    let word = |name: &str| escaped(operation[name].as_str().unwrap_or_default());
    let _ = write!(
        page,
        "<details><summary><span class=\"method\">{}</span><code>{}</code> — {}</summary>",
        method.to_uppercase(),
        escaped(path),
        word("summary")
    );
    if operation["description"].is_string() {
        let _ = write!(page, "<p>{}</p>", word("description"));
    }
    if operation["x-permission"].is_string() {
        let _ = write!(page, "<p class=\"note\">Needs the permission <code>{}</code>.</p>", word("x-permission"));
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let _ = write!(
            page,
            "<p><code>{}</code> <span class=\"note\">({})</span> {}</p>",
            escaped(parameter["name"].as_str().unwrap_or_default()),
            escaped(parameter["in"].as_str().unwrap_or_default()),
            escaped(parameter["description"].as_str().unwrap_or_default())
        );
    }
    write_schema(page, document, "Body", &operation["requestBody"]["content"]["application/json"]["schema"]);
    for (status, response) in
        operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| *status != "default")
    {
        let about = escaped(response["description"].as_str().unwrap_or_default());
        let _ = write!(page, "<p><code>{status}</code> {about}</p>");
        if status.starts_with('2') {
            write_schema(page, document, "Answer", &response["content"]["application/json"]["schema"]);
        }
    }
    page.push_str("</details>");
}

fn write_schema(page: &mut String, document: &Json, label: &str, schema: &Json) {
    if schema.is_null() {
        return;
    }
    let named = schema["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    let text = serde_json::to_string_pretty(named.unwrap_or(schema)).unwrap_or_default();
    let _ = write!(page, "<p class=\"note\">{label}</p><pre>{}</pre>", escaped(&text));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
