//! APIs of the business's own.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use usher_connect::api::Definition;
use usher_connect::call::{Caller, Target};
use usher_connect::http;
use usher_engine::Environment;
use usher_engine::effect::{Body, Call, CallTarget, Method, Request};
use usher_engine::event::Answer;
use usher_engine::id::EffectId;
use usher_store::{Api, ApiChange, NewApi};
use utoipa::ToSchema;

use super::secret_fields::{self, SecretChanges};
use super::{Desk, key, usage};
use crate::documents::kinds;
use crate::problem::Problem;
use crate::secrets::row;

/// Every secret that some way of authentication needs.
const SECRETS: [&str; 4] = ["password", "token", "api_key", "client_secret"];
/// The most bytes of an answer that a try shows.
const SHOWN_BYTES: usize = 64 * 1024;

/// A new API: its definition, and beside it its key and its secrets.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "stands for its schema; bodies are read member by member")]
pub struct Input {
    /// Names it for ever; made of the name unless given.
    key: Option<String>,
    /// What the authentication needs: `password`, `token`, `api_key` or `client_secret`.
    secrets: Option<BTreeMap<String, Option<String>>>,
    #[serde(flatten)]
    definition: Definition,
}

/// An API; of its secrets, only which are set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiItem {
    pub key: String,
    /// Which secrets are set, of those that its authentication needs.
    pub secrets: BTreeMap<String, bool>,
    /// The members of the definition stand beside the others.
    #[serde(flatten)]
    #[schema(value_type = crate::api::schema::ApiDefinition)]
    pub definition: Definition,
}

impl TryFrom<Api> for ApiItem {
    type Error = Problem;

    fn try_from(api: Api) -> Result<Self, Problem> {
        let definition = definition_of(&api)?;
        let needed: Vec<String> = definition.authentication.secret().into_iter().map(str::to_owned).collect();
        let set = |name: &str| api.secret_names.iter().any(|set| set == name);
        Ok(Self { secrets: secret_fields::told(&needed, set), key: api.key, definition })
    }
}

fn definition_of(api: &Api) -> Result<Definition, Problem> {
    Definition::read(&api.settings).map_err(|error| Problem::internal(&error))
}

/// Lists the APIs of the workspace.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk) -> Result<Vec<ApiItem>, Problem> {
    let found = desk.core.store.apis().list(&desk.workspace.id).await?;
    found.into_iter().map(ApiItem::try_from).collect()
}

/// Reads an API.
///
/// # Errors
///
/// There is none of that key.
pub async fn read(desk: &Desk, key: &str) -> Result<ApiItem, Problem> {
    ApiItem::try_from(find(desk, key).await?)
}

pub(super) async fn find(desk: &Desk, key: &str) -> Result<Api, Problem> {
    let found = desk.core.store.apis().get(&desk.workspace.id, key).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no API `{key}`")))
}

/// Returns an API's secrets, opened.
pub(crate) fn secrets_of(desk: &Desk, api: &Api) -> Result<BTreeMap<String, SecretString>, Problem> {
    let row = row::api(&desk.workspace.id, &api.key);
    desk.core.vault.open_all(&row, api.secrets.as_deref()).map_err(|error| Problem::internal(&error))
}

fn take<T: for<'de> Deserialize<'de>>(body: &mut Map<String, Json>, name: &str) -> Result<Option<T>, Problem> {
    let Some(value) = body.remove(name) else { return Ok(None) };
    kinds::read(value, &format!("/{name}")).map(Some)
}

fn checked(definition: Map<String, Json>) -> Result<Definition, Problem> {
    let definition = Json::Object(definition);
    // Once for the place of what cannot be read, once for what can be read and is not right.
    kinds::read::<Definition>(definition.clone(), "")?;
    Definition::read(&definition).map_err(|error| {
        let mut problem = super::connections::unfit(&error);
        for place in &mut problem.errors {
            place.pointer = place.pointer.replacen("/settings", "", 1);
        }
        problem
    })
}

fn known() -> Vec<String> {
    SECRETS.iter().map(|&name| name.to_owned()).collect()
}

/// Creates an API of the members of a body: `key` and `secrets`, the others its definition.
///
/// # Errors
///
/// A member is not right, or the key is taken.
pub async fn create(desk: &Desk, mut body: Map<String, Json>) -> Result<ApiItem, Problem> {
    let key: Option<String> = take::<Option<String>>(&mut body, "key")?.flatten();
    let secrets: SecretChanges = take(&mut body, "secrets")?.unwrap_or_default();
    create_defined(desk, key, checked(body)?, &secrets).await
}

/// Creates an API of a definition.
///
/// # Errors
///
/// As [`create`].
pub async fn create_defined(
    desk: &Desk,
    key: Option<String>,
    definition: Definition,
    changes: &SecretChanges,
) -> Result<ApiItem, Problem> {
    let name = key::name(&definition.name)?;
    let mut secrets = BTreeMap::new();
    changes.apply(&mut secrets, &known())?;
    let mut tx = desk.core.store.begin().await?;
    let taken = tx.apis().list(&desk.workspace.id).await?;
    let key = match key {
        Some(key) => key,
        None => key::free(&name, |key| taken.iter().any(|other| other.key == key)),
    };
    key::check(&key)?;
    let row = row::api(&desk.workspace.id, &key);
    let stored = NewApi {
        workspace: desk.workspace.id.clone(),
        key: key.clone(),
        name,
        settings: json!(definition),
        secrets: (!secrets.is_empty()).then(|| desk.core.vault.seal_all(&row, &secrets)),
        secret_names: secrets.into_keys().collect(),
        created_at: desk.core.clock.now(),
    };
    tx.apis().create(&stored).await?;
    desk.note(&mut tx, "api.created", &format!("API {key}"), json!({})).await?;
    tx.commit().await?;
    read(desk, &key).await
}

/// Changes the parts of an API that a body holds.
///
/// # Errors
///
/// There is none of that key, or a member is not right.
pub async fn change(desk: &Desk, key: &str, mut body: Map<String, Json>) -> Result<ApiItem, Problem> {
    let before = find(desk, key).await?;
    if let Some(other) = body.remove("key")
        && other != key
    {
        return Err(Problem::invalid_at("/key", "a key never changes; make a new API instead"));
    }
    let changes: SecretChanges = take(&mut body, "secrets")?.unwrap_or_default();
    let definition = if body.is_empty() {
        None
    } else {
        let mut definition = before.settings.as_object().cloned().unwrap_or_default();
        definition.extend(body);
        Some(checked(definition)?)
    };
    change_defined(desk, &before, definition, &changes).await
}

/// Changes an API's definition and secrets.
///
/// # Errors
///
/// As [`change`].
pub async fn change_defined(
    desk: &Desk,
    before: &Api,
    definition: Option<Definition>,
    changes: &SecretChanges,
) -> Result<ApiItem, Problem> {
    let key = &before.key;
    let mut secrets = secrets_of(desk, before)?;
    let (other_secrets, other_definition) = (!changes.leave(&secrets), definition.is_some());
    changes.apply(&mut secrets, &known())?;
    let row = row::api(&desk.workspace.id, key);
    let names: Vec<String> = secrets.keys().cloned().collect();
    let sealed = (!secrets.is_empty()).then(|| desk.core.vault.seal_all(&row, &secrets));
    let stored = ApiChange {
        name: definition.as_ref().map(|definition| definition.name.clone()),
        settings: definition.map(|definition| json!(definition)),
        secrets: other_secrets.then_some((sealed, names)),
        at: desk.core.clock.now(),
    };
    let mut tx = desk.core.store.begin().await?;
    tx.apis().change(&desk.workspace.id, key, &stored).await?;
    let details = json!({ "definition": other_definition, "secrets": other_secrets });
    desk.note(&mut tx, "api.changed", &format!("API {key}"), details).await?;
    tx.commit().await?;
    read(desk, key).await
}

/// Deletes an API.
///
/// # Errors
///
/// There is none of that key, or workflows call it.
pub async fn delete(desk: &Desk, key: &str) -> Result<(), Problem> {
    find(desk, key).await?;
    usage::refuse(&usage::of_api(desk, key).await?, &format!("API {key}"))?;
    let mut tx = desk.core.store.begin().await?;
    tx.apis().delete(&desk.workspace.id, key).await?;
    desk.note(&mut tx, "api.deleted", &format!("API {key}"), json!({})).await?;
    Ok(tx.commit().await?)
}

/// A request to try an API with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub method: Method,
    /// The path under the base address.
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub query: IndexMap<String, String>,
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub headers: IndexMap<String, String>,
    /// What to send, as text; its type is the API's.
    pub body: Option<String>,
    /// Where: `sandbox` unless given.
    #[schema(value_type = Option<String>)]
    pub environment: Option<Environment>,
}

/// What an API answered, and what a workflow would make of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tried {
    /// Whether there was an answer at all.
    pub answered: bool,
    pub status: Option<u16>,
    pub content_type: Option<String>,
    /// The answer's body, or its beginning.
    pub body: Option<String>,
    /// What went wrong, in plain words.
    pub message: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
}

/// Makes one call to an API.
///
/// # Errors
///
/// There is none of that key, or the request is not right. That the API fails is no error: it is the answer.
pub async fn try_out(desk: &Desk, key: &str, wanted: Try) -> Result<Tried, Problem> {
    let api = find(desk, key).await?;
    let definition = definition_of(&api)?;
    let secrets = secret_fields::opened(&secrets_of(desk, &api)?);
    let environment = wanted.environment.unwrap_or(Environment::Sandbox);
    let target = definition.target(environment, &secrets).map_err(|error| {
        Problem::conflict("not_set_up", format!("the API cannot be called in {environment}: {error}"))
    })?;
    let content_type = definition.request_type;
    let call = Call {
        target: CallTarget::Api { api: key.to_owned() },
        request: Request {
            method: wanted.method,
            path: wanted.path,
            query: wanted.query,
            headers: wanted.headers,
            body: wanted.body.map(|text| body_of(content_type, text)),
            idempotent: false,
        },
        timeout_ms: definition.timeout_seconds.saturating_mul(1000),
    };
    let caller = caller_of(desk, &target)?;
    let began = tokio::time::Instant::now();
    let answer = caller.execute(&call, &target, &EffectId(format!("try-{}", desk.core.ids.id()))).await;
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(match answer {
        Answer::Responded { status, content_type, body, .. } => Tried {
            answered: true,
            status: Some(status),
            content_type,
            body: Some(beginning(body)),
            message: None,
            milliseconds,
        },
        Answer::Failed { kind, message } => Tried {
            answered: false,
            status: None,
            content_type: None,
            body: None,
            message: Some(format!("{}: {message}", kind.as_str())),
            milliseconds,
        },
    })
}

fn body_of(content_type: usher_engine::api::ContentType, text: String) -> Body {
    use usher_engine::api::ContentType;
    let named = |name: &str| name.to_owned();
    match content_type {
        ContentType::Json => Body::Json { text },
        ContentType::Form => Body::Text { content_type: named("application/x-www-form-urlencoded"), text },
        ContentType::Xml => Body::Text { content_type: named("application/xml"), text },
        ContentType::Text => Body::Text { content_type: named("text/plain; charset=utf-8"), text },
    }
}

/// The demo's own API is on this machine, where calls may not go otherwise: it has a caller of its own.
fn caller_of(desk: &Desk, target: &Target) -> Result<Caller, Problem> {
    let configuration = &desk.core.configuration;
    if !(configuration.demo && target.base.as_str().starts_with(&configuration.link("/demo"))) {
        return Ok(desk.core.caller.clone());
    }
    let rules = http::Rules::only(configuration.public_url.clone());
    let client = http::Client::new(rules).map_err(|error| Problem::internal(&error))?;
    Ok(Caller::new(client))
}

fn beginning(mut body: String) -> String {
    if body.len() > SHOWN_BYTES {
        let mut end = SHOWN_BYTES;
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        body.truncate(end);
    }
    body
}
