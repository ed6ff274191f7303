//! What a workspace has set up, ready for use: channels opened, APIs and connections with their secrets, routes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use usher_connect::call::{Caller, Target};
use usher_connect::channels::Channel;
use usher_engine::Environment;
use usher_engine::api::Api;
use usher_engine::effect::CallTarget;

use super::notes::{ChannelId, Notes};
use crate::dispatcher::rate::Rate;
use crate::metrics::ChannelMeasures;

/// What one workspace has set up.
#[derive(Debug)]
pub struct Configuration {
    pub workspace: Workspace,
    pub revision: u64,
    /// What the engine knows of the APIs, by key.
    pub apis: BTreeMap<String, Api>,
    pub(super) sandbox: Setup,
    pub(super) production: Setup,
}

/// Who the workspace is.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub id: String,
    pub key: String,
    pub name: String,
    /// Messages a second that are taken in, where that is other than for all workspaces.
    pub messages_per_second: Option<u32>,
}

/// What is set up in one environment.
#[derive(Debug, Default)]
pub struct Setup {
    pub session_length: SignedDuration,
    pub(super) channels: BTreeMap<String, Arc<ChannelSetup>>,
    pub(super) routes: Vec<Route>,
    pub(super) apis: BTreeMap<String, Result<CallSetup, String>>,
    pub(super) connections: BTreeMap<String, Result<CallSetup, String>>,
}

/// A channel, ready for use.
pub struct ChannelSetup {
    /// Names the channel among those of all workspaces and environments: for ids of events, and for what is remembered
    /// of it.
    pub id: String,
    pub environment: Environment,
    pub key: String,
    pub kind: String,
    pub settings: Json,
    pub speaks: Speaks,
    /// How fast messages may leave: over all customers, and to one.
    pub number: Option<Rate>,
    pub pair: Option<Rate>,
    pub measures: Arc<ChannelMeasures>,
    pub(super) names: ChannelId,
    pub(super) notes: Notes,
}

/// Where a channel's messages go.
#[derive(Debug, Clone)]
pub enum Speaks {
    /// To a provider.
    To(Arc<dyn Channel>),
    /// Nowhere: Usher shows them itself.
    Here,
    /// Nowhere yet: something is missing, said in plain words.
    Nothing(String),
}

/// A route, ready for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub key: String,
    pub channel: String,
    pub entry: String,
    pub workflow: String,
    pub node: Option<u32>,
    /// What a customer reads who writes while nothing is deployed; silence if there is none.
    pub closed_answer: Option<String>,
}

/// Who is called, and by which client if not by the common one.
#[derive(Debug)]
pub struct CallSetup {
    pub target: Target,
    pub caller: Option<Caller>,
}

/// A callback address, and the channel that it belongs to.
#[derive(Debug, Clone)]
pub struct Door {
    pub workspace: String,
    pub setup: Arc<ChannelSetup>,
    pub(super) configuration: Arc<Configuration>,
}

/// A web chat's route, and the channel that it belongs to.
#[derive(Debug, Clone)]
pub struct ChatRoute {
    pub workspace: String,
    pub environment: Environment,
    pub route: Route,
    pub setup: Arc<ChannelSetup>,
}

impl fmt::Debug for ChannelSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelSetup").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl ChannelSetup {
    /// Notes that the provider has checked the callback address.
    pub fn note_verified(&self, at: Timestamp) {
        self.notes.verified(&self.names, at);
    }

    /// Notes that a webhook, or a message of the web chat, was taken.
    pub fn note_webhook(&self, at: Timestamp) {
        self.notes.webhook(&self.names, at);
    }

    /// Notes something that went wrong, in plain words.
    pub fn note_error(&self, at: Timestamp, text: &str) {
        self.notes.error(&self.names, at, text);
    }

    /// Notes something worth knowing.
    pub fn note(&self, at: Timestamp, text: &str) {
        self.notes.info(&self.names, at, text);
    }
}

impl Configuration {
    /// Returns what is set up in an environment.
    pub fn environment(&self, environment: Environment) -> &Setup {
        match environment {
            Environment::Sandbox => &self.sandbox,
            Environment::Production => &self.production,
        }
    }

    /// Returns a channel by its key.
    pub fn channel(&self, environment: Environment, key: &str) -> Option<&Arc<ChannelSetup>> {
        self.environment(environment).channels.get(key)
    }

    /// Returns the route by which a message came, or else the channel's first.
    pub fn route(&self, environment: Environment, channel: &str, key: Option<&str>) -> Option<&Route> {
        let mut routes = self.environment(environment).routes.iter().filter(|route| route.channel == channel);
        match key {
            Some(key) => routes.find(|route| route.key == key),
            None => routes.next(),
        }
    }

    /// Returns who is called.
    ///
    /// # Errors
    ///
    /// Says what is not set up.
    pub fn target(&self, environment: Environment, target: &CallTarget) -> Result<&CallSetup, String> {
        let setup = self.environment(environment);
        let (found, what) = match target {
            CallTarget::Api { api } => (setup.apis.get(api), format!("there is no API `{api}`")),
            CallTarget::Operation { connection, .. } => {
                (setup.connections.get(connection), format!("there is no connection `{connection}` in {environment}"))
            }
        };
        found.ok_or(what)?.as_ref().map_err(Clone::clone)
    }
}

impl Door {
    /// Returns the channel of a number behind this door: one of the same kind in the same environment.
    pub fn channel_of(&self, account: &str) -> Option<&Arc<ChannelSetup>> {
        let is = |setup: &ChannelSetup| match &setup.speaks {
            Speaks::To(channel) => setup.kind == self.setup.kind && channel.account() == account,
            _ => false,
        };
        if is(&self.setup) {
            return Some(&self.setup);
        }
        self.configuration.environment(self.setup.environment).channels.values().find(|setup| is(setup))
    }
}
