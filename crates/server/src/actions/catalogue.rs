//! The node types that can be used.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use usher_connect::integrations;
use usher_engine::Environment;
use usher_engine::catalogue::Catalogue;
use utoipa::ToSchema;

use super::Desk;
use super::connections::{self, ConnectionItem};
use crate::problem::Problem;

/// Returns every node type that this program knows, the operations of all systems included.
pub fn all() -> &'static Catalogue {
    static ALL: OnceLock<Catalogue> = OnceLock::new();
    ALL.get_or_init(|| Catalogue::new(integrations::operations()))
}

/// Returns the whole catalogue as JSON, whatever is connected.
pub fn whole() -> Json {
    json!({ "types": all().types().collect::<Vec<_>>(), "systems": systems() })
}

/// A system that can be connected, and what has to be set for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SystemItem {
    /// Its word, such as `zendesk_support`.
    pub system: String,
    pub title: String,
    /// JSON Schema of a connection's settings; `x-widget` says which field the editor shows.
    pub settings: Map<String, Json>,
    /// JSON Schema of a connection's secrets.
    pub secrets: Map<String, Json>,
}

/// What a workspace can use.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkspaceCatalogue {
    /// The node types, in the order of the palette.
    #[schema(value_type = Vec<Object>)]
    pub types: Vec<Json>,
    /// The systems that can be connected.
    pub systems: Vec<SystemItem>,
    /// The connections of the sandbox.
    pub connections: Vec<ConnectionItem>,
}

/// Returns what a workspace can use: integrations once the sandbox has a connection to their system.
///
/// # Errors
///
/// The store cannot be read.
pub async fn of_workspace(desk: &Desk) -> Result<WorkspaceCatalogue, Problem> {
    let connections = connections::list(desk, Environment::Sandbox).await?;
    let connected: BTreeSet<&str> = connections.iter().map(|connection| connection.system.as_str()).collect();
    let types = all().types().filter(|kind| kind.system.is_none_or(|system| connected.contains(system)));
    let types = types.map(|kind| json!(kind)).collect();
    Ok(WorkspaceCatalogue { types, systems: systems(), connections })
}

fn systems() -> Vec<SystemItem> {
    let systems = integrations::systems().into_iter();
    systems
        .map(|system| SystemItem {
            system: system.key().to_owned(),
            title: system.title().to_owned(),
            settings: system.settings(),
            secrets: system.secrets(),
        })
        .collect()
}
