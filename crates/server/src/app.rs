//! What every part of the server shares.

use std::ops::Deref;
use std::sync::Arc;

use usher_connect::call::Caller;
use usher_connect::http;
use usher_store::Store;

use crate::auth::password::Passwords;
use crate::auth::throttle::Throttle;
use crate::clock::Clock;
use crate::config::Configuration;
use crate::ids::Ids;
use crate::runner;
use crate::secrets::Vault;

/// What the commands and the server both need; cheap to clone.
#[derive(Debug, Clone)]
pub struct Core(Arc<CoreParts>);

/// The parts of a [`Core`].
#[derive(Debug)]
pub struct CoreParts {
    pub configuration: Configuration,
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub ids: Ids,
    /// The one client for requests that leave Usher.
    pub http: http::Client,
    /// Makes the calls that a person asks for: tests of connections, tries of APIs.
    pub caller: Caller,
    pub passwords: Passwords,
}

impl Core {
    /// Puts the parts together.
    pub fn new(parts: CoreParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Core {
    type Target = CoreParts;

    fn deref(&self) -> &CoreParts {
        &self.0
    }
}

/// What a request handler of the running server needs; cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    pub core: Core,
    /// The room in which conversations run.
    pub room: runner::Handle,
    pub throttle: Throttle,
}

impl Deref for AppState {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}
