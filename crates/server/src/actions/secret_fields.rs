//! Secrets as people set them: by name, never read back.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::problem::Problem;

/// The most bytes of one secret: a private key fits.
const LONGEST: usize = 16 * 1024;

/// Secrets to set (a text) or to take away (null), by name.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, Option<String>>)]
pub struct SecretChanges(BTreeMap<String, Option<SecretString>>);

impl fmt::Debug for SecretChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl From<BTreeMap<String, SecretString>> for SecretChanges {
    fn from(secrets: BTreeMap<String, SecretString>) -> Self {
        Self(secrets.into_iter().map(|(name, secret)| (name, Some(secret))).collect())
    }
}

impl SecretChanges {
    /// Says whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether applying these to `secrets` would leave them as they are.
    pub fn leave(&self, secrets: &BTreeMap<String, SecretString>) -> bool {
        self.0.iter().all(|(name, change)| match (wanted(change.as_ref()), secrets.get(name)) {
            (None, None) => true,
            (Some(new), Some(old)) => new.expose_secret() == old.expose_secret(),
            _ => false,
        })
    }

    /// Makes the changes; `known` are the names that there may be.
    ///
    /// # Errors
    ///
    /// Refuses a name that is not known and a secret that is too long.
    pub fn apply(&self, secrets: &mut BTreeMap<String, SecretString>, known: &[String]) -> Result<(), Problem> {
        for (name, change) in &self.0 {
            if !known.contains(name) {
                let names = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let detail = format!("there is no secret `{name}` here; known are: {names}");
                return Err(Problem::invalid_at(format!("/secrets/{name}"), detail));
            }
            match wanted(change.as_ref()) {
                Some(secret) if secret.expose_secret().len() > LONGEST => {
                    let detail = format!("a secret has at most {LONGEST} bytes");
                    return Err(Problem::invalid_at(format!("/secrets/{name}"), detail));
                }
                Some(secret) => {
                    secrets.insert(name.clone(), secret.clone());
                }
                None => {
                    secrets.remove(name);
                }
            }
        }
        Ok(())
    }
}

/// An empty text takes a secret away, as null does.
fn wanted(change: Option<&SecretString>) -> Option<&SecretString> {
    change.filter(|secret| !secret.expose_secret().is_empty())
}

/// Returns the names that a schema of secrets knows.
pub fn names(schema: &Map<String, Json>) -> Vec<String> {
    let properties = schema.get("properties").and_then(Json::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}

/// Says for each known name whether the secret is set.
pub fn told(known: &[String], set: impl Fn(&str) -> bool) -> BTreeMap<String, bool> {
    known.iter().map(|name| (name.clone(), set(name))).collect()
}

/// Returns opened secrets in the form in which channels and systems take them.
pub fn opened(secrets: &BTreeMap<String, SecretString>) -> usher_connect::Secrets {
    secrets.iter().map(|(name, secret)| (name.clone(), secret.expose_secret().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(json: &str) -> SecretChanges {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_text_sets_null_takes_away_and_the_rest_stays() {
        let known = ["token".to_owned(), "secret".to_owned()];
        let mut secrets = BTreeMap::new();
        changes(r#"{"token": "a", "secret": "b"}"#).apply(&mut secrets, &known).unwrap();
        let later = changes(r#"{"token": null}"#);
        assert!(!later.leave(&secrets));
        later.apply(&mut secrets, &known).unwrap();
        assert_eq!(
            told(&known, |name| secrets.contains_key(name)),
            BTreeMap::from([("token".into(), false), ("secret".into(), true)])
        );
        assert!(changes(r#"{"secret": "b"}"#).leave(&secrets));
    }

    #[test]
    fn an_unknown_name_is_refused_and_nothing_is_shown() {
        let problem = changes(r#"{"tokn": "hush"}"#).apply(&mut BTreeMap::new(), &["token".to_owned()]).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/secrets/tokn");
        assert!(!format!("{:?}", changes(r#"{"tokn": "hush"}"#)).contains("hush"));
    }
}
