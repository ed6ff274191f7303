//! Workflows, compiled once and shared by all the sessions in them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use usher_engine::Environment;
use usher_engine::workflow::{self, Workflow};
use usher_store::{Error, Store};

use crate::actions::catalogue;

/// Deployments that are kept; when there are more, all are forgotten and those in use compiled anew.
const DEPLOYMENTS: usize = 500;
/// Versions that are kept.
const VERSIONS: usize = 5_000;

/// A draft's revision, and what it was compiled to.
type Draft = (i64, Arc<Workflow>);

/// The workflows of a deployment, by key.
pub type Shelf = BTreeMap<String, Arc<Workflow>>;

/// Compiled workflows; what is in a version never changes.
#[derive(Debug)]
pub struct Library {
    store: Store,
    versions: Mutex<HashMap<(String, String, u32), Arc<Workflow>>>,
    deployments: Mutex<HashMap<(String, Environment, u64), Arc<Shelf>>>,
    drafts: Mutex<HashMap<(String, String), Draft>>,
}

impl Library {
    /// Makes a library over a store.
    pub fn new(store: Store) -> Self {
        Self { store, versions: Mutex::default(), deployments: Mutex::default(), drafts: Mutex::default() }
    }

    /// Puts a deployment's workflows on the shelf, so that the store need not be asked for them.
    pub fn shelve(&self, workspace: &str, environment: Environment, number: u64, shelf: Arc<Shelf>) {
        lock(&self.deployments).insert((workspace.to_owned(), environment, number), shelf);
    }

    /// Returns the workflows of a deployment.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn deployed(&self, workspace: &str, environment: Environment, number: u64) -> Result<Arc<Shelf>, Error> {
        let named = (workspace.to_owned(), environment, number);
        if let Some(shelf) = lock(&self.deployments).get(&named) {
            return Ok(Arc::clone(shelf));
        }
        let documents = self.store.deployments().documents(workspace, environment, number).await?;
        let shelved = documents.into_iter().map(|live| {
            let workflow = self.version(workspace, &live.key, live.version, &live.document);
            (live.key, workflow)
        });
        let shelf: Arc<Shelf> = Arc::new(shelved.collect());
        let mut deployments = lock(&self.deployments);
        if deployments.len() >= DEPLOYMENTS {
            deployments.clear();
        }
        deployments.insert(named, Arc::clone(&shelf));
        Ok(shelf)
    }

    /// Returns a version, compiled now or before.
    fn version(&self, workspace: &str, key: &str, version: u32, document: &str) -> Arc<Workflow> {
        let named = (workspace.to_owned(), key.to_owned(), version);
        if let Some(workflow) = lock(&self.versions).get(&named) {
            return Arc::clone(workflow);
        }
        let workflow = compiled(key, version, document);
        let mut versions = lock(&self.versions);
        if versions.len() >= VERSIONS {
            versions.clear();
        }
        versions.insert(named, Arc::clone(&workflow));
        workflow
    }

    /// Says whether a deployment holds a workflow.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn is_deployed(
        &self,
        workspace: &str,
        environment: Environment,
        number: u64,
        workflow: &str,
    ) -> Result<bool, Error> {
        Ok(number > 0 && self.deployed(workspace, environment, number).await?.contains_key(workflow))
    }

    /// Returns the workflows as they are drafted now.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn drafts(&self, workspace: &str) -> Result<Arc<Shelf>, Error> {
        let mut shelf = Shelf::new();
        for (key, revision) in self.store.drafts().revisions(workspace).await? {
            let named = (workspace.to_owned(), key);
            let known = lock(&self.drafts).get(&named).filter(|(known, _)| *known == revision).cloned();
            let (_, workflow) = match known {
                Some(known) => known,
                None => {
                    let Some(draft) = self.store.drafts().get(workspace, &named.1).await? else { continue };
                    let found = (draft.revision, compiled(&named.1, 0, &draft.document));
                    let mut drafts = lock(&self.drafts);
                    if drafts.len() >= VERSIONS {
                        drafts.clear();
                    }
                    drafts.insert(named.clone(), found.clone());
                    found
                }
            };
            shelf.insert(named.1, workflow);
        }
        Ok(Arc::new(shelf))
    }
}

/// Reads and compiles a stored document. One that this program cannot read any more is an empty workflow: a session that
/// comes to it ends, with the reason.
fn compiled(key: &str, version: u32, document: &str) -> Arc<Workflow> {
    let document = workflow::read(document).unwrap_or_else(|error| {
        tracing::error!(workflow = key, version, %error, "a stored workflow cannot be read");
        workflow::Document::new(key, key, workflow::Kind::Standard)
    });
    Arc::new(workflow::compile(&document, version, catalogue::all()).0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
