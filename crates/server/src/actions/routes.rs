//! Routes: which workflow answers at which entry of a channel.

use serde::Serialize;
use serde_json::{Value as Json, json};
use usher_connect::channels::web_chat;
use usher_engine::Environment;
use usher_store::{NewRoute, Route, RouteChange};
use utoipa::ToSchema;

use super::{Desk, channels, key};
use crate::problem::Problem;

/// The setting of a route that holds the answer while nothing is deployed.
const CLOSED_ANSWER: &str = "closed_answer";

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteItem {
    pub id: String,
    pub key: String,
    pub name: String,
    /// The key of the channel.
    pub channel: String,
    /// Which entry of the channel; empty for the only one.
    pub entry: String,
    /// The key of the workflow that answers.
    pub workflow: String,
    /// The node at which it begins; null for its start.
    pub node: Option<u32>,
    /// What a customer reads who writes while nothing is deployed for it; silence if there is none.
    pub closed_answer: Option<String>,
    /// Where a web chat is open.
    pub url: Option<String>,
}

/// A new route.
#[derive(Debug)]
pub struct New {
    pub key: Option<String>,
    pub name: String,
    pub channel: String,
    pub entry: String,
    pub workflow: String,
    pub node: Option<u32>,
    pub closed_answer: Option<String>,
}

/// What to change of a route.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub channel: Option<String>,
    pub entry: Option<String>,
    pub workflow: Option<String>,
    pub node: Option<Option<u32>>,
    pub closed_answer: Option<Option<String>>,
}

/// Lists the routes of an environment.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(desk: &Desk, environment: Environment) -> Result<Vec<RouteItem>, Problem> {
    let store = &desk.core.store;
    let chats: Vec<String> = store
        .channels()
        .list(&desk.workspace.id, environment)
        .await?
        .into_iter()
        .filter(|channel| channel.kind == web_chat::KEY)
        .map(|channel| channel.key)
        .collect();
    let routes = store.routes().list(&desk.workspace.id, environment).await?;
    Ok(routes.into_iter().map(|route| item_of(desk, environment, route, &chats)).collect())
}

fn item_of(desk: &Desk, environment: Environment, route: Route, chats: &[String]) -> RouteItem {
    let question = match environment {
        Environment::Sandbox => "?environment=sandbox",
        Environment::Production => "",
    };
    let url = desk.core.configuration.link(&format!("/chat/{}{question}", route.key));
    RouteItem {
        url: chats.contains(&route.channel).then_some(url),
        id: route.id,
        key: route.key,
        name: route.name,
        channel: route.channel,
        entry: route.entry,
        workflow: route.workflow,
        node: route.node,
        closed_answer: route.settings[CLOSED_ANSWER].as_str().map(str::to_owned),
    }
}

/// Returns a route's settings.
fn settings_of(closed_answer: Option<&str>) -> Result<Json, Problem> {
    let answer = closed_answer.map(str::trim).filter(|answer| !answer.is_empty());
    let answer = answer.map(|answer| key::text("/closed_answer", answer)).transpose()?;
    Ok(answer.map_or_else(|| json!({}), |answer| json!({ CLOSED_ANSWER: answer })))
}

/// Reads a route.
///
/// # Errors
///
/// There is none of that id.
pub async fn read(desk: &Desk, environment: Environment, id: &str) -> Result<RouteItem, Problem> {
    let found = list(desk, environment).await?.into_iter().find(|route| route.id == id);
    found.ok_or_else(|| Problem::not_found(format!("there is no route {id} in {environment}")))
}

/// Creates a route.
///
/// # Errors
///
/// The channel or the workflow is not there, a value is not right, or key or entry are taken.
pub async fn create(desk: &Desk, environment: Environment, new: New) -> Result<RouteItem, Problem> {
    let name = key::name(&new.name)?;
    leads_somewhere(desk, environment, &new.channel, &new.workflow).await?;
    // Keys of routes are part of public addresses, so unique beyond the workspace: a made one has a random end.
    let key = new.key.unwrap_or_else(|| format!("{}-{}", key::of(&name), desk.core.ids.word()));
    key::check(&key)?;
    let now = desk.core.clock.now();
    let stored = NewRoute {
        id: desk.core.ids.id(),
        workspace: desk.workspace.id.clone(),
        environment,
        key,
        name,
        channel: new.channel,
        entry: key::text("/entry", new.entry.trim())?,
        workflow: new.workflow,
        node: new.node,
        settings: settings_of(new.closed_answer.as_deref())?,
        created_at: now,
    };
    let mut tx = desk.core.store.begin().await?;
    tx.routes().create(&stored).await?;
    let details = json!({ "environment": environment, "channel": stored.channel, "workflow": stored.workflow });
    desk.note(&mut tx, "route.created", &format!("route {}", stored.key), details).await?;
    tx.commit().await?;
    read(desk, environment, &stored.id).await
}

/// Changes a route.
///
/// # Errors
///
/// There is none of that id; else as [`create`].
pub async fn change(desk: &Desk, environment: Environment, id: &str, change: Change) -> Result<RouteItem, Problem> {
    let before = read(desk, environment, id).await?;
    let channel = change.channel.as_deref().unwrap_or(&before.channel);
    let workflow = change.workflow.as_deref().unwrap_or(&before.workflow);
    leads_somewhere(desk, environment, channel, workflow).await?;
    let stored = RouteChange {
        name: change.name.as_deref().map(key::name).transpose()?,
        channel: change.channel,
        entry: change.entry.map(|entry| key::text("/entry", entry.trim())).transpose()?,
        workflow: change.workflow,
        node: change.node,
        settings: change.closed_answer.map(|answer| settings_of(answer.as_deref())).transpose()?,
        at: desk.core.clock.now(),
    };
    let mut tx = desk.core.store.begin().await?;
    tx.routes().change(&desk.workspace.id, environment, id, &stored).await?;
    let details = json!({ "environment": environment, "channel": stored.channel, "workflow": stored.workflow });
    desk.note(&mut tx, "route.changed", &format!("route {}", before.key), details).await?;
    tx.commit().await?;
    read(desk, environment, id).await
}

/// Deletes a route.
///
/// # Errors
///
/// There is none of that id.
pub async fn delete(desk: &Desk, environment: Environment, id: &str) -> Result<(), Problem> {
    let before = read(desk, environment, id).await?;
    let mut tx = desk.core.store.begin().await?;
    tx.routes().delete(&desk.workspace.id, environment, id).await?;
    let details = json!({ "environment": environment });
    desk.note(&mut tx, "route.deleted", &format!("route {}", before.key), details).await?;
    Ok(tx.commit().await?)
}

/// Whether the workflow is live is for the log of the channel to say: a route may be made before the first deployment.
async fn leads_somewhere(desk: &Desk, environment: Environment, channel: &str, workflow: &str) -> Result<(), Problem> {
    channels::find(desk, environment, channel)
        .await
        .map_err(|problem| Problem::invalid_at("/channel", &*problem.detail))?;
    let found = desk.core.store.workflows().get(&desk.workspace.id, workflow).await?;
    found.map(|_| ()).ok_or_else(|| Problem::invalid_at("/workflow", format!("there is no workflow `{workflow}`")))
}
