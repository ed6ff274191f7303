use clap::Args;

use super::core;
use super::output::{self, Failure};
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only says whether the schema is this program's; changes nothing.
    #[arg(long)]
    check: bool,
}

impl Arguments {
    /// Brings the database to the schema of this program.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::connect(options.resolve()?, 1).await?;
        if self.check {
            core.store.check_schema().await?;
            output::line("the schema is up to date");
            return Ok(());
        }
        let migrated = core.store.migrate(core.clock.now()).await?;
        if migrated.from == migrated.to {
            output::line(format_args!("the schema is up to date ({})", migrated.to));
        } else {
            output::line(format_args!("the schema went from {} to {}", migrated.from, migrated.to));
        }
        core.store.close().await;
        Ok(())
    }
}
