//! Addresses: where a contact is reached on a channel.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use usher_engine::environment::Environment;

/// Names one address: a channel of an environment, and the channel's own opaque id of the person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressKey {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// The channel's key.
    pub channel: String,
    /// The channel's own id of the person.
    pub address: String,
}

impl AddressKey {
    /// Returns the id under which the address is stored: 32 hexadecimal digits derived from its parts, so that
    /// nothing has to be asked before a row is written. It is the address's lane and the end of every hot key.
    pub fn id(&self) -> String {
        self.derive("address")
    }

    /// Returns the id of the contact that is made with this address, unless it was merged with another.
    pub fn first_contact(&self) -> String {
        self.derive("contact")
    }

    fn derive(&self, what: &str) -> String {
        let mut hash = Sha256::new();
        for part in [what, &self.workspace, self.environment.as_str(), &self.channel, &self.address] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(&hash.finalize()[..16])
    }
}
