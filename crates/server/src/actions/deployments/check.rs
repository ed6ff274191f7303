//! What must be there for a deployment, both ways: what the workflows point at, and what points at them.

use std::collections::BTreeMap;

use usher_connect::api::Definition;
use usher_engine::Environment;
use usher_engine::workflow::Document;
use usher_store::Tx;

use super::document_of;
use crate::actions::{Desk, catalogue, references};
use crate::problem::{Place, Problem};

/// Refuses a set of versions in which something would be missing.
///
/// # Errors
///
/// 409 with every missing thing; the pointers lead into the request's `workflows`.
pub(super) async fn fits(
    tx: &mut Tx,
    desk: &Desk,
    environment: Environment,
    all: &BTreeMap<String, u32>,
    wanted: &BTreeMap<String, Option<u32>>,
) -> Result<(), Problem> {
    let mut missing = Vec::new();
    let mut documents: BTreeMap<&str, Document> = BTreeMap::new();
    for (key, version) in all {
        match document_of(tx, desk, key, *version).await? {
            Some(document) => {
                documents.insert(key, document);
            }
            None => missing.push(place(key, format!("workflow {key} has no version {version}"))),
        }
    }
    for key in wanted.iter().filter(|(_, version)| version.is_none()).map(|(key, _)| key) {
        if !tx.deployments().live(&desk.workspace.id, environment).await?.iter().any(|live| live.key == *key) {
            missing.push(place(
                key,
                format!("workflow {key} is not live in {environment}, so it cannot be taken offline"),
            ));
        }
    }
    for (key, document) in &documents {
        workflows_are_there(key, document, &documents, environment, &mut missing);
        if wanted.contains_key(*key) {
            systems_are_there(tx, desk, environment, document, &mut missing).await?;
        }
    }
    for route in tx.routes().list(&desk.workspace.id, environment).await? {
        // A route that waits for its first deployment does not hold up that of another workflow.
        if !wanted.contains_key(&route.workflow) {
            continue;
        }
        let (name, workflow) = (&route.key, &route.workflow);
        match (documents.get(workflow.as_str()), route.node) {
            (None, _) => {
                missing.push(place(workflow, format!("the route {name} leads to {workflow}; change the route first")));
            }
            (Some(document), Some(node)) if !document.nodes.contains_key(&node) => {
                missing.push(place(
                    workflow,
                    format!("the route {name} leads to node {node} of {workflow}, which is not there"),
                ));
            }
            (Some(_), _) => {}
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let told: Vec<&str> = missing.iter().map(|place| place.detail.as_str()).collect();
    let detail = format!("this cannot go live in {environment}: {}", told.join("; "));
    let mut problem = Problem::conflict("missing", detail);
    problem.errors = missing;
    Err(problem)
}

fn place(key: &str, detail: String) -> Place {
    Place { pointer: format!("/workflows/{key}"), detail }
}

fn nodes(numbers: &std::collections::BTreeSet<u32>) -> String {
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    if numbers.len() == 1 { format!("node {}", numbers[0]) } else { format!("nodes {}", numbers.join(", ")) }
}

fn workflows_are_there(
    key: &str,
    document: &Document,
    documents: &BTreeMap<&str, Document>,
    environment: Environment,
    missing: &mut Vec<Place>,
) {
    for ((target, node), from) in &references::of(document, catalogue::all()).workflows {
        let from = nodes(from);
        match (documents.get(target.as_str()), node) {
            (None, _) => missing.push(place(
                key,
                format!(
                    "{from} of {key} leads to the workflow {target}, which is not live in {environment}; deploy it too"
                ),
            )),
            (Some(other), Some(node)) if !other.nodes.contains_key(node) => missing
                .push(place(key, format!("{from} of {key} leads to node {node} of {target}, which is not there"))),
            (Some(_), _) => {}
        }
    }
}

async fn systems_are_there(
    tx: &mut Tx,
    desk: &Desk,
    environment: Environment,
    document: &Document,
    missing: &mut Vec<Place>,
) -> Result<(), Problem> {
    let key = &document.key;
    let found = references::of(document, catalogue::all());
    for (api, from) in &found.apis {
        let from = nodes(from);
        match tx.apis().get(&desk.workspace.id, api).await? {
            None => missing.push(place(key, format!("{from} of {key} calls the API {api}, which is not set up"))),
            Some(stored) => {
                let has_address = Definition::read(&stored.settings).is_ok_and(|definition| {
                    let address = match environment {
                        Environment::Sandbox => &definition.base_url.sandbox,
                        Environment::Production => &definition.base_url.production,
                    };
                    !address.trim().is_empty()
                });
                if !has_address {
                    missing.push(place(
                        key,
                        format!("{from} of {key} calls the API {api}, which has no base address for {environment}"),
                    ));
                }
            }
        }
    }
    for ((system, connection), from) in &found.connections {
        let stored = tx.connections().get(&desk.workspace.id, environment, connection).await?;
        if stored.is_none_or(|stored| stored.system != *system) {
            let from = nodes(from);
            missing.push(place(
                key,
                format!("{from} of {key} uses the connection {connection}, which is not set up in {environment}"),
            ));
        }
    }
    Ok(())
}
