//! The example that a demo starts with: the files of `examples/`, in the binary.

use std::collections::BTreeMap;

use rust_embed::RustEmbed;
use usher_engine::Environment;

use super::apply::{apply, sort};
use super::{File, read};
use crate::actions::{Desk, deployments, versions};
use crate::problem::Problem;

#[derive(Debug, RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../examples/order-status"]
struct Files;

/// The address in the example's files that stands for where this server is.
const HERE: &str = "http://localhost:8080";

/// Fills a new workspace with the example: workflows, its API, a web chat with a route in both environments, live.
///
/// # Errors
///
/// The example does not fit this version, or the store cannot be written.
pub async fn furnish(desk: &Desk) -> Result<(), Problem> {
    let mut files = Vec::new();
    for name in Files::iter().filter(|name| name.ends_with(".json")) {
        let found = Files::get(&name).ok_or_else(|| Problem::internal(&format!("the example lacks {name}")))?;
        let text = String::from_utf8_lossy(&found.data).replace(HERE, &desk.core.configuration.link(""));
        files.extend(read(&text).map_err(|problem| Problem::internal(&format!("{name}: {problem}")))?);
    }
    sort(&mut files, |file| file);
    let keys: Vec<String> =
        files.iter().filter(|file| matches!(file, File::Workflow(_))).map(|file| file.key().to_owned()).collect();
    for file in files {
        // Keys of routes are unique beyond the workspace; a second demo workspace gets none rather than no example.
        let is_route = matches!(file, File::Route(_));
        match apply(desk, file, &|_| None).await {
            Err(problem) if is_route && problem.code == "taken" => {}
            other => {
                other?;
            }
        }
    }
    let mut live = BTreeMap::new();
    for key in keys {
        let version = versions::latest(desk, &key).await?;
        live.insert(key, Some(version));
    }
    let note = Some("the example".to_owned());
    deployments::deploy(desk, Environment::Production, &live, note).await.map(|_| ())
}
