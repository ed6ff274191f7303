//! Connections: stored access to other systems.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use usher_connect::integrations::{self, System};
use usher_engine::Environment;
use usher_engine::id::EffectId;
use usher_store::{Connection, ConnectionChange, ConnectionState, NewConnection};
use utoipa::ToSchema;

use super::secret_fields::{self, SecretChanges};
use super::{Desk, key, usage};
use crate::problem::Problem;
use crate::secrets::row;

/// A connection; of its secrets, only which are set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConnectionItem {
    pub key: String,
    pub name: String,
    pub system: String,
    #[schema(value_type = Object)]
    pub settings: Json,
    pub secrets: BTreeMap<String, bool>,
    /// `untested`, `working` or `failing`.
    pub state: String,
    pub tested_at: Option<Timestamp>,
    /// What the last test said.
    pub message: Option<String>,
}

impl From<Connection> for ConnectionItem {
    fn from(connection: Connection) -> Self {
        let known = integrations::system(&connection.system).map(|system| known_secrets(&*system)).unwrap_or_default();
        let set = |name: &str| connection.secret_names.iter().any(|set| set == name);
        Self {
            secrets: secret_fields::told(&known, set),
            key: connection.key,
            name: connection.name,
            system: connection.system,
            settings: connection.settings,
            state: connection.state.as_str().to_owned(),
            tested_at: connection.checked_at,
            message: connection.message,
        }
    }
}

/// What came of trying something out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tested {
    pub ok: bool,
    /// In plain words.
    pub message: String,
}

/// A new connection.
#[derive(Debug)]
pub struct New {
    pub key: Option<String>,
    pub system: String,
    pub name: String,
    pub settings: Map<String, Json>,
    pub secrets: SecretChanges,
}

/// What to change of a connection.
#[derive(Debug)]
pub struct Change {
    pub name: Option<String>,
    pub settings: Option<Map<String, Json>>,
    pub secrets: SecretChanges,
}

/// Lists the connections of an environment.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk, environment: Environment) -> Result<Vec<ConnectionItem>, Problem> {
    let found = desk.core.store.connections().list(&desk.workspace.id, environment).await?;
    Ok(found.into_iter().map(ConnectionItem::from).collect())
}

/// Reads a connection.
///
/// # Errors
///
/// There is none of that key.
pub async fn read(desk: &Desk, environment: Environment, key: &str) -> Result<ConnectionItem, Problem> {
    Ok(ConnectionItem::from(find(desk, environment, key).await?))
}

pub(super) async fn find(desk: &Desk, environment: Environment, key: &str) -> Result<Connection, Problem> {
    let found = desk.core.store.connections().get(&desk.workspace.id, environment, key).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no connection `{key}` in {environment}")))
}

/// Returns a connection's secrets, opened.
pub(crate) fn secrets_of(desk: &Desk, connection: &Connection) -> Result<BTreeMap<String, SecretString>, Problem> {
    let row = row::connection(&desk.workspace.id, connection.environment, &connection.key);
    let opened = desk.core.vault.open_all(&row, connection.secrets.as_deref());
    opened.map_err(|error| Problem::internal(&error))
}

fn known_secrets(system: &dyn System) -> Vec<String> {
    secret_fields::names(&system.secrets())
}

/// Says that settings do not fit.
pub(super) fn unfit(error: &usher_connect::SettingsError) -> Problem {
    use usher_connect::SettingsError as E;
    let pointer = match error {
        E::Invalid { name, .. } | E::Missing { name } => format!("/settings/{}", name.replace('.', "/")),
        E::MissingSecret { name } => format!("/secrets/{name}"),
        E::UnknownType { what: "system", .. } => "/system".to_owned(),
        E::UnknownType { .. } => "/kind".to_owned(),
        _ => "/settings".to_owned(),
    };
    Problem::invalid_at(pointer, error.to_string())
}

/// Creates a connection.
///
/// # Errors
///
/// The system is not known, a value is not right, or the key is taken.
pub async fn create(desk: &Desk, environment: Environment, new: New) -> Result<ConnectionItem, Problem> {
    let system = integrations::system(&new.system).map_err(|error| unfit(&error))?;
    let name = key::name(&new.name)?;
    let settings = Json::Object(new.settings);
    system.check(&settings).map_err(|error| unfit(&error))?;
    let mut secrets = BTreeMap::new();
    new.secrets.apply(&mut secrets, &known_secrets(&*system))?;
    let mut tx = desk.core.store.begin().await?;
    let taken = tx.connections().list(&desk.workspace.id, environment).await?;
    let key = match new.key {
        Some(key) => key,
        None => key::free(&name, |key| taken.iter().any(|other| other.key == key)),
    };
    key::check(&key)?;
    let row = row::connection(&desk.workspace.id, environment, &key);
    let stored = NewConnection {
        workspace: desk.workspace.id.clone(),
        environment,
        key: key.clone(),
        system: new.system,
        name,
        settings,
        secrets: (!secrets.is_empty()).then(|| desk.core.vault.seal_all(&row, &secrets)),
        secret_names: secrets.into_keys().collect(),
        created_at: desk.core.clock.now(),
    };
    tx.connections().create(&stored).await?;
    let details = json!({ "environment": environment, "system": stored.system });
    desk.note(&mut tx, "connection.created", &format!("connection {key}"), details).await?;
    tx.commit().await?;
    read(desk, environment, &key).await
}

/// Changes a connection; unless only its name changes, it counts as untested again.
///
/// # Errors
///
/// There is none of that key, or a value is not right.
pub async fn change(
    desk: &Desk,
    environment: Environment,
    key: &str,
    change: Change,
) -> Result<ConnectionItem, Problem> {
    let before = find(desk, environment, key).await?;
    let system = integrations::system(&before.system).map_err(|error| unfit(&error))?;
    let settings = change.settings.map(Json::Object);
    if let Some(settings) = &settings {
        system.check(settings).map_err(|error| unfit(&error))?;
    }
    let mut secrets = secrets_of(desk, &before)?;
    let (other_secrets, other_settings) = (!change.secrets.leave(&secrets), settings.is_some());
    change.secrets.apply(&mut secrets, &known_secrets(&*system))?;
    let row = row::connection(&desk.workspace.id, environment, key);
    let names: Vec<String> = secrets.keys().cloned().collect();
    let sealed = (!secrets.is_empty()).then(|| desk.core.vault.seal_all(&row, &secrets));
    let stored = ConnectionChange {
        name: change.name.as_deref().map(key::name).transpose()?,
        settings,
        secrets: other_secrets.then_some((sealed, names)),
        at: desk.core.clock.now(),
    };
    let mut tx = desk.core.store.begin().await?;
    tx.connections().change(&desk.workspace.id, environment, key, &stored).await?;
    if other_secrets || other_settings {
        let untested = ConnectionState::Untested;
        tx.connections().note_state(&desk.workspace.id, environment, key, untested, None, None).await?;
    }
    let details = json!({ "environment": environment, "settings": other_settings, "secrets": other_secrets });
    desk.note(&mut tx, "connection.changed", &format!("connection {key}"), details).await?;
    tx.commit().await?;
    read(desk, environment, key).await
}

/// Deletes a connection.
///
/// # Errors
///
/// There is none of that key, or workflows use it.
pub async fn delete(desk: &Desk, environment: Environment, key: &str) -> Result<(), Problem> {
    find(desk, environment, key).await?;
    let users = usage::of_connection(desk, environment, key).await?;
    usage::refuse(&users, &format!("connection {key}"))?;
    let mut tx = desk.core.store.begin().await?;
    tx.connections().delete(&desk.workspace.id, environment, key).await?;
    let details = json!({ "environment": environment });
    desk.note(&mut tx, "connection.deleted", &format!("connection {key}"), details).await?;
    Ok(tx.commit().await?)
}

/// Tries a connection out, and remembers what came of it.
///
/// # Errors
///
/// There is none of that key. That the system refuses is no error: it is the answer.
pub async fn test(desk: &Desk, environment: Environment, key: &str) -> Result<Tested, Problem> {
    let connection = find(desk, environment, key).await?;
    let system = integrations::system(&connection.system).map_err(|error| unfit(&error))?;
    let secrets = secret_fields::opened(&secrets_of(desk, &connection)?);
    let id = EffectId(format!("test-{}", desk.core.ids.id()));
    let result = integrations::test(&*system, &connection.settings, &secrets, &desk.core.caller, &id).await;
    let tested = match result {
        Ok(message) => Tested { ok: true, message },
        Err(message) => Tested { ok: false, message },
    };
    let state = if tested.ok { ConnectionState::Working } else { ConnectionState::Failing };
    let (message, now) = (Some(tested.message.as_str()), Some(desk.core.clock.now()));
    let mut tx = desk.core.store.begin().await?;
    tx.connections().note_state(&desk.workspace.id, environment, key, state, message, now).await?;
    tx.commit().await?;
    Ok(tested)
}
