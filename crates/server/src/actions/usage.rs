//! Who uses what: asked before something is deleted or taken offline.

use serde::Serialize;
use serde_json::json;
use usher_engine::Environment;
use usher_engine::workflow::{self, Document};

use super::{Desk, catalogue, references};
use crate::problem::Problem;

/// Something that uses something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct User {
    /// `route` or `workflow`.
    pub kind: &'static str,
    pub key: String,
    /// The environment, where it is one's own: that of a route, or the one where a workflow is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The node of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
}

impl User {
    fn route(key: &str, environment: Environment) -> Self {
        Self { kind: "route", key: key.to_owned(), environment: Some(environment), node: None }
    }

    fn describe(&self) -> String {
        let place = self.environment.map(|environment| format!(" in {environment}")).unwrap_or_default();
        let node = self.node.map(|node| format!(" (node {node})")).unwrap_or_default();
        format!("{} {}{place}{node}", self.kind, self.key)
    }
}

/// Refuses to go on while something uses `what`.
///
/// # Errors
///
/// 409 with the list of what does.
pub fn refuse(users: &[User], what: &str) -> Result<(), Problem> {
    if users.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = users.iter().map(User::describe).collect();
    let detail = format!("{what} is used by {}; change these first", told.join(", "));
    Err(Problem::conflict("in_use", detail).with("pointers", json!(users)))
}

/// The documents that count as using something: every draft, and what is live in either environment.
async fn documents(desk: &Desk) -> Result<Vec<(Option<Environment>, Document)>, Problem> {
    let store = &desk.core.store;
    let read = |text: &str| workflow::read(text).map_err(|error| Problem::internal(&error));
    let mut found = Vec::new();
    for draft in store.drafts().all(&desk.workspace.id).await? {
        found.push((None, read(&draft.document)?));
    }
    for environment in [Environment::Sandbox, Environment::Production] {
        for live in store.deployments().live_documents(&desk.workspace.id, environment).await? {
            found.push((Some(environment), read(&live.document)?));
        }
    }
    Ok(found)
}

/// Lists what points at a workflow, itself aside: routes, drafts and live workflows.
///
/// # Errors
///
/// The store cannot be read.
pub async fn of_workflow(desk: &Desk, key: &str) -> Result<Vec<User>, Problem> {
    let mut users = Vec::new();
    for environment in [Environment::Sandbox, Environment::Production] {
        for route in desk.core.store.routes().list(&desk.workspace.id, environment).await? {
            if route.workflow == key {
                users.push(User::route(&route.key, environment));
            }
        }
    }
    for (environment, document) in documents(desk).await?.into_iter().filter(|(_, document)| document.key != key) {
        let found = references::of(&document, catalogue::all());
        let nodes = found.workflows.into_iter().filter(|((target, _), _)| target == key).flat_map(|(_, nodes)| nodes);
        add(&mut users, &document, environment, nodes);
    }
    Ok(tidy(users))
}

/// Lists the workflows that call an API.
///
/// # Errors
///
/// The store cannot be read.
pub async fn of_api(desk: &Desk, key: &str) -> Result<Vec<User>, Problem> {
    let mut users = Vec::new();
    for (environment, document) in documents(desk).await? {
        let found = references::of(&document, catalogue::all());
        let nodes = found.apis.get(key).cloned().unwrap_or_default();
        add(&mut users, &document, environment, nodes);
    }
    Ok(tidy(users))
}

/// Lists the workflows that use a connection of an environment. Drafts count in the sandbox.
///
/// # Errors
///
/// The store cannot be read.
pub async fn of_connection(desk: &Desk, environment: Environment, key: &str) -> Result<Vec<User>, Problem> {
    let mut users = Vec::new();
    for (place, document) in documents(desk).await? {
        if place.unwrap_or(Environment::Sandbox) != environment {
            continue;
        }
        let found = references::of(&document, catalogue::all());
        let nodes = found.connections.into_iter().filter(|((_, used), _)| used == key).flat_map(|(_, nodes)| nodes);
        add(&mut users, &document, place, nodes);
    }
    Ok(tidy(users))
}

/// Lists the routes of a channel.
///
/// # Errors
///
/// The store cannot be read.
pub async fn of_channel(desk: &Desk, environment: Environment, key: &str) -> Result<Vec<User>, Problem> {
    let routes = desk.core.store.routes().list(&desk.workspace.id, environment).await?;
    let using = routes.iter().filter(|route| route.channel == key);
    Ok(using.map(|route| User::route(&route.key, environment)).collect())
}

fn add(
    users: &mut Vec<User>,
    document: &Document,
    environment: Option<Environment>,
    nodes: impl IntoIterator<Item = u32>,
) {
    let key = &document.key;
    users.extend(nodes.into_iter().map(|node| User {
        kind: "workflow",
        key: key.clone(),
        environment,
        node: Some(node),
    }));
}

fn tidy(mut users: Vec<User>) -> Vec<User> {
    users.sort();
    users.dedup();
    users
}
