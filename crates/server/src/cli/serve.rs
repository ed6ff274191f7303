use clap::Args;

use super::output::Failure;
use crate::config::Options;
use crate::roles::Roles;
use crate::serve;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Brings an order API of its own under /demo, and fills the first workspace with an example.
    #[arg(long, env = "USHER_DEMO")]
    demo: bool,
    /// Brings a PostgreSQL database to this version's schema first; SQLite's always is.
    #[arg(long, env = "USHER_MIGRATE")]
    migrate: bool,
    /// What this process does, where others do the rest: some of api, runner, dispatcher, timers, with commas between.
    #[arg(long, value_name = "LIST", default_value = "all", env = "USHER_ROLES")]
    roles: Roles,
}

impl Arguments {
    /// Starts the server and runs it until it is told to stop.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let Self { demo, migrate, roles } = self;
        let mut configuration = options.resolve()?.with_roles(roles)?;
        configuration.demo = demo;
        serve::start_log(&configuration)?;
        let migrates = migrate || configuration.is_sqlite();
        serve::run(configuration, migrates).await
    }
}
