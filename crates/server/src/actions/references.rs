//! What a workflow refers to beyond itself, and the variables that it sets: read from its document by what the
//! catalogue says of each setting.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use usher_engine::catalogue::{Catalogue, Described};
use usher_engine::workflow::document::Node;
use usher_engine::workflow::{Document, Target};

/// What a document refers to, each with the nodes that do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Other workflows: their keys, and the node that is meant (none is the start).
    pub workflows: BTreeMap<(String, Option<u32>), BTreeSet<u32>>,
    /// APIs, by their keys.
    pub apis: BTreeMap<String, BTreeSet<u32>>,
    /// Connections: the system and the key.
    pub connections: BTreeMap<(String, String), BTreeSet<u32>>,
}

/// Reads what a document refers to. Removed nodes do not count.
pub fn of(document: &Document, catalogue: &Catalogue) -> References {
    let mut found = References::default();
    for (number, node) in &document.nodes {
        for target in node.exits.values() {
            if let Target::Workflow { workflow, node } = target {
                found.workflows.entry((workflow.clone(), *node)).or_default().insert(*number);
            }
        }
        let Some(described) = catalogue.get(&node.r#type) else { continue };
        for (name, widget) in widgets(described) {
            let Some(key) = node.settings.get(name).and_then(Json::as_str).filter(|key| !key.is_empty()) else {
                continue;
            };
            let key = key.to_owned();
            match widget {
                "workflow" => {
                    let target = node.settings.get("node").and_then(Json::as_u64);
                    let target = target.and_then(|number| u32::try_from(number).ok());
                    found.workflows.entry((key, target)).or_default().insert(*number);
                }
                "api" => {
                    found.apis.entry(key).or_default().insert(*number);
                }
                "connection" => {
                    let system = described.system.unwrap_or_default().to_owned();
                    found.connections.entry((system, key)).or_default().insert(*number);
                }
                _ => {}
            }
        }
    }
    found
}

fn widgets(described: &Described) -> impl Iterator<Item = (&str, &str)> {
    let properties = described.schema["properties"].as_object();
    properties.into_iter().flatten().filter_map(|(name, schema)| Some((name.as_str(), schema["x-widget"].as_str()?)))
}

/// Returns the names of the variables that a node sets.
pub fn sets(number: u32, node: &Node, described: &Described) -> Vec<String> {
    let Some(setting) = described.sets else { return Vec::new() };
    match node.settings.get(setting) {
        Some(Json::String(name)) if !name.is_empty() => vec![name.clone()],
        Some(Json::Array(items)) => {
            items.iter().filter_map(|item| item["variable"].as_str()).map(str::to_owned).collect()
        }
        // A list that is left out sets nothing; a name that is left out is the node's own.
        _ if described.schema["properties"][setting]["x-widget"] == "variable" => vec![format!("node_{number}")],
        _ => Vec::new(),
    }
}

/// Returns the nodes from which some way leads to `node`; all nodes when none is named.
pub fn before(document: &Document, node: Option<u32>) -> BTreeSet<u32> {
    let Some(node) = node else { return document.nodes.keys().copied().collect() };
    let mut leading: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (number, from) in &document.nodes {
        for target in from.exits.values() {
            if let Target::Node(to) = target {
                leading.entry(*to).or_default().push(*number);
            }
        }
    }
    let mut found = BTreeSet::new();
    let mut open = vec![node];
    while let Some(number) = open.pop() {
        for from in leading.get(&number).into_iter().flatten() {
            if found.insert(*from) {
                open.push(*from);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::catalogue;

    fn document() -> Document {
        usher_engine::workflow::read(
            r#"{"usher": "workflow/1", "key": "a", "name": "A", "start": 1, "next_number": 6, "nodes": {
                "1": {"type": "request_input", "settings": {"text": "?", "variable": "order_number"}, "exits": {"answered": 2, "cancelled": "end"}},
                "2": {"type": "api_integration", "settings": {"api": "shop", "path": "/"}, "exits": {"yes": 3, "no": {"workflow": "support"}}},
                "3": {"type": "call_workflow", "settings": {"workflow": "survey", "node": 4, "take_back": [{"variable": "mark", "from": "m"}]}, "exits": {"yes": 4, "no": "end"}},
                "4": {"type": "zendesk_support.get_ticket", "settings": {"connection": "desk"}, "exits": {"yes": "end", "no": "end"}},
                "5": {"type": "text_display", "settings": {"text": "alone"}}
            }}"#,
        )
        .unwrap()
    }

    #[test]
    fn exits_calls_apis_and_connections_are_found() {
        let found = of(&document(), catalogue::all());
        let workflows: Vec<_> = found.workflows.keys().cloned().collect();
        assert_eq!(workflows, [("support".to_owned(), None), ("survey".to_owned(), Some(4))]);
        assert_eq!(found.apis["shop"], BTreeSet::from([2]));
        assert_eq!(found.connections[&("zendesk_support".to_owned(), "desk".to_owned())], BTreeSet::from([4]));
    }

    #[test]
    fn only_what_can_come_before_counts() {
        let document = document();
        assert_eq!(before(&document, Some(3)), BTreeSet::from([1, 2]));
        assert_eq!(before(&document, Some(5)), BTreeSet::new());
        assert_eq!(before(&document, None).len(), 5);
    }

    #[test]
    fn variables_are_known_by_their_settings() {
        let document = document();
        let set = |number: u32| {
            let node = &document.nodes[&number];
            sets(number, node, catalogue::all().get(&node.r#type).unwrap())
        };
        assert_eq!(set(1), ["order_number"]);
        assert_eq!(set(2), ["node_2"]);
        assert_eq!(set(3), ["mark"]);
        assert!(set(5).is_empty());
    }
}
