//! The master keys: from the environment, or from a file that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::{Digest, Sha256};

use crate::ids;

/// The variable that may hold the master keys instead of a file.
pub const VARIABLE: &str = "USHER_MASTER_KEY";

/// The master keys: the first seals, all open.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

/// One master key.
#[derive(Debug)]
pub struct Key {
    /// The beginning of the key's SHA-256; stands in what is sealed with it.
    pub id: String,
    pub secret: SecretBox<[u8; 32]>,
}

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "a master key is 64 hexadecimal digits; line {line} is not (several keys: one a line or separated by commas, the current one first)"
    )]
    Malformed { line: usize },
    #[error(
        "there is no master key in {0}; a key is 64 hexadecimal digits, made for example by `openssl rand -hex 32`"
    )]
    Empty(String),
    #[error("the master key file {path} can be read by others (mode {mode:o}); run `chmod 600 {path}`")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("cannot read the master key file {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write a new master key to {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
}

impl Keys {
    /// Reads keys, the current one first, separated by lines, spaces or commas.
    ///
    /// # Errors
    ///
    /// Says which key is malformed, without showing it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let keys: Vec<Key> = text
            .split([',', '\n', '\r', ' '])
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .enumerate()
            .map(|(index, word)| {
                let mut secret = [0; 32];
                hex::decode_to_slice(word, &mut secret).map_err(|_| Error::Malformed { line: index + 1 })?;
                let id = hex::encode(&Sha256::digest(secret)[..4]);
                Ok(Key { id, secret: SecretBox::new(Box::new(secret)) })
            })
            .collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(Error::Empty("the text".to_owned())) } else { Ok(Self(keys)) }
    }

    /// Takes the keys from the value of the environment variable, else from the file; where there is no file, makes one.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the key or the file.
    pub fn load(variable: Option<&SecretString>, file: &Path) -> Result<Self, Error> {
        if let Some(value) = variable {
            return match Self::parse(value.expose_secret()) {
                Err(Error::Empty(_)) => Err(Error::Empty(VARIABLE.to_owned())),
                other => other,
            };
        }
        match fs::metadata(file) {
            Ok(metadata) => {
                let mode = metadata.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(Error::Exposed { path: file.to_owned(), mode });
                }
                let text = fs::read_to_string(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
                match Self::parse(&text) {
                    Err(Error::Empty(_)) => Err(Error::Empty(file.display().to_string())),
                    other => other,
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(file),
            Err(source) => Err(Error::Read { path: file.to_owned(), source }),
        }
    }

    fn make(file: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Write { path: file.to_owned(), source };
        let text = hex::encode(ids::random::<32>());
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        // Written whole under another name first: a second process that starts now reads all of it or nothing.
        let new = file.with_extension(format!("new-{}", hex::encode(ids::random::<4>())));
        let write = || {
            let mut opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            writeln!(opened, "{text}")?;
            opened.sync_all()?;
            fs::hard_link(&new, file)
        };
        let written = write();
        let _ = fs::remove_file(&new);
        match written {
            Ok(()) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::load(None, file),
            Err(source) => Err(failed(source)),
        }
    }

    /// Returns the key that seals.
    pub fn current(&self) -> &Key {
        &self.0[0]
    }

    /// Returns the key that was there first; what is derived and not sealed hangs on it.
    pub fn oldest(&self) -> &Key {
        &self.0[self.0.len() - 1]
    }

    /// Finds a key by its id.
    pub fn by_id(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("usher-key-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_first_start_makes_a_key_that_only_the_owner_reads() {
        let folder = folder("made");
        let file = folder.join("master.key");
        let made = Keys::load(None, &file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keys::load(None, &file).unwrap().current().id, made.current().id);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = folder("exposed");
        let file = folder.join("master.key");
        Keys::load(None, &file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let message = Keys::load(None, &file).err().unwrap().to_string();
        assert!(message.contains("chmod 600"), "{message}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_malformed_key_is_refused_without_showing_it() {
        let message = Keys::parse("hunter2").err().unwrap().to_string();
        assert!(!message.contains("hunter2"), "{message}");
        assert!(Keys::parse(" \n").is_err());
    }
}
