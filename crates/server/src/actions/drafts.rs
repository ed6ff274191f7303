//! Drafts: the working copies of workflows, of which nobody overwrites another's change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use usher_engine::workflow::{self, Document, Problem as WorkflowProblem, Target};
use usher_store::{Put, Tx};
use utoipa::ToSchema;

use super::{Desk, catalogue, key, references, workflows};
use crate::api::extract::{IfMatch, changed};
use crate::documents;
use crate::problem::Problem;

/// The most numbers that are handed out at once.
const MOST_NUMBERS: u32 = 500;

/// The variables that are always there.
const BUILT_IN: [(&str, &str); 5] =
    [("contact", "map"), ("session", "map"), ("message", "map"), ("now", "time"), ("workspace", "map")];

/// A draft as it is kept.
#[derive(Debug, Clone)]
pub struct Read {
    pub document: Document,
    pub etag: String,
    pub revision: i64,
}

/// What came of keeping a draft.
#[derive(Debug, Clone)]
pub struct Kept {
    pub etag: String,
    pub at: Timestamp,
    pub problems: Vec<WorkflowProblem>,
}

/// Writes the entity tag of a draft's revision, with its quotation marks.
pub fn etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

/// Reads a draft.
///
/// # Errors
///
/// There is no such workflow.
pub async fn read(desk: &Desk, key: &str) -> Result<Read, Problem> {
    let found = desk.core.store.drafts().get(&desk.workspace.id, key).await?;
    let draft = found.ok_or_else(|| workflows::absent(key))?;
    let mut document = workflow::read(&draft.document).map_err(|error| Problem::internal(&error))?;
    document.next_number = document.next_number.max(draft.next_number);
    Ok(Read { document, etag: etag(draft.revision), revision: draft.revision })
}

/// Keeps a new state of a draft, mistakes and all.
///
/// # Errors
///
/// It is no workflow document, names another workflow, uses a number that was never given out, or does not build on
/// the present state.
pub async fn keep(desk: &Desk, key: &str, if_match: &IfMatch, text: &[u8]) -> Result<Kept, Problem> {
    if_match.given()?;
    let text = std::str::from_utf8(text)
        .map_err(|error| Problem::bad_request("malformed", format!("the body is not UTF-8: {error}")))?;
    let document = workflow::read(text).map_err(|error| documents::unreadable(&error, ""))?;
    let before = read(desk, key).await?;
    if_match.require(&before.etag)?;
    let mut tx = desk.core.store.begin().await?;
    let kept = keep_in(&mut tx, desk, key, before.revision, document).await?;
    tx.commit().await?;
    Ok(kept)
}

/// Keeps a document as the draft, on top of a revision, within a transaction.
///
/// # Errors
///
/// As [`keep`].
pub async fn keep_in(tx: &mut Tx, desk: &Desk, key: &str, revision: i64, document: Document) -> Result<Kept, Problem> {
    if document.key != key {
        let detail = format!("the document is `{}`, the workflow `{key}`; a key never changes", document.key);
        return Err(Problem::invalid_at("/key", detail));
    }
    key::name(&document.name)?;
    let at = desk.core.clock.now();
    let by = desk.actor.name();
    let put = tx.drafts().put(&desk.workspace.id, key, revision, &document, &targets(&document), at, Some(by)).await?;
    let revision = match put {
        Put::Kept { revision } => revision,
        Put::Changed { revision } => return Err(changed(&etag(revision))),
        Put::NumbersNeverGiven { next_number } => {
            let highest = document.nodes.keys().chain(document.removed.keys()).max().copied().unwrap_or_default();
            let detail = format!(
                "node {highest} has a number that was never given out; the next is {next_number}: ask for numbers first"
            );
            return Err(Problem::invalid_at(format!("/nodes/{highest}"), detail));
        }
        Put::Absent => return Err(workflows::absent(key)),
    };
    let (_, problems) = workflow::compile(&document, 0, catalogue::all());
    Ok(Kept { etag: etag(revision), at, problems })
}

/// Lists what is to be mended in a draft.
///
/// # Errors
///
/// There is no such workflow.
pub async fn problems(desk: &Desk, key: &str) -> Result<Vec<WorkflowProblem>, Problem> {
    let draft = read(desk, key).await?;
    Ok(workflow::compile(&draft.document, 0, catalogue::all()).1)
}

/// Hands out the next node numbers of a workflow, and returns the first.
///
/// # Errors
///
/// There is no such workflow, or too many are wanted.
pub async fn take_numbers(desk: &Desk, key: &str, count: u32) -> Result<u32, Problem> {
    if !(1..=MOST_NUMBERS).contains(&count) {
        return Err(Problem::invalid_at("/count", format!("1 to {MOST_NUMBERS} numbers are handed out at once")));
    }
    let mut tx = desk.core.store.begin().await?;
    let first = tx.workflows().take_numbers(&desk.workspace.id, key, count).await?;
    tx.commit().await?;
    first.ok_or_else(|| workflows::absent(key))
}

/// A variable that a text may use.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Variable {
    pub name: String,
    /// The number of the node that sets it; null for a built-in one.
    pub set_by: Option<u32>,
    /// The type of that node; of a built-in variable, what it is.
    pub kind: String,
}

/// Lists the variables that are set on some way to a node, and the built-in ones.
///
/// # Errors
///
/// There is no such workflow or node.
pub async fn variables(desk: &Desk, key: &str, node: Option<u32>) -> Result<Vec<Variable>, Problem> {
    let document = read(desk, key).await?.document;
    if let Some(node) = node.filter(|node| !document.nodes.contains_key(node)) {
        return Err(Problem::not_found(format!("workflow {key} has no node {node}")));
    }
    let built_in = BUILT_IN.iter().map(|(name, kind)| Variable {
        name: (*name).to_owned(),
        set_by: None,
        kind: (*kind).to_owned(),
    });
    let mut found: Vec<Variable> = built_in.collect();
    for number in references::before(&document, node) {
        let Some(before) = document.nodes.get(&number) else { continue };
        let Some(described) = catalogue::all().get(&before.r#type) else { continue };
        for name in references::sets(number, before, described) {
            found.push(Variable { name, set_by: Some(number), kind: before.r#type.clone() });
        }
    }
    Ok(found)
}

/// Returns the keys of the workflows that a document leads to.
pub fn targets(document: &Document) -> BTreeSet<String> {
    references::of(document, catalogue::all()).workflows.into_keys().map(|(key, _)| key).collect()
}

/// Changes name and description of a draft.
pub(super) async fn rename(
    tx: &mut Tx,
    desk: &Desk,
    key: &str,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<(), Problem> {
    let draft = tx.drafts().get(&desk.workspace.id, key).await?.ok_or_else(|| workflows::absent(key))?;
    let mut document = workflow::read(&draft.document).map_err(|error| Problem::internal(&error))?;
    if let Some(name) = name {
        name.clone_into(&mut document.name);
    }
    if let Some(description) = description {
        description.clone_into(&mut document.description);
    }
    keep_in(tx, desk, key, draft.revision, document).await.map(|_| ())
}

/// Makes exits and calls that lead to workflows of some keys lead to others.
pub fn retarget(document: &mut Document, renamed: &BTreeMap<String, String>) {
    for node in document.nodes.values_mut().chain(document.removed.values_mut()) {
        for target in node.exits.values_mut() {
            if let Target::Workflow { workflow, .. } = target
                && let Some(other) = renamed.get(workflow)
            {
                workflow.clone_from(other);
            }
        }
    }
}
