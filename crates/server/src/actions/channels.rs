//! Channels: the ends at which customers reach the business.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use usher_connect::channels::{self, Kind, SendOutcome};
use usher_engine::Environment;
use usher_engine::id::EffectId;
use usher_engine::message::Outbound;
use usher_store::{Channel, ChannelChange, NewChannel};
use utoipa::ToSchema;

use super::connections::{Tested, unfit};
use super::secret_fields::{self, SecretChanges};
use super::{Desk, key, usage};
use crate::problem::Problem;
use crate::secrets::row;

/// The setting that a provider must repeat when it checks the callback URL.
pub(crate) const VERIFY_TOKEN: &str = "verify_token";
/// The most characters of a test message.
const TEST_CHARACTERS: usize = 1000;

/// A channel; of its secrets, only which are set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelItem {
    pub key: String,
    /// `whatsapp` or `web_chat`.
    pub kind: String,
    pub name: String,
    #[schema(value_type = Object)]
    pub settings: Json,
    pub secrets: BTreeMap<String, bool>,
    /// Where the provider sends its webhooks; copy it there.
    pub callback_url: Option<String>,
    /// What the provider must repeat; copy it there.
    pub verify_token: Option<String>,
    /// When the provider checked the callback URL with the right token.
    pub verified_at: Option<Timestamp>,
    pub last_webhook_at: Option<Timestamp>,
    pub last_error: Option<LastError>,
}

/// What went wrong last, in plain words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LastError {
    pub at: Option<Timestamp>,
    pub message: String,
}

/// A new channel.
#[derive(Debug)]
pub struct New {
    pub key: Option<String>,
    pub kind: String,
    pub name: String,
    pub settings: Map<String, Json>,
    pub secrets: SecretChanges,
}

/// What to change of a channel.
#[derive(Debug)]
pub struct Change {
    pub name: Option<String>,
    pub settings: Option<Map<String, Json>>,
    pub secrets: SecretChanges,
}

fn kind_of(word: &str) -> Option<Kind> {
    channels::kinds().into_iter().find(|kind| kind.key == word)
}

fn known_secrets(word: &str) -> Vec<String> {
    kind_of(word).map(|kind| secret_fields::names(&kind.secrets)).unwrap_or_default()
}

fn item_of(desk: &Desk, channel: Channel) -> ChannelItem {
    let webhook = kind_of(&channel.kind).is_some_and(|kind| kind.webhook);
    let callback = format!("/in/{}/{}", channel.kind, channel.door);
    let verify_token = channel.settings.get(VERIFY_TOKEN).and_then(Json::as_str).filter(|token| !token.is_empty());
    let set = |name: &str| channel.secret_names.iter().any(|set| set == name);
    ChannelItem {
        secrets: secret_fields::told(&known_secrets(&channel.kind), set),
        callback_url: webhook.then(|| desk.core.configuration.link(&callback)),
        verify_token: verify_token.filter(|_| webhook).map(str::to_owned),
        last_error: channel.last_error.map(|message| LastError { at: channel.last_error_at, message }),
        key: channel.key,
        kind: channel.kind,
        name: channel.name,
        settings: channel.settings,
        verified_at: channel.verified_at,
        last_webhook_at: channel.last_webhook_at,
    }
}

/// Lists the channels of an environment.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk, environment: Environment) -> Result<Vec<ChannelItem>, Problem> {
    let found = desk.core.store.channels().list(&desk.workspace.id, environment).await?;
    Ok(found.into_iter().map(|channel| item_of(desk, channel)).collect())
}

/// Reads a channel.
///
/// # Errors
///
/// There is none of that key.
pub async fn read(desk: &Desk, environment: Environment, key: &str) -> Result<ChannelItem, Problem> {
    Ok(item_of(desk, find(desk, environment, key).await?))
}

pub(super) async fn find(desk: &Desk, environment: Environment, key: &str) -> Result<Channel, Problem> {
    let found = desk.core.store.channels().get(&desk.workspace.id, environment, key).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no channel `{key}` in {environment}")))
}

/// Returns a channel's secrets, opened.
pub(crate) fn secrets_of(desk: &Desk, channel: &Channel) -> Result<BTreeMap<String, SecretString>, Problem> {
    let row = row::channel(&desk.workspace.id, channel.environment, &channel.key);
    desk.core.vault.open_all(&row, channel.secrets.as_deref()).map_err(|error| Problem::internal(&error))
}

/// Creates a channel; where a provider checks the callback URL and no verify token is given, one is made.
///
/// # Errors
///
/// The kind is not known, a value is not right, or the key is taken.
pub async fn create(desk: &Desk, environment: Environment, new: New) -> Result<ChannelItem, Problem> {
    let name = key::name(&new.name)?;
    let settings = settings(desk, &new.kind, new.settings, None)?;
    let mut secrets = BTreeMap::new();
    new.secrets.apply(&mut secrets, &known_secrets(&new.kind))?;
    let mut tx = desk.core.store.begin().await?;
    let taken = tx.channels().list(&desk.workspace.id, environment).await?;
    let key = match new.key {
        Some(key) => key,
        None => key::free(&name, |key| taken.iter().any(|other| other.key == key)),
    };
    key::check(&key)?;
    let row = row::channel(&desk.workspace.id, environment, &key);
    let stored = NewChannel {
        workspace: desk.workspace.id.clone(),
        environment,
        key: key.clone(),
        door: desk.core.ids.token().plain,
        kind: new.kind,
        name,
        settings,
        secrets: (!secrets.is_empty()).then(|| desk.core.vault.seal_all(&row, &secrets)),
        secret_names: secrets.into_keys().collect(),
        created_at: desk.core.clock.now(),
    };
    tx.channels().create(&stored).await?;
    let details = json!({ "environment": environment, "kind": stored.kind });
    desk.note(&mut tx, "channel.created", &format!("channel {key}"), details).await?;
    tx.commit().await?;
    read(desk, environment, &key).await
}

/// Checks settings; a verify token that is left out stays the one before, or is made.
fn settings(desk: &Desk, kind: &str, mut settings: Map<String, Json>, before: Option<&Json>) -> Result<Json, Problem> {
    let takes_webhooks = kind_of(kind).is_some_and(|kind| kind.webhook);
    let given = settings.get(VERIFY_TOKEN).and_then(Json::as_str).is_some_and(|token| !token.is_empty());
    if takes_webhooks && !given {
        let kept = before.and_then(|before| before[VERIFY_TOKEN].as_str()).filter(|token| !token.is_empty());
        let token = kept.map_or_else(|| desk.core.ids.token().plain, str::to_owned);
        settings.insert(VERIFY_TOKEN.to_owned(), Json::String(token));
    }
    let settings = Json::Object(settings);
    channels::check(kind, &settings).map_err(|error| unfit(&error))?;
    Ok(settings)
}

/// Changes a channel.
///
/// # Errors
///
/// There is none of that key, or a value is not right.
pub async fn change(desk: &Desk, environment: Environment, key: &str, change: Change) -> Result<ChannelItem, Problem> {
    let before = find(desk, environment, key).await?;
    let settings = change.settings.map(|new| settings(desk, &before.kind, new, Some(&before.settings))).transpose()?;
    let mut secrets = secrets_of(desk, &before)?;
    let (other_secrets, other_settings) = (!change.secrets.leave(&secrets), settings.is_some());
    change.secrets.apply(&mut secrets, &known_secrets(&before.kind))?;
    let row = row::channel(&desk.workspace.id, environment, key);
    let names: Vec<String> = secrets.keys().cloned().collect();
    let sealed = (!secrets.is_empty()).then(|| desk.core.vault.seal_all(&row, &secrets));
    let stored = ChannelChange {
        name: change.name.as_deref().map(key::name).transpose()?,
        settings,
        secrets: other_secrets.then_some((sealed, names)),
        at: desk.core.clock.now(),
    };
    let mut tx = desk.core.store.begin().await?;
    tx.channels().change(&desk.workspace.id, environment, key, &stored).await?;
    let details = json!({ "environment": environment, "settings": other_settings, "secrets": other_secrets });
    desk.note(&mut tx, "channel.changed", &format!("channel {key}"), details).await?;
    tx.commit().await?;
    read(desk, environment, key).await
}

/// Deletes a channel.
///
/// # Errors
///
/// There is none of that key, or routes use it.
pub async fn delete(desk: &Desk, environment: Environment, key: &str) -> Result<(), Problem> {
    find(desk, environment, key).await?;
    usage::refuse(&usage::of_channel(desk, environment, key).await?, &format!("channel {key}"))?;
    let mut tx = desk.core.store.begin().await?;
    tx.channels().delete(&desk.workspace.id, environment, key).await?;
    let details = json!({ "environment": environment });
    desk.note(&mut tx, "channel.deleted", &format!("channel {key}"), details).await?;
    Ok(tx.commit().await?)
}

/// Sends a message outside of any conversation.
///
/// # Errors
///
/// There is no such channel, or nothing to send. That the provider refuses is no error: it is the answer.
pub async fn send_test(
    desk: &Desk,
    environment: Environment,
    key: &str,
    to: &str,
    text: &str,
) -> Result<Tested, Problem> {
    let channel = find(desk, environment, key).await?;
    if !kind_of(&channel.kind).is_some_and(|kind| kind.webhook) {
        return Err(Problem::conflict("no_provider", "this channel has no provider; open its chat page to try it"));
    }
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEST_CHARACTERS {
        return Err(Problem::invalid_at("/text", format!("a test message has 1 to {TEST_CHARACTERS} characters")));
    }
    let to: String = to.chars().filter(char::is_ascii_digit).collect();
    if !(6..=15).contains(&to.len()) {
        return Err(Problem::invalid_at("/to", "give a phone number with its country code, such as +27 82 555 0101"));
    }
    let secrets = secret_fields::opened(&secrets_of(desk, &channel)?);
    let refused = |message: String| Tested { ok: false, message };
    let opened = match channels::open(&channel.kind, &channel.settings, &secrets) {
        Ok(opened) => opened,
        Err(error) => return Ok(refused(error.to_string())),
    };
    let id = EffectId(format!("test-{}", desk.core.ids.id()));
    let request = match opened.request(&Outbound::text(text), &to, &id) {
        Ok(request) => request,
        Err(failure) => return Ok(refused(failure.message)),
    };
    let outcome = opened.outcome(&desk.core.http.send(request).await, 0);
    Ok(match outcome {
        SendOutcome::Accepted { .. } => Tested { ok: true, message: "the provider took the message".to_owned() },
        SendOutcome::Retry { failure, .. } | SendOutcome::Failed { failure } => refused(failure.message),
        SendOutcome::Blocked { problem, .. } => refused(problem.message),
        SendOutcome::Unknown { message } => refused(message),
    })
}
