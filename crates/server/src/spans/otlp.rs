use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// The collector to which spans are told.
#[derive(Debug, Clone)]
pub struct Otlp {
    /// Its address, to which `/v1/traces` is added.
    pub endpoint: Url,
    /// Headers that are sent with every export, each with its value.
    pub headers: Vec<(String, SecretString)>,
    /// The share of traces that is kept, from 0 to 1.
    pub ratio: f64,
}

/// Headers cannot be read; what they hold is not told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("headers are written like `NAME=VALUE`, with commas between")]
pub struct WrongHeaders;

impl Otlp {
    /// Returns the address at which spans are taken.
    pub fn traces(&self) -> String {
        format!("{}/v1/traces", self.endpoint.as_str().trim_end_matches('/'))
    }

    /// Reads headers that are written `NAME=VALUE`, with commas between.
    ///
    /// # Errors
    ///
    /// They are written otherwise.
    pub fn headers(written: &SecretString) -> Result<Vec<(String, SecretString)>, WrongHeaders> {
        let parts = written.expose_secret().split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let (name, value) = part.split_once('=').ok_or(WrongHeaders)?;
                let (name, value) = (name.trim(), value.trim());
                let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                let is_header = !name.is_empty()
                    && name.bytes().all(fits)
                    && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
                is_header.then(|| (name.to_owned(), SecretString::from(value))).ok_or(WrongHeaders)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_never_shown() {
        let read = Otlp::headers(&SecretString::from("Authorization=Basic YTpi=, x-tenant = shop,")).unwrap();
        let shown: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        assert_eq!(shown, [("Authorization", "Basic YTpi="), ("x-tenant", "shop")]);
        assert!(!format!("{read:?}").contains("YTpi"));
        for wrong in ["secret", "=secret", "a b=secret", "a=secret\u{7}"] {
            let wrong = Otlp::headers(&SecretString::from(format!("{wrong},b=c"))).unwrap_err();
            assert!(!wrong.to_string().contains("secret"), "{wrong}");
        }
    }

    #[test]
    fn spans_go_to_a_path_of_their_own() {
        for endpoint in ["http://10.0.0.9:4318", "http://10.0.0.9:4318/"] {
            let otlp = Otlp { endpoint: endpoint.parse().unwrap(), headers: Vec::new(), ratio: 1.0 };
            assert_eq!(otlp.traces(), "http://10.0.0.9:4318/v1/traces");
        }
    }
}
