use clap::Args;

use super::core;
use super::output::{self, Failure};
use crate::actions::reseal;
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {}

impl Arguments {
    /// Encrypts stored secrets anew with the current master key.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        let count = reseal::all(&core).await?;
        output::line(format_args!("{count} sealed anew; all stored secrets are under the current master key"));
        Ok(())
    }
}
