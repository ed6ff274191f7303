//! The description of the API (OpenAPI 3.1), with what all endpoints share put in once.

use axum::http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::access::{self, Access};
use super::{endpoints, schema};
use crate::problem;
use utoipa::PartialSchema as _;

/// What the variables of paths are.
const VARIABLES: &[(&str, &str)] = &[
    ("workspace", "The key of the workspace."),
    ("workflow", "The key of the workflow."),
    ("environment", "`sandbox` or `production`."),
    ("version", "The number of the version."),
    ("channel", "The key of the channel."),
    ("connection", "The key of the connection."),
    ("api", "The key of the API."),
    ("id", "The id, as the list gives it."),
    ("token", "The token, as the link holds it."),
];

/// What each group of endpoints is about, in the order in which the page shows them.
const TAGS: &[(&str, &str)] = &[
    ("Account", "Coming in: set-up, log-in, invitations."),
    ("Workspace", "Settings of the workspace, and the node types that it can use."),
    ("Workflows", "Workflows with their drafts and versions: made and changed here alone, which is the sandbox."),
    ("Environments", "What is live in the sandbox and in production. It changes by deploying alone."),
    ("Routes", "Which workflow answers at which entry of a channel."),
    ("Channels", "The ends at which customers reach the business."),
    ("Connections", "Stored access to other systems."),
    ("APIs", "HTTP interfaces of the business's own."),
    ("Conversations", "What was said, and what every step did."),
    ("Statistics", "How many came to each node of a workflow, and how they left it."),
    ("Previews", "Conversations with a draft."),
    ("Operations", "What could not be handled or sent, to be tried again or dropped; and what waits."),
    ("People", "Users, API keys, and the log of changes."),
];

/// Returns the whole description as JSON.
pub fn description() -> Json {
    let (_, openapi) = endpoints().split_for_parts();
    let mut document = serde_json::to_value(openapi).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Usher",
        "version": "v1",
        "description": "Runs chat workflows. Log in for a cookie, or send an API key as `Authorization: Bearer ush_…`. \
            Changes that a cookie authorises need the header `X-Usher-Request: 1`. What does not work is told as a \
            problem document (RFC 9457) with a stable `code`.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    document["tags"] = TAGS.iter().map(|(name, about)| json!({ "name": name, "description": about })).collect();
    add_components(&mut document);
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                complete(path, method, operation);
            }
        }
    }
    document
}

fn add_components(document: &mut Json) {
    let components = &mut document["components"];
    if let Some(schemas) = components["schemas"].as_object_mut() {
        schemas.extend(schema::components());
        schemas.insert("Problem".to_owned(), serde_json::to_value(problem::Content::schema()).unwrap_or_default());
        let place = serde_json::to_value(problem::Place::schema()).unwrap_or_default();
        schemas.insert("Place".to_owned(), place);
        schemas.sort_keys();
    }
    components["securitySchemes"] = json!({
        "cookie": { "type": "apiKey", "in": "cookie", "name": "usher_session" },
        "key": { "type": "http", "scheme": "bearer", "description": "An API key." },
    });
}

/// Adds to one endpoint what its path, its place in the access list and the common answers say.
fn complete(path: &str, method: &str, operation: &mut Json) {
    add_path_parameters(path, operation);
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
    let asked = access::of(&method, path);
    match asked {
        Some(Access::Public) => operation["security"] = json!([]),
        Some(Access::Account) => operation["security"] = json!([{ "cookie": [] }]),
        Some(Access::Member) => operation["security"] = json!([{ "cookie": [] }, { "key": [] }]),
        Some(Access::May(permission)) => {
            operation["security"] = json!([{ "cookie": [] }, { "key": [] }]);
            operation["x-permission"] = json!(permission);
        }
        None => {}
    }
    if method == Method::POST && matches!(asked, Some(Access::Member | Access::May(_))) {
        add_idempotency_key(operation);
    }
    let content = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    if let Some(responses) = operation["responses"].as_object_mut() {
        for (status, response) in responses.iter_mut() {
            if response["description"].as_str().is_none_or(str::is_empty) {
                let known = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
                let phrase = known.and_then(|status| status.canonical_reason()).unwrap_or("The answer.");
                response["description"] = json!(phrase);
            }
            if status.starts_with(['4', '5']) && response.get("content").is_none() {
                response["content"] = content.clone();
            }
        }
        responses.insert("default".to_owned(), json!({ "description": "It did not work.", "content": content }));
    }
}

fn add_idempotency_key(operation: &mut Json) {
    let parameter = json!({
        "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "maxLength": 200 },
        "description": "Made up by the client; a repeat with the same key, within a day, gets the first answer again.",
    });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

fn add_path_parameters(path: &str, operation: &mut Json) {
    let declared = operation["parameters"].take();
    let declared = declared.as_array().cloned().unwrap_or_default();
    let mut parameters: Vec<Json> = Vec::new();
    for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let about = VARIABLES.iter().find(|(known, _)| *known == name).map_or("", |(_, about)| about);
        let schema = match name {
            "environment" => json!({ "type": "string", "enum": ["sandbox", "production"] }),
            "version" => json!({ "type": "integer", "minimum": 1 }),
            _ => json!({ "type": "string" }),
        };
        parameters
            .push(json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema }));
    }
    parameters.extend(declared.into_iter().filter(|parameter| parameter["in"] != "path"));
    if let Some(operation) = operation.as_object_mut() {
        if parameters.is_empty() {
            operation.remove("parameters");
        } else {
            operation.insert("parameters".to_owned(), Json::Array(parameters));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    /// Returns every endpoint of the description.
    fn operations(document: &Json) -> Vec<(Method, String)> {
        let empty = Map::new();
        let paths = document["paths"].as_object().unwrap_or(&empty);
        paths
            .iter()
            .flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, _)| (method, path)))
            .filter_map(|(method, path)| {
                Some((Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?, path.clone()))
            })
            .collect()
    }

    #[test]
    fn every_endpoint_states_what_it_asks_and_nothing_else_is_listed() {
        let document = description();
        let described = operations(&document);
        for (method, path) in &described {
            assert!(access::of(method, path).is_some(), "{method} {path} is not in the access list");
        }
        for (method, path, _) in access::ROUTES {
            let path = format!("{}{path}", access::BASE);
            assert!(described.contains(&(method.clone(), path.clone())), "{method} {path} is listed and not there");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = description();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"").skip(1) {
            let target = part.split('"').next().unwrap().trim_start_matches('#');
            assert!(document.pointer(target).is_some(), "{target}");
        }
    }

    #[test]
    fn every_operation_has_a_summary_and_a_name_of_its_own() {
        let document = description();
        let mut names = std::collections::BTreeSet::new();
        for (method, path) in operations(&document) {
            let operation = &document["paths"][&path][method.as_str().to_ascii_lowercase()];
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(names.insert(operation["operationId"].to_string()), "{method} {path}");
        }
    }
}
