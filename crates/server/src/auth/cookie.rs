//! The cookie that keeps a person logged in, and the header that shows a request to be the editor's own.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;

use crate::config::Configuration;

/// The cookie's name where people reach Usher by http.
const PLAIN: &str = "usher_session";
/// The cookie's name where they reach it by https: browsers then hold it to this host, this path and https.
const SECURE: &str = "__Host-usher_session";

/// How long somebody stays logged in after the last request.
pub const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long somebody stays logged in at most.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The header without which a cookie authorises no change: no form and no foreign page can send it.
pub const REQUEST: &str = "x-usher-request";

fn name(configuration: &Configuration) -> &'static str {
    if configuration.is_secure() { SECURE } else { PLAIN }
}

/// Returns the token in the request's session cookie.
pub fn token(configuration: &Configuration, headers: &HeaderMap) -> Option<String> {
    let name = name(configuration);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Returns the header that sets the cookie.
pub fn set(configuration: &Configuration, token: &str) -> HeaderValue {
    write(configuration, token, LONGEST.as_secs())
}

/// Returns the header that takes the cookie away.
pub fn clear(configuration: &Configuration) -> HeaderValue {
    write(configuration, "", 0)
}

fn write(configuration: &Configuration, token: &str, seconds: i64) -> HeaderValue {
    let secure = if configuration.is_secure() { "; Secure" } else { "" };
    let name = name(configuration);
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;

    fn configuration(public_url: &str) -> Configuration {
        Options { public_url: Some(public_url.parse().unwrap()), ..Options::default() }.resolve().unwrap()
    }

    #[test]
    fn the_cookie_is_bound_to_the_host_where_https_is_used() {
        let secure = set(&configuration("https://chat.example.com"), "abc");
        assert_eq!(secure, "__Host-usher_session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure");
        let plain = set(&configuration("http://localhost:8080"), "abc");
        assert_eq!(plain, "usher_session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let configuration = configuration("http://localhost:8080");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "theme=dark; usher_session=abc; x=y".parse().unwrap());
        assert_eq!(token(&configuration, &headers).as_deref(), Some("abc"));
        headers.insert(header::COOKIE, "xusher_session=abc".parse().unwrap());
        assert_eq!(token(&configuration, &headers), None);
    }
}
