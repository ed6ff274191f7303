use clap::Args;

use super::output;
use crate::metrics;

#[derive(Debug, Args)]
pub struct Arguments {}

impl Arguments {
    /// Prints what `/metrics` tells, as a page of the reference.
    pub fn run(self) {
        output::line(metrics::reference().trim_end());
    }
}
