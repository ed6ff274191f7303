use clap::Args;

use super::output::{self, Failure};
use crate::api;

#[derive(Debug, Args)]
pub struct Arguments {}

impl Arguments {
    /// Prints the description of the HTTP API.
    pub fn run(self) -> Result<(), Failure> {
        output::json(&api::description())
    }
}
