//! The snapshots of what workspaces have set up.
//!
//! One snapshot per workspace and revision, shared by all. A turn knows the revision from its load and never sees an
//! older one, nor does what it asked for. Doors, which load nothing, ask for the revision once they are told that it may
//! have been raised, and now and then by themselves.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value as Json;
use usher_connect::api::Definition;
use usher_connect::call::Target;
use usher_connect::{Secrets, channels, integrations};
use usher_engine::{Environment, limits};
use usher_store::{Error, Store};

use super::configuration::{CallSetup, ChannelSetup, ChatRoute, Configuration, Door, Route, Setup, Speaks, Workspace};
use super::demo_api::DemoApi;
use super::notes::{ChannelId, Notes};
use crate::actions::secret_fields;
use crate::actions::workspaces;
use crate::clock::Clock;
use crate::dispatcher::rate::Rate;
use crate::metrics::Metrics;
use crate::preview;
use crate::secrets::{Vault, row};

/// How long the database may take to say whether there is a newer one; then the known one is used, for a while without
/// asking.
const PATIENCE: Duration = Duration::from_millis(500);
const BLIND: SignedDuration = SignedDuration::from_secs(4);
/// Doors that are remembered before all are forgotten and found anew.
const DOORS: usize = 10_000;

/// How snapshots are kept.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long one is used without asking whether there is a newer one, if nobody tells of it.
    pub fresh: SignedDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { fresh: SignedDuration::from_secs(1) }
    }
}

/// The snapshots of all workspaces; cheap to clone.
#[derive(Debug, Clone)]
pub struct Configurations(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Store,
    vault: Vault,
    clock: Clock,
    metrics: Arc<Metrics>,
    demo: Option<DemoApi>,
    settings: Settings,
    notes: Notes,
    snapshots: Mutex<HashMap<String, Kept>>,
    /// Who reads a workspace's configuration has this.
    reading: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    doors: Mutex<HashMap<String, ChannelId>>,
    chats: Mutex<HashMap<(Environment, String), String>>,
    /// Whether the database did not answer the last time.
    is_blind: AtomicBool,
}

/// A snapshot, and when it was last known to be the newest.
#[derive(Debug, Clone)]
struct Kept {
    configuration: Arc<Configuration>,
    checked_at: Timestamp,
}

/// The settings of a route.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RouteSettings {
    closed_answer: Option<String>,
}

/// The settings of an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EnvironmentSettings {
    session_seconds: Option<i64>,
}

impl Configurations {
    /// Makes an empty set of snapshots over a store.
    pub fn new(
        store: Store,
        vault: Vault,
        clock: Clock,
        metrics: Arc<Metrics>,
        demo: Option<DemoApi>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Shared {
            store,
            vault,
            clock,
            metrics,
            demo,
            settings,
            notes: Notes::default(),
            snapshots: Mutex::default(),
            reading: Mutex::default(),
            doors: Mutex::default(),
            chats: Mutex::default(),
            is_blind: AtomicBool::new(false),
        }))
    }

    /// Returns what is noted of channels, to be written down.
    pub fn notes(&self) -> &Notes {
        &self.0.notes
    }

    /// Uses this snapshot from now on, without asking whether there is a newer one; for a room that is to do without the
    /// configuration's tables.
    pub fn pin(&self, configuration: Arc<Configuration>) {
        let kept = Kept { checked_at: Timestamp::MAX, configuration };
        lock(&self.0.snapshots).insert(kept.configuration.workspace.id.clone(), kept);
    }

    /// Returns a snapshot of at least this revision.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn at(&self, workspace: &str, revision: u64) -> Result<Arc<Configuration>, Error> {
        match self.kept(workspace, revision) {
            Some(kept) => Ok(kept.configuration),
            None => self.read(workspace, revision).await,
        }
    }

    /// Learns that the snapshot of a workspace may not be the newest any more.
    pub fn ask_again(&self, workspace: &str) {
        self.checked(workspace, Timestamp::MIN);
    }

    /// Returns the newest snapshot, or one of at least this revision that was the newest a moment ago.
    ///
    /// # Errors
    ///
    /// The store is away, or there is no such workspace.
    pub async fn latest(&self, workspace: &str, revision: u64) -> Result<Arc<Configuration>, Error> {
        let now = self.0.clock.now();
        let Some(kept) = self.kept(workspace, revision) else { return self.read(workspace, revision).await };
        if now.duration_since(kept.checked_at) < self.0.settings.fresh {
            return Ok(kept.configuration);
        }
        // One asks; the others use what there is.
        self.checked(workspace, now);
        match tokio::time::timeout(PATIENCE, self.newer(workspace, &kept.configuration)).await {
            Ok(Ok(found)) => {
                self.0.is_blind.store(false, Ordering::Relaxed);
                Ok(found)
            }
            Ok(Err(error)) if !error.is_transient() => Err(error),
            Ok(Err(_)) | Err(_) => {
                // What is known serves on: webhooks are taken while the database is away.
                self.checked(workspace, now.saturating_add(BLIND).unwrap_or(Timestamp::MAX));
                if !self.0.is_blind.swap(true, Ordering::Relaxed) {
                    tracing::warn!("the database does not answer; the last known configuration is used until it does");
                }
                Ok(kept.configuration)
            }
        }
    }

    /// Returns this snapshot, unless there is a newer one.
    async fn newer(&self, workspace: &str, known: &Arc<Configuration>) -> Result<Arc<Configuration>, Error> {
        let found = self.0.store.workspaces().get(workspace).await?.ok_or_else(|| self.gone(workspace))?;
        if known.revision >= found.revision {
            return Ok(Arc::clone(known));
        }
        self.read(workspace, found.revision).await
    }

    fn kept(&self, workspace: &str, revision: u64) -> Option<Kept> {
        let kept = lock(&self.0.snapshots).get(workspace).cloned();
        kept.filter(|kept| kept.configuration.revision >= revision)
    }

    /// Reads a snapshot of at least this revision, once for all who ask meanwhile.
    async fn read(&self, workspace: &str, revision: u64) -> Result<Arc<Configuration>, Error> {
        let reading = Arc::clone(lock(&self.0.reading).entry(workspace.to_owned()).or_default());
        let _turn = reading.lock().await;
        match self.kept(workspace, revision) {
            Some(kept) => Ok(kept.configuration),
            None => self.load(workspace).await?.ok_or_else(|| self.gone(workspace)),
        }
    }

    fn checked(&self, workspace: &str, at: Timestamp) {
        if let Some(kept) = lock(&self.0.snapshots).get_mut(workspace) {
            kept.checked_at = at;
        }
    }

    /// Returns the channel behind a callback address.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn door(&self, door: &str) -> Result<Option<Door>, Error> {
        let known = lock(&self.0.doors).get(door).cloned();
        let names = match known {
            Some(names) => names,
            None => {
                let Some(channel) = self.0.store.channels().by_door(door).await? else { return Ok(None) };
                let names =
                    ChannelId { workspace: channel.workspace, environment: channel.environment, key: channel.key };
                remember(&self.0.doors, door.to_owned(), names.clone());
                names
            }
        };
        let configuration = self.latest(&names.workspace, 0).await?;
        let Some(setup) = configuration.channel(names.environment, &names.key).cloned() else {
            lock(&self.0.doors).remove(door);
            return Ok(None);
        };
        Ok(Some(Door { workspace: names.workspace, setup, configuration }))
    }

    /// Returns the web chat of a route.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn chat_route(&self, environment: Environment, key: &str) -> Result<Option<ChatRoute>, Error> {
        let named = (environment, key.to_owned());
        let known = lock(&self.0.chats).get(&named).cloned();
        let workspace = match known {
            Some(workspace) => workspace,
            None => {
                let Some(route) = self.0.store.routes().by_key(environment, key).await? else { return Ok(None) };
                remember(&self.0.chats, named.clone(), route.workspace.clone());
                route.workspace
            }
        };
        let configuration = self.latest(&workspace, 0).await?;
        let route = configuration.environment(environment).routes.iter().find(|route| route.key == key).cloned();
        let found = route.and_then(|route| {
            let setup = configuration.channel(environment, &route.channel)?;
            (setup.kind == channels::web_chat::KEY).then(|| (route, Arc::clone(setup)))
        });
        if found.is_none() {
            lock(&self.0.chats).remove(&named);
        }
        Ok(found.map(|(route, setup)| ChatRoute { workspace, environment, route, setup }))
    }

    async fn load(&self, workspace: &str) -> Result<Option<Arc<Configuration>>, Error> {
        let now = self.0.clock.now();
        let store = &self.0.store;
        // The revision first: what is read after it may be newer, never older.
        let Some(found) = store.workspaces().get(workspace).await? else {
            lock(&self.0.snapshots).remove(workspace);
            return Ok(None);
        };
        let definitions = self.definitions(workspace).await?;
        let own = Workspace {
            messages_per_second: workspaces::messages_per_second(&found.settings),
            id: found.id,
            key: found.key,
            name: found.name,
        };
        let configuration = Arc::new(Configuration {
            revision: found.revision,
            apis: definitions.iter().map(|(key, (definition, _))| (key.clone(), definition.api(key))).collect(),
            sandbox: self.setup(&own, Environment::Sandbox, &definitions).await?,
            production: self.setup(&own, Environment::Production, &definitions).await?,
            workspace: own,
        });
        let mut snapshots = lock(&self.0.snapshots);
        // Whoever was told meanwhile of another change asks again.
        let checked_at = snapshots.get(workspace).map_or(now, |kept| kept.checked_at.min(now));
        snapshots.insert(workspace.to_owned(), Kept { configuration: Arc::clone(&configuration), checked_at });
        Ok(Some(Arc::clone(&configuration)))
    }

    /// Reads the APIs with their secrets. One that cannot be read is left out, and said so in the log.
    async fn definitions(&self, workspace: &str) -> Result<BTreeMap<String, (Definition, Secrets)>, Error> {
        let mut definitions = BTreeMap::new();
        for api in self.0.store.apis().list(workspace).await? {
            let secrets = self.opened(&row::api(workspace, &api.key), api.secrets.as_deref());
            match Definition::read(&api.settings) {
                Ok(definition) => {
                    definitions.insert(api.key, (definition, secrets.unwrap_or_default()));
                }
                Err(error) => tracing::error!(api = api.key, %error, "a stored API cannot be used"),
            }
        }
        Ok(definitions)
    }

    async fn setup(
        &self,
        of: &Workspace,
        environment: Environment,
        definitions: &BTreeMap<String, (Definition, Secrets)>,
    ) -> Result<Setup, Error> {
        let store = &self.0.store;
        let workspace = of.id.as_str();
        let settings = store.workspaces().environment(workspace, environment).await?;
        let settings = settings
            .and_then(|row| serde_json::from_value::<EnvironmentSettings>(row.settings).ok())
            .unwrap_or_default();
        let session_length = settings.session_seconds.map_or(limits::SESSION_LENGTH, SignedDuration::from_secs);
        let mut setup = Setup { session_length, ..Setup::default() };
        for channel in store.channels().list(workspace, environment).await? {
            let channel = self.channel(of, environment, channel);
            setup.channels.insert(channel.key.clone(), Arc::new(channel));
        }
        let here = self.here(workspace, environment);
        setup.channels.insert(here.key.clone(), Arc::new(here));
        for route in store.routes().list(workspace, environment).await? {
            let settings: RouteSettings = serde_json::from_value(route.settings).unwrap_or_default();
            setup.routes.push(Route {
                key: route.key,
                channel: route.channel,
                entry: route.entry,
                workflow: route.workflow,
                node: route.node,
                closed_answer: settings.closed_answer.filter(|answer| !answer.trim().is_empty()),
            });
        }
        for (key, (definition, secrets)) in definitions {
            let target = definition.target(environment, secrets).map_err(|error| error.to_string());
            setup.apis.insert(key.clone(), target.map(|target| self.call_setup(target)));
        }
        for connection in store.connections().list(workspace, environment).await? {
            let secrets =
                self.opened(&row::connection(workspace, environment, &connection.key), connection.secrets.as_deref());
            let opened = secrets.and_then(|secrets| {
                let system = integrations::system(&connection.system).map_err(|error| error.to_string())?;
                system.open(&connection.settings, &secrets).map_err(|error| error.to_string())
            });
            setup.connections.insert(connection.key, opened.map(|target| CallSetup { target, caller: None }));
        }
        Ok(setup)
    }

    fn call_setup(&self, mut target: Target) -> CallSetup {
        match self.0.demo.as_ref().and_then(|demo| demo.way_to(&target)) {
            Some((base, caller)) => {
                target.base = base;
                CallSetup { target, caller: Some(caller) }
            }
            None => CallSetup { target, caller: None },
        }
    }

    fn channel(&self, of: &Workspace, environment: Environment, channel: usher_store::Channel) -> ChannelSetup {
        let workspace = of.id.as_str();
        let speaks = if channel.kind == channels::web_chat::KEY {
            Speaks::Here
        } else {
            let secrets = self.opened(&row::channel(workspace, environment, &channel.key), channel.secrets.as_deref());
            let opened = secrets.and_then(|secrets| {
                channels::open(&channel.kind, &channel.settings, &secrets).map_err(|error| error.to_string())
            });
            opened.map_or_else(Speaks::Nothing, Speaks::To)
        };
        let (number, pair) = match &speaks {
            Speaks::To(channel) => rates(channel.limits()),
            Speaks::Here | Speaks::Nothing(_) => (None, None),
        };
        ChannelSetup {
            id: format!("{workspace}/{environment}/{}", channel.key),
            measures: self.0.metrics.channel(&of.key, environment, &channel.key, &channel.kind),
            environment,
            kind: channel.kind,
            settings: channel.settings,
            speaks,
            number,
            pair,
            names: ChannelId { workspace: workspace.to_owned(), environment, key: channel.key.clone() },
            notes: self.0.notes.clone(),
            key: channel.key,
        }
    }

    /// Returns the built-in channel of previews.
    fn here(&self, workspace: &str, environment: Environment) -> ChannelSetup {
        ChannelSetup {
            id: format!("{workspace}/{environment}/{}", preview::CHANNEL),
            measures: self.0.metrics.channel("(all)", environment, preview::CHANNEL, preview::CHANNEL),
            environment,
            key: preview::CHANNEL.to_owned(),
            kind: preview::CHANNEL.to_owned(),
            settings: Json::Null,
            speaks: Speaks::Here,
            number: None,
            pair: None,
            names: ChannelId { workspace: workspace.to_owned(), environment, key: preview::CHANNEL.to_owned() },
            notes: self.0.notes.clone(),
        }
    }

    fn opened(&self, row: &str, sealed: Option<&[u8]>) -> Result<Secrets, String> {
        let opened = self.0.vault.open_all(row, sealed);
        opened.map(|secrets| secret_fields::opened(&secrets)).map_err(|error| error.to_string())
    }

    fn gone(&self, workspace: &str) -> Error {
        Error::Dangling { what: format!("workspace {workspace}") }
    }
}

/// Translates a channel's limits to paces.
fn rates(limits: channels::Limits) -> (Option<Rate>, Option<Rate>) {
    let number = limits.per_second.map(Rate::per_second);
    let pair = limits.pair.and_then(|pair| {
        let every = SignedDuration::try_from(pair.every).ok()?;
        Some(Rate { burst: pair.burst.max(1), every })
    });
    (number, pair)
}

fn remember<K: Eq + Hash, V>(map: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut map = lock(map);
    if map.len() >= DOORS {
        map.clear();
    }
    map.insert(key, value);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
