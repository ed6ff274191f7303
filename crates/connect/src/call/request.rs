//! From the engine's request to the one that is sent.

use url::Url;
use url::form_urlencoded;
use usher_engine::effect::{Body, Request};
use usher_engine::id::EffectId;

use super::Target;
use super::authentication::set;
use crate::http;

/// Bytes of a whole address; longer ones are refused by servers in ways of their own.
const ADDRESS_BYTES: usize = 16 * 1024;

/// Makes the request, except for its authentication.
///
/// # Errors
///
/// The request cannot be made as it is; says why.
pub(super) fn prepare(request: &Request, target: &Target, effect: &EffectId) -> Result<http::Request, String> {
    let mut prepared = http::Request::new(request.method, address(request, target)?);
    prepared.headers = target.headers.clone();
    for (name, value) in &request.headers {
        set(&mut prepared, name, value.clone());
    }
    let has = |prepared: &http::Request, name: &str| {
        prepared.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    if !has(&prepared, "accept") {
        set(&mut prepared, "accept", target.accept.to_owned());
    }
    if let Some(body) = &request.body {
        let (content_type, bytes) = match body {
            Body::Json { text } => ("application/json", text.clone()),
            Body::Form { fields } => {
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                ("application/x-www-form-urlencoded", form)
            }
            Body::Text { content_type, text } => (content_type.as_str(), text.clone()),
        };
        prepared.body = Some(bytes.into());
        // A builder may have named a type of their own, such as `application/vnd.api+json`.
        if !request.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
            set(&mut prepared, "content-type", content_type.to_owned());
        }
    }
    if request.idempotent {
        set(&mut prepared, target.idempotency_header, effect.to_string());
    }
    Ok(prepared)
}

/// Makes the address: the path lies under the base, whatever a customer wrote into it.
fn address(request: &Request, target: &Target) -> Result<Url, String> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path.contains(['#', '\\'])
        || query.contains('#')
        || request.path.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return Err(format!("the path `{}` holds a character that must be percent-encoded", shown(&request.path)));
    }
    // `.` and `..` lead out of the base, and so do their encoded forms in the eyes of a URL parser.
    let leads_out = path.split('/').any(|part| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == "." || part == ".."
    });
    if leads_out {
        return Err(format!("the path `{}` holds a part that is `.` or `..`", shown(&request.path)));
    }
    let base = target.base.as_str().trim_end_matches('/');
    let path = path.trim_start_matches('/');
    let joined = if path.is_empty() { target.base.as_str().to_owned() } else { format!("{base}/{path}") };
    let mut url =
        Url::parse(&joined).map_err(|error| format!("the path `{}` makes no address: {error}", shown(path)))?;
    if !query.is_empty() {
        url.set_query(Some(query));
    }
    if !request.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&request.query);
    }
    if url.origin() != target.base.origin() {
        return Err(format!("the path `{}` leads away from {}", shown(path), target.name));
    }
    if url.as_str().len() > ADDRESS_BYTES {
        return Err(format!("the address is {} bytes long; at most {ADDRESS_BYTES} fit", url.as_str().len()));
    }
    Ok(url)
}

fn shown(path: &str) -> String {
    path.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use usher_engine::effect::Method;

    use super::*;
    use crate::call::{Authentication, Retries};

    fn target(base: &str) -> Target {
        Target {
            name: "the API shop".to_owned(),
            base: Url::parse(base).expect("a URL"),
            authentication: Authentication::None,
            headers: vec![("X-Shop".to_owned(), "main".to_owned())],
            accept: "application/json",
            idempotency_header: "Idempotency-Key",
            retries: Retries::Never,
        }
    }

    fn get(path: &str) -> Request {
        Request {
            method: Method::Get,
            path: path.to_owned(),
            query: IndexMap::new(),
            headers: IndexMap::new(),
            body: None,
            idempotent: false,
        }
    }

    fn made(base: &str, request: &Request) -> Result<http::Request, String> {
        prepare(request, &target(base), &EffectId::from("e-0"))
    }

    #[test]
    fn the_path_lies_under_the_base() {
        for (base, path, whole) in [
            ("https://shop.example", "/orders/7", "https://shop.example/orders/7"),
            ("https://shop.example/api/v2/", "orders", "https://shop.example/api/v2/orders"),
            ("https://shop.example/api", "", "https://shop.example/api"),
            ("https://shop.example/api", "//evil.example/x", "https://shop.example/api/evil.example/x"),
            ("https://shop.example", "@evil.example/", "https://shop.example/@evil.example/"),
            ("https://shop.example", "/orders?status=open", "https://shop.example/orders?status=open"),
            ("https://shop.example", "/orders/a%2Fb", "https://shop.example/orders/a%2Fb"),
        ] {
            assert_eq!(made(base, &get(path)).expect(path).url.as_str(), whole);
        }
    }

    #[test]
    fn the_query_is_encoded_and_added() {
        let mut request = get("/orders?status=open");
        request.query.insert("name".to_owned(), "A & B=é".to_owned());
        let url = made("https://shop.example", &request).expect("it is fine").url;
        assert_eq!(url.as_str(), "https://shop.example/orders?status=open&name=A+%26+B%3D%C3%A9");
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        for path in ["/orders/../admin", "/orders/%2e%2E/admin", "/./x", "/a b", "/a#b", "/a\\b", "/a\nb"] {
            assert!(made("https://shop.example/api", &get(path)).is_err(), "{path:?} is refused");
        }
    }

    #[test]
    fn the_requests_own_headers_come_before_those_of_the_target() {
        let mut request = get("/");
        request.headers.insert("x-shop".to_owned(), "other".to_owned());
        request.idempotent = true;
        let headers = made("https://shop.example", &request).expect("it is fine").headers;
        let named =
            |name: &str| headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).collect::<Vec<_>>();
        assert_eq!(named("X-Shop"), [&("x-shop".to_owned(), "other".to_owned())]);
        assert_eq!(named("Idempotency-Key")[0].1, "e-0");
        assert_eq!(named("accept")[0].1, "application/json");
    }

    #[test]
    fn bodies_name_their_type() {
        let mut request = get("/");
        request.body = Some(Body::Form { fields: IndexMap::from([("a".to_owned(), "1 & 2".to_owned())]) });
        let made_form = made("https://shop.example", &request).expect("it is fine");
        assert_eq!(made_form.body.as_deref(), Some(&b"a=1+%26+2"[..]));
        assert!(
            made_form.headers.contains(&("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()))
        );

        request.body = Some(Body::Json { text: "{}".to_owned() });
        request.headers.insert("Content-Type".to_owned(), "application/vnd.api+json".to_owned());
        let own = made("https://shop.example", &request).expect("it is fine");
        assert!(own.headers.contains(&("Content-Type".to_owned(), "application/vnd.api+json".to_owned())));
    }
}
