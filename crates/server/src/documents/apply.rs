//! Makes a workspace as files say. Applying the same files again changes nothing.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde_json::json;
use usher_engine::workflow::Document;

use super::secret::{self, Reference};
use super::{ApiFile, ChannelFile, ConnectionFile, File, RouteFile};
use crate::actions::secret_fields::SecretChanges;
use crate::actions::{Desk, apis, channels, connections, drafts, routes, versions, workflows};
use crate::api::extract::IfMatch;
use crate::problem::Problem;

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Created(More),
    Changed(More),
    Same,
}

/// What else there is to say of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct More(Option<String>);

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |more| write!(f, " ({more})"))
    }
}

impl More {
    fn none() -> Self {
        Self::default()
    }

    fn version(version: u32) -> Self {
        Self(Some(format!("v{version}")))
    }
}

/// Where a process finds the secrets that files refer to, by the variables' names.
pub type Variables<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Puts files in an order in which each finds what it refers to.
pub fn sort<T>(files: &mut [T], file: impl Fn(&T) -> &File) {
    files.sort_by_key(|item| match file(item) {
        File::Api(_) => 0,
        File::Connection(_) => 1,
        File::Channel(_) => 2,
        File::Workflow(_) => 3,
        File::Route(_) => 4,
    });
}

/// Applies one file.
///
/// # Errors
///
/// Says what in it cannot be used.
pub async fn apply(desk: &Desk, file: File, variables: Variables<'_>) -> Result<Outcome, Problem> {
    match file {
        File::Workflow(document) => workflow(desk, *document).await,
        File::Api(file) => api(desk, *file, variables).await,
        File::Connection(file) => connection(desk, file, variables).await,
        File::Channel(file) => channel(desk, file, variables).await,
        File::Route(file) => route(desk, file).await,
    }
}

fn secrets(references: &BTreeMap<String, Reference>, variables: Variables<'_>) -> Result<SecretChanges, Problem> {
    secret::resolve(references, variables).map(SecretChanges::from)
}

/// Says whether changing by `changes` would leave secrets as they are.
fn same_secrets(changes: &SecretChanges, secrets: &BTreeMap<String, SecretString>) -> bool {
    changes.leave(secrets)
}

/// Makes the document the draft, and saves it as a version unless the newest one is the same.
async fn workflow(desk: &Desk, mut document: Document) -> Result<Outcome, Problem> {
    let key = document.key.clone();
    let existing = workflows::list(desk).await?.into_iter().find(|item| item.key == key);
    let Some(item) = existing else {
        workflows::create_with(desk, document, String::new()).await?;
        return save(desk, &key).await.map(|version| Outcome::Created(More::version(version)));
    };
    let draft = drafts::read(desk, &key).await?;
    // Numbers that were given out are never given out again; those that the file brings along are given out now.
    document.next_number = document.next_number.max(draft.document.next_number);
    let short = document.next_number - draft.document.next_number;
    let mut left = short;
    while left > 0 {
        let count = left.min(500);
        drafts::take_numbers(desk, &key, count).await?;
        left -= count;
    }
    if draft.document != document {
        let mut tx = desk.core.store.begin().await?;
        drafts::keep_in(&mut tx, desk, &key, draft.revision, document.clone()).await?;
        tx.commit().await?;
    }
    let saved = match item.latest_version {
        Some(version) => Some(versions::read(desk, &key, version).await?),
        None => None,
    };
    let same = saved.is_some_and(|mut saved| {
        saved.next_number = document.next_number;
        saved == document
    });
    if same {
        return Ok(Outcome::Same);
    }
    save(desk, &key).await.map(|version| Outcome::Changed(More::version(version)))
}

async fn save(desk: &Desk, key: &str) -> Result<u32, Problem> {
    let etag = drafts::read(desk, key).await?.etag;
    versions::save(desk, key, &IfMatch::of(&etag), Some("applied from a file".to_owned())).await
}

async fn api(desk: &Desk, file: ApiFile, variables: Variables<'_>) -> Result<Outcome, Problem> {
    let changes = secrets(&file.secrets, variables)?;
    let existing = desk.core.store.apis().get(&desk.workspace.id, &file.key).await?;
    let Some(existing) = existing else {
        apis::create_defined(desk, Some(file.key), file.definition, &changes).await?;
        return Ok(Outcome::Created(More::none()));
    };
    let same_secrets = same_secrets(&changes, &apis::secrets_of(desk, &existing)?);
    let same = existing.settings == json!(file.definition);
    if same && same_secrets {
        return Ok(Outcome::Same);
    }
    apis::change_defined(desk, &existing, Some(file.definition), &changes).await?;
    Ok(Outcome::Changed(More::none()))
}

async fn connection(desk: &Desk, file: ConnectionFile, variables: Variables<'_>) -> Result<Outcome, Problem> {
    let changes = secrets(&file.secrets, variables)?;
    let existing = desk.core.store.connections().get(&desk.workspace.id, file.environment, &file.key).await?;
    let Some(existing) = existing else {
        let new = connections::New {
            key: Some(file.key),
            system: file.system,
            name: file.name,
            settings: file.settings,
            secrets: changes,
        };
        connections::create(desk, file.environment, new).await?;
        return Ok(Outcome::Created(More::none()));
    };
    if existing.system != file.system {
        let detail =
            format!("the connection {} is of {}, not of {}; use another key", file.key, existing.system, file.system);
        return Err(Problem::conflict("other_system", detail));
    }
    let same_secrets = same_secrets(&changes, &connections::secrets_of(desk, &existing)?);
    let same_settings = existing.settings == json!(file.settings);
    if same_settings && existing.name == file.name && same_secrets {
        return Ok(Outcome::Same);
    }
    let change = connections::Change {
        name: Some(file.name),
        settings: (!same_settings).then_some(file.settings),
        secrets: changes,
    };
    connections::change(desk, file.environment, &file.key, change).await?;
    Ok(Outcome::Changed(More::none()))
}

async fn channel(desk: &Desk, file: ChannelFile, variables: Variables<'_>) -> Result<Outcome, Problem> {
    let changes = secrets(&file.secrets, variables)?;
    let existing = desk.core.store.channels().get(&desk.workspace.id, file.environment, &file.key).await?;
    let Some(existing) = existing else {
        let new = channels::New {
            key: Some(file.key),
            kind: file.kind,
            name: file.name,
            settings: file.settings,
            secrets: changes,
        };
        channels::create(desk, file.environment, new).await?;
        return Ok(Outcome::Created(More::none()));
    };
    if existing.kind != file.kind {
        let detail =
            format!("the channel {} is of the kind {}, not {}; use another key", file.key, existing.kind, file.kind);
        return Err(Problem::conflict("other_kind", detail));
    }
    let same_secrets = same_secrets(&changes, &channels::secrets_of(desk, &existing)?);
    // A verify token that the file leaves out was made here, and stays.
    let mut wanted = file.settings.clone();
    if let (None, Some(made)) = (wanted.get(channels::VERIFY_TOKEN), existing.settings.get(channels::VERIFY_TOKEN)) {
        wanted.insert(channels::VERIFY_TOKEN.to_owned(), made.clone());
    }
    let same_settings = existing.settings == json!(wanted);
    if same_settings && existing.name == file.name && same_secrets {
        return Ok(Outcome::Same);
    }
    let change =
        channels::Change { name: Some(file.name), settings: (!same_settings).then_some(wanted), secrets: changes };
    channels::change(desk, file.environment, &file.key, change).await?;
    Ok(Outcome::Changed(More::none()))
}

async fn route(desk: &Desk, file: RouteFile) -> Result<Outcome, Problem> {
    let existing = routes::list(desk, file.environment).await?.into_iter().find(|route| route.key == file.key);
    let Some(existing) = existing else {
        let new = routes::New {
            key: Some(file.key),
            name: file.name,
            channel: file.channel,
            entry: file.entry,
            workflow: file.workflow,
            node: file.node,
            closed_answer: file.closed_answer,
        };
        let created = routes::create(desk, file.environment, new).await?;
        return Ok(Outcome::Created(More(created.url)));
    };
    let same = existing.name == file.name
        && existing.channel == file.channel
        && existing.entry == file.entry
        && existing.workflow == file.workflow
        && existing.node == file.node
        && existing.closed_answer == file.closed_answer;
    if same {
        return Ok(Outcome::Same);
    }
    let change = routes::Change {
        name: Some(file.name),
        channel: Some(file.channel),
        entry: Some(file.entry),
        workflow: Some(file.workflow),
        node: Some(file.node),
        closed_answer: Some(file.closed_answer),
    };
    routes::change(desk, file.environment, &existing.id, change).await?;
    Ok(Outcome::Changed(More::none()))
}
