//! Passwords: hashed with Argon2id, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::ids;
use crate::problem::Problem;

/// The fewest characters of a password.
pub const SHORTEST: usize = 10;
/// The most bytes of a password; hashing more is a gift to an attacker.
pub const LONGEST: usize = 256;

/// Memory (KiB) and passes of one hash, as the OWASP Password Storage Cheat Sheet gives them for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes that are computed at the same time: each takes its memory and a core.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords without holding up anything else; cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    turn: Arc<Semaphore>,
    /// Checked against when there is no such user, so that the answer takes as long.
    nobody: Arc<str>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(AT_ONCE)), nobody: hash(&ids::random::<16>()).into() }
    }
}

impl Passwords {
    /// Hashes a new password.
    ///
    /// # Errors
    ///
    /// Refuses one that is too short or too long.
    pub async fn hash(&self, password: SecretString) -> Result<String, Problem> {
        acceptable(password.expose_secret())?;
        self.run(move || hash(password.expose_secret().as_bytes())).await
    }

    /// Says whether a password is the one that was hashed; takes the same time when there is no hash.
    ///
    /// # Errors
    ///
    /// Fails only while the server stops.
    pub async fn check(&self, password: SecretString, hashed: Option<String>) -> Result<bool, Problem> {
        if password.expose_secret().len() > LONGEST {
            return Ok(false);
        }
        let known = hashed.is_some();
        let hashed = hashed.unwrap_or_else(|| self.nobody.to_string());
        let fits = self.run(move || verify(password.expose_secret().as_bytes(), &hashed)).await?;
        Ok(fits && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let stopping = |_| Problem::unavailable("the server is stopping");
        let _turn = self.turn.acquire().await.map_err(stopping)?;
        tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))
    }
}

/// Says whether a password may be chosen.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn acceptable(password: &str) -> Result<(), Problem> {
    let detail = if password.chars().count() < SHORTEST {
        format!("a password has at least {SHORTEST} characters")
    } else if password.len() > LONGEST {
        format!("a password has at most {LONGEST} bytes")
    } else if password.chars().all(|character| password.starts_with(character)) {
        "a password of one repeated character is guessed at once".to_owned()
    } else {
        return Ok(());
    };
    Err(Problem::invalid_at("/password", detail))
}

#[expect(clippy::expect_used, reason = "the parameters are constants that the tests use")]
fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are in Argon2's range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[expect(clippy::expect_used, reason = "hashing fails only for lengths that `acceptable` refuses")]
fn hash(password: &[u8]) -> String {
    let salt = ids::random::<16>();
    argon().hash_password_with_salt(password, &salt).expect("the password's length is in Argon2's range").to_string()
}

fn verify(password: &[u8], hashed: &str) -> bool {
    PasswordHash::new(hashed).is_ok_and(|hashed| argon().verify_password(password, &hashed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let hashed = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(passwords.check("correct horse".into(), Some(hashed.clone())).await.unwrap());
        assert!(!passwords.check("correct house".into(), Some(hashed)).await.unwrap());
        assert!(!passwords.check("correct horse".into(), None).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert!(acceptable("short").is_err());
        assert!(acceptable("aaaaaaaaaaaaaa").is_err());
        assert!(acceptable(&"ab".repeat(200)).is_err());
        assert!(acceptable("pässwörter!").is_ok());
    }
}
