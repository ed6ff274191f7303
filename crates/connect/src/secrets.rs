//! The secrets of a channel, a connection or an API: named, opened just before use, never shown.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::SettingsError;

/// Secrets by name, such as `access_token`.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// Makes an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret under its name, in place of one that was there.
    pub fn insert(&mut self, name: impl Into<String>, secret: impl Into<String>) {
        self.0.insert(name.into(), SecretString::from(secret.into()));
    }

    /// Adds a secret under its name, for building a set in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, secret: impl Into<String>) -> Self {
        self.insert(name, secret);
        self
    }

    /// Returns the secret of a name; one that is empty counts as missing.
    ///
    /// # Errors
    ///
    /// The secret is not set.
    pub fn get(&self, name: &'static str) -> Result<&SecretString, SettingsError> {
        self.0
            .get(name)
            .filter(|secret| !secret.expose_secret().trim().is_empty())
            .ok_or(SettingsError::MissingSecret { name })
    }

    /// Returns the names of the secrets that are set, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(secrets: I) -> Self {
        Self(secrets.into_iter().map(|(name, secret)| (name, SecretString::from(secret))).collect())
    }
}

/// Shows the names alone.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_names_and_never_values() {
        let secrets = Secrets::new().with("access_token", "EAAG-very-secret");
        assert_eq!(format!("{secrets:?}"), r#"{"access_token"}"#);
    }

    #[test]
    fn an_empty_secret_is_missing() {
        let secrets = Secrets::new().with("app_secret", "  ");
        let error = secrets.get("app_secret").expect_err("it is blank");
        assert_eq!(error.to_string(), "the secret `app_secret` is not set");
    }
}
