//! Previews: sessions over the drafts, on a built-in channel, in the looks and with the abilities of another.
//!
//! Everything else is as in earnest: the same bus, runner and dispatcher, and calls go to the sandbox's systems. Each turn
//! sees the drafts as they were last kept, so that an edit is live at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use usher_engine::Environment;
use usher_engine::contact::Contact;
use usher_store::{AddressKey, Error, Store};

/// The key of the built-in channel.
pub const CHANNEL: &str = "preview";

/// Previews that are remembered; beyond, all are read anew.
const REMEMBERED: usize = 1_000;

/// How a preview was asked for; stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The kind of channel whose looks and abilities it has.
    pub look: String,
    /// Where it begins; where the workflow starts if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
    #[serde(default)]
    pub contact: Person,
}

/// Whom the builder plays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub id: String,
    pub workspace: String,
    pub workflow: String,
    pub setup: Setup,
}

impl Preview {
    /// Returns the address at which its sessions are.
    pub fn key(&self) -> AddressKey {
        AddressKey {
            workspace: self.workspace.clone(),
            environment: Environment::Sandbox,
            channel: CHANNEL.to_owned(),
            address: self.id.clone(),
        }
    }

    /// Returns the contact as the builder wants to be seen.
    pub fn contact(&self, stored: &Contact) -> Contact {
        let person = &self.setup.contact;
        let mut contact = stored.clone();
        contact.name.clone_from(&person.name);
        contact.language.clone_from(&person.language);
        if let Some(address) = &person.address {
            contact.address.clone_from(address);
            contact.phone = address.starts_with('+').then(|| address.clone());
        }
        contact
    }
}

/// The previews of this process, remembered so that a turn need not read them.
#[derive(Debug)]
pub struct Previews {
    store: Store,
    remembered: Mutex<HashMap<String, Arc<Preview>>>,
}

impl Previews {
    /// Makes a memory over a store.
    pub fn new(store: Store) -> Self {
        Self { store, remembered: Mutex::default() }
    }

    /// Returns a preview by its id.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn get(&self, id: &str) -> Result<Option<Arc<Preview>>, Error> {
        let known = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(stored) = self.store.previews().get(id).await? else { return Ok(None) };
        let setup = serde_json::from_value(stored.settings)
            .map_err(|error| Error::Unreadable { what: format!("preview {id}"), problem: error.to_string() })?;
        let preview = Preview { id: stored.id, workspace: stored.workspace, workflow: stored.workflow, setup };
        Ok(Some(self.remember(preview)))
    }

    /// Remembers a preview that was just made.
    pub fn remember(&self, preview: Preview) -> Arc<Preview> {
        let preview = Arc::new(preview);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(preview.id.clone(), Arc::clone(&preview));
        preview
    }

    /// Forgets a preview that is over.
    pub fn forget(&self, id: &str) {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
