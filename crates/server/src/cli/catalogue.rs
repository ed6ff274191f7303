use clap::Args;

use super::output::{self, Failure};
use crate::actions::catalogue;

#[derive(Debug, Args)]
pub struct Arguments {}

impl Arguments {
    /// Prints every node type, whether its system is connected or not.
    pub fn run(self) -> Result<(), Failure> {
        output::json(&catalogue::whole())
    }
}
