//! What a turn may look at: a borrowed view, the same for the same turn whenever it is taken.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::api::Api;
use crate::contact::Contact;
use crate::render::Abilities;
use crate::workflow::Workflow;

/// Everything outside the session that decides a turn.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    pub workflows: &'a dyn Workflows,
    pub contact: &'a Contact,
    pub abilities: &'a Abilities,
    /// The name of the workspace, as texts may show it.
    pub workspace: &'a str,
    /// The APIs of the business, by key.
    pub apis: &'a BTreeMap<String, Api>,
    /// How long a session lasts without an inbound message.
    pub session_length: SignedDuration,
}

/// The workflows of a deployment (or the drafts of a preview), compiled.
pub trait Workflows: Debug + Sync {
    /// Returns a workflow by its key, in the version that belongs to the deployment.
    fn get(&self, key: &str) -> Option<&Arc<Workflow>>;
}

impl Workflows for BTreeMap<String, Arc<Workflow>> {
    fn get(&self, key: &str) -> Option<&Arc<Workflow>> {
        self.get(key)
    }
}

/// The only source of time and chance in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When the event was accepted.
    pub now: Timestamp,
    pub seed: Seed,
}

/// Chance, drawn once per event: an HMAC of its id under the workspace's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);
