//! Looks whether stored secrets can be opened with the master key that is at hand.

use usher_engine::Environment;

use super::workspaces;
use crate::app::Core;
use crate::problem::Problem;
use crate::secrets::row;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed {
    /// How many there are.
    pub all: usize,
    /// Those that cannot be opened, in words.
    pub closed: Vec<String>,
    /// How many another key than the current one seals.
    pub stale: usize,
}

/// Opens every stored secret once.
///
/// # Errors
///
/// The store cannot be read.
pub async fn look(core: &Core) -> Result<Sealed, Problem> {
    let mut found = Sealed::default();
    for workspace in workspaces::all(core).await? {
        let (id, key) = (&workspace.id, &workspace.key);
        for api in core.store.apis().list(id).await? {
            found.add(core, &row::api(id, &api.key), api.secrets, format!("API {key}/{}", api.key));
        }
        for environment in [Environment::Sandbox, Environment::Production] {
            for channel in core.store.channels().list(id, environment).await? {
                let row = row::channel(id, environment, &channel.key);
                found.add(core, &row, channel.secrets, format!("channel {key}/{environment}/{}", channel.key));
            }
            for connection in core.store.connections().list(id, environment).await? {
                let row = row::connection(id, environment, &connection.key);
                found.add(core, &row, connection.secrets, format!("connection {key}/{environment}/{}", connection.key));
            }
        }
    }
    Ok(found)
}

impl Sealed {
    fn add(&mut self, core: &Core, row: &str, secrets: Option<Vec<u8>>, whose: String) {
        let Some(secrets) = secrets else { return };
        self.all += 1;
        if core.vault.open_all(row, Some(&secrets)).is_err() {
            self.closed.push(whose);
        } else if std::str::from_utf8(&secrets).is_ok_and(|secrets| core.vault.is_stale(secrets)) {
            self.stale += 1;
        }
    }
}
