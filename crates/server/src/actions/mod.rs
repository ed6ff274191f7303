//! What a person or a script can do to a workspace: each thing once, for the HTTP API and the command line.
//!
//! An action checks what it is given, changes the store in one transaction together with its audit entry, and
//! says in a [`Problem`] what it refuses. Whether the actor may do it was decided before.

pub mod api_keys;
pub mod apis;
pub mod audit;
pub mod catalogue;
pub mod channels;
pub mod connections;
pub mod dead_letters;
pub mod deployments;
pub mod drafts;
pub mod environments;
pub mod health;
pub mod kept;
pub mod key;
pub mod people;
pub mod references;
pub mod reseal;
pub mod routes;
pub mod sealed;
pub mod secret_fields;
pub mod statistics;
pub mod usage;
pub mod versions;
pub mod workflows;
pub mod workspaces;

use crate::app::Core;
use crate::auth::Actor;
use crate::problem::Problem;

/// Somebody at work on a workspace.
#[derive(Debug, Clone)]
pub struct Desk {
    pub core: Core,
    pub workspace: usher_store::Workspace,
    pub actor: Actor,
}

impl From<usher_store::Error> for Problem {
    fn from(error: usher_store::Error) -> Self {
        use usher_store::Error;
        match error {
            Error::Taken { what } => Self::conflict("taken", format!("{what} is taken already; choose another")),
            Error::Dangling { what } => {
                Self::conflict("dangling", format!("{what} refers to something that is not there"))
            }
            Error::Unavailable(source) => {
                tracing::error!(error = %source, "the database is not available");
                Self::unavailable("the database does not answer; try again in a moment")
            }
            other => Self::internal(&other),
        }
    }
}
