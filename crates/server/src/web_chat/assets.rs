//! The hosted page and the widget's files, embedded as they stand in `web/chat/`.

use std::fmt::Write as _;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("../../../../web/chat/page.html");
const FILES: &[(&str, &str, &str)] = &[
    ("/chat/widget.js", JAVASCRIPT, include_str!("../../../../web/chat/widget.js")),
    ("/chat/page.js", JAVASCRIPT, include_str!("../../../../web/chat/page.js")),
    ("/chat/chat.js", JAVASCRIPT, include_str!("../../../../web/chat/chat.js")),
    ("/chat/connection.js", JAVASCRIPT, include_str!("../../../../web/chat/connection.js")),
    ("/chat/chat.css", "text/css; charset=utf-8", include_str!("../../../../web/chat/chat.css")),
];
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// What the hosted page may do: its own scripts and looks, and Usher as the only one it speaks to.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Serves the files; they are public, and other sites load them.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, (path, content_type, text)| {
        let tag = format!("\"{}\"", &hex::encode(Sha256::digest(text.as_bytes()))[..16]);
        router.route(path, get(async move |headers: HeaderMap| file(&headers, content_type, text, &tag)))
    })
}

fn file(headers: &HeaderMap, content_type: &'static str, text: &'static str, tag: &str) -> Response {
    let common = [
        (header::ETAG, tag.to_owned()),
        (header::CACHE_CONTROL, "public, max-age=60, must-revalidate".to_owned()),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, text).into_response()
}

/// Returns the hosted page of a route.
pub fn page(route: &str, environment: &str, title: &str) -> Response {
    let page = PAGE
        .replace("{title}", &escaped(title))
        .replace("{route}", &escaped(route))
        .replace("{environment}", &escaped(environment));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page).into_response()
}

/// Writes a text so that HTML shows it and reads nothing else into it. Braces too, lest a name holds one of the
/// page's own places.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, character| {
        if matches!(character, '&' | '<' | '>' | '"' | '\'' | '{' | '}') {
            let _ = write!(html, "&#{};", u32::from(character));
        } else {
            html.push(character);
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_name_cannot_break_out_of_the_page() {
        let page = page("shop", "production", "<script>{route}</script>");
        let html = to_bytes(page.into_body(), 65_536).await.unwrap();
        let html = String::from_utf8(html.to_vec()).unwrap();
        assert!(html.contains(r#"data-route="shop" data-environment="production""#), "{html}");
        assert!(html.contains("&#60;script&#62;&#123;route&#125;"), "{html}");
    }

    #[tokio::test]
    async fn a_file_that_is_known_is_not_sent_again() {
        let get = async |known: &str| {
            let request = Request::get("/chat/widget.js").header(header::IF_NONE_MATCH, known).body(Body::empty());
            routes::<()>().with_state(()).oneshot(request.unwrap()).await.unwrap()
        };
        let first = get("\"other\"").await;
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(get(&tag).await.status(), StatusCode::NOT_MODIFIED);
    }
}
