//! Secrets at rest: sealed with the master key, each bound to the row in which it stands.

mod key;
pub mod row;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use usher_engine::Seed;
use usher_engine::id::EventId;

pub use key::{Error as KeyError, Keys, VARIABLE};

use crate::ids;

/// The form in which sealed values are written: `v1.<key id>.<nonce and ciphertext>`.
const FORM: &str = "v1";
const NONCE_BYTES: usize = 24;

/// Seals and opens secrets; cheap to clone.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<Keys>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("current", &self.keys.current().id).finish_non_exhaustive()
    }
}

/// Why a sealed value cannot be opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error(
        "the secret is sealed with the key {0}, which is not among the master keys; add the old key after the new one"
    )]
    UnknownKey(String),
    #[error("the secret of {0} cannot be opened: it was changed, moved from another row, or sealed with another key")]
    Refused(String),
    #[error("the secret of {0} is not in a form that this version of Usher knows")]
    Form(String),
}

impl Vault {
    /// Makes a vault of master keys.
    pub fn new(keys: Keys) -> Self {
        Self { keys: Arc::new(keys) }
    }

    /// Seals a secret for the row that `row` names, such as `channel/<id>/access_token`.
    pub fn seal(&self, row: &str, secret: &str) -> String {
        let key = self.keys.current();
        let nonce: [u8; NONCE_BYTES] = ids::random();
        let payload = Payload { msg: secret.as_bytes(), aad: row.as_bytes() };
        #[expect(clippy::expect_used, reason = "encryption fails only beyond 256 GiB, which no request can hold")]
        let ciphertext = cipher(&key.secret).encrypt(&XNonce::from(nonce), payload).expect("a secret is short");
        let sealed = [&nonce[..], &ciphertext].concat();
        format!("{FORM}.{}.{}", key.id, URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what was sealed for the same row.
    ///
    /// # Errors
    ///
    /// Says why it cannot be opened, never what is in it.
    pub fn open(&self, row: &str, sealed: &str) -> Result<SecretString, Error> {
        let form = || Error::Form(row.to_owned());
        let mut parts = sealed.splitn(3, '.');
        let (Some(FORM), Some(id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form());
        };
        let key = self.keys.by_id(id).ok_or_else(|| Error::UnknownKey(id.to_owned()))?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| form())?;
        let (nonce, ciphertext) = body.split_first_chunk::<NONCE_BYTES>().ok_or_else(form)?;
        let payload = Payload { msg: ciphertext, aad: row.as_bytes() };
        let plain =
            cipher(&key.secret).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Error::Refused(row.to_owned()))?;
        String::from_utf8(plain).map(SecretString::from).map_err(|_| form())
    }

    /// Seals named secrets together, for the row that `row` names.
    pub fn seal_all(&self, row: &str, secrets: &BTreeMap<String, SecretString>) -> Vec<u8> {
        let plain: BTreeMap<&str, &str> =
            secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose_secret())).collect();
        let plain = SecretString::from(serde_json::json!(plain).to_string());
        self.seal(row, plain.expose_secret()).into_bytes()
    }

    /// Opens what [`Vault::seal_all`] sealed; nothing sealed is no secrets.
    ///
    /// # Errors
    ///
    /// As [`Vault::open`].
    pub fn open_all(&self, row: &str, sealed: Option<&[u8]>) -> Result<BTreeMap<String, SecretString>, Error> {
        let Some(sealed) = sealed else { return Ok(BTreeMap::new()) };
        let form = || Error::Form(row.to_owned());
        let plain = self.open(row, std::str::from_utf8(sealed).map_err(|_| form())?)?;
        let secrets: BTreeMap<String, String> = serde_json::from_str(plain.expose_secret()).map_err(|_| form())?;
        Ok(secrets.into_iter().map(|(name, secret)| (name, SecretString::from(secret))).collect())
    }

    /// Says whether a sealed value should be sealed anew, because its key is no longer the current one.
    pub fn is_stale(&self, sealed: &str) -> bool {
        sealed.split('.').nth(1) != Some(self.keys.current().id.as_str())
    }

    /// Returns the chance of one event's turn: the same event has the same, whichever process takes the turn.
    pub fn seed(&self, workspace: &str, event: &EventId) -> Seed {
        let key = mac(self.keys.oldest().secret.expose_secret(), &["seed", workspace]);
        Seed(mac(&key, &[event.as_str()]))
    }

    /// Returns a code that proves to a later request that Usher gave out `text` for `purpose`.
    pub fn code(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(self.keys.oldest().secret.expose_secret(), &["code", purpose, text]))
    }
}

fn cipher(secret: &SecretBox<[u8; 32]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*secret.expose_secret()))
}

/// Returns the HMAC-SHA-256 of some parts, each with its length before it.
fn mac(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes any key");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(keys: &[&str]) -> Vault {
        Vault::new(Keys::parse(&keys.join("\n")).unwrap())
    }

    const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const NEW: &str = "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_secret_opens_only_in_its_own_row() {
        let vault = vault(&[OLD]);
        let sealed = vault.seal("channel/1/token", "s3cret");
        assert!(!sealed.contains("s3cret"));
        assert_eq!(vault.open("channel/1/token", &sealed).unwrap().expose_secret(), "s3cret");
        let moved = vault.open("channel/2/token", &sealed).unwrap_err();
        assert_eq!(moved, Error::Refused("channel/2/token".into()));
    }

    #[test]
    fn a_changed_secret_is_refused() {
        let vault = vault(&[OLD]);
        let mut sealed = vault.seal("row", "s3cret");
        let last = sealed.pop().unwrap();
        sealed.push(if last == 'A' { 'E' } else { 'A' });
        assert!(vault.open("row", &sealed).is_err());
        assert_eq!(vault.open("row", "gibberish").unwrap_err(), Error::Form("row".into()));
    }

    #[test]
    fn named_secrets_are_sealed_together() {
        let vault = vault(&[OLD]);
        let secrets = BTreeMap::from([("token".to_owned(), SecretString::from("s3cret"))]);
        let sealed = vault.seal_all("row", &secrets);
        assert_eq!(vault.open_all("row", Some(&sealed)).unwrap()["token"].expose_secret(), "s3cret");
        assert!(vault.open_all("row", None).unwrap().is_empty());
        assert!(vault.open_all("other", Some(&sealed)).is_err());
    }

    #[test]
    fn keys_rotate() {
        let before = vault(&[OLD]);
        let sealed = before.seal("row", "s3cret");
        let after = vault(&[NEW, OLD]);
        assert_eq!(after.open("row", &sealed).unwrap().expose_secret(), "s3cret");
        assert!(after.is_stale(&sealed));
        assert!(!after.is_stale(&after.seal("row", "s3cret")));
        assert!(matches!(vault(&[NEW]).open("row", &sealed), Err(Error::UnknownKey(_))));
        let event = EventId::from("e");
        assert_eq!(before.seed("w", &event), after.seed("w", &event));
    }

    #[test]
    fn each_workspace_has_its_own_chance() {
        let vault = vault(&[OLD]);
        assert_ne!(vault.seed("a", &EventId::from("e")), vault.seed("b", &EventId::from("e")));
        assert_eq!(vault.seed("a", &EventId::from("e")), vault.seed("a", &EventId::from("e")));
    }
}
