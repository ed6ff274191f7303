//! Writes a workspace as files that can be applied elsewhere.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use usher_engine::Environment;

use super::secret::Reference;
use super::{ApiFile, ChannelFile, ConnectionFile, RouteFile, kinds};
use crate::actions::{Desk, apis, channels, connections, drafts, routes, workflows};
use crate::problem::Problem;

/// A document and the name of the file for it.
#[derive(Debug, Clone)]
pub struct Written {
    pub file_name: String,
    pub document: Json,
}

/// Writes everything: workflows as they are drafted, and the configuration of both environments.
///
/// # Errors
///
/// The store cannot be read.
pub async fn all(desk: &Desk) -> Result<Vec<Written>, Problem> {
    let mut written = Vec::new();
    for api in apis::list(desk).await? {
        let file = ApiFile {
            usher: kinds::API.to_owned(),
            secrets: references(&["API", &api.key], &api.secrets),
            key: api.key,
            definition: api.definition,
        };
        written.push(Written { file_name: format!("{}.api.json", file.key), document: json!(file) });
    }
    for environment in [Environment::Sandbox, Environment::Production] {
        of_environment(desk, environment, &mut written).await?;
    }
    let keys: Vec<String> = workflows::list(desk).await?.into_iter().map(|item| item.key).collect();
    written.extend(workflows(desk, &keys).await?);
    Ok(written)
}

/// Writes the drafts of some workflows.
///
/// # Errors
///
/// There is no such workflow.
pub async fn workflows(desk: &Desk, keys: &[String]) -> Result<Vec<Written>, Problem> {
    let mut written = Vec::new();
    for key in keys {
        let draft = drafts::read(desk, key).await?;
        written.push(Written { file_name: format!("{key}.workflow.json"), document: json!(draft.document) });
    }
    Ok(written)
}

async fn of_environment(desk: &Desk, environment: Environment, written: &mut Vec<Written>) -> Result<(), Problem> {
    for item in connections::list(desk, environment).await? {
        let file = ConnectionFile {
            usher: kinds::CONNECTION.to_owned(),
            secrets: references(&[environment.as_str(), "connection", &item.key], &item.secrets),
            settings: item.settings.as_object().cloned().unwrap_or_default(),
            key: item.key,
            name: item.name,
            environment,
            system: item.system,
        };
        written
            .push(Written { file_name: format!("{}.{environment}.connection.json", file.key), document: json!(file) });
    }
    for item in channels::list(desk, environment).await? {
        let file = ChannelFile {
            usher: kinds::CHANNEL.to_owned(),
            secrets: references(&[environment.as_str(), "channel", &item.key], &item.secrets),
            settings: item.settings.as_object().cloned().unwrap_or_default(),
            key: item.key,
            name: item.name,
            environment,
            kind: item.kind,
        };
        written.push(Written { file_name: format!("{}.{environment}.channel.json", file.key), document: json!(file) });
    }
    for item in routes::list(desk, environment).await? {
        let file = RouteFile {
            usher: kinds::ROUTE.to_owned(),
            key: item.key,
            name: item.name,
            environment,
            channel: item.channel,
            entry: item.entry,
            workflow: item.workflow,
            node: item.node,
            closed_answer: item.closed_answer,
        };
        written.push(Written { file_name: format!("{}.{environment}.route.json", file.key), document: json!(file) });
    }
    Ok(())
}

/// Refers for every secret that is set to a variable named for where it stands.
fn references(place: &[&str], secrets: &BTreeMap<String, bool>) -> BTreeMap<String, Reference> {
    let variable = |name: &str| {
        let words: Vec<&str> = std::iter::once("USHER").chain(place.iter().copied()).chain([name]).collect();
        words.join("_").to_uppercase().replace('-', "_")
    };
    secrets.iter().filter(|(_, set)| **set).map(|(name, _)| (name.clone(), Reference { env: variable(name) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_become_variables_named_for_their_place() {
        let secrets = BTreeMap::from([("access_token".to_owned(), true), ("app_secret".to_owned(), false)]);
        let found = references(&["production", "channel", "shop-line"], &secrets);
        assert_eq!(found.len(), 1);
        assert_eq!(found["access_token"].env, "USHER_PRODUCTION_CHANNEL_SHOP_LINE_ACCESS_TOKEN");
    }
}
