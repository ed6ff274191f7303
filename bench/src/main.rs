//! `make bench`: drives the built server with signed WhatsApp webhooks from many contacts, all on loopback, checks every
//! answer, and prints what it measured beside a bare floor and other servers that were measured in the same run.

mod cgroup;
mod connection;
mod conversation;
mod disk;
mod floor;
mod held;
mod load;
mod mean;
mod measure;
mod page;
mod peers;
mod process;
mod results;
mod run;
mod stand_in;
mod states;
mod stored;
mod usher;
mod webhook;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use run::Measure;

#[derive(Debug, Parser)]
#[command(about = "Measures the built Usher server beside a bare floor and other servers, on loopback.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommands>,
    #[command(flatten)]
    measure: Measure,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Serves the bare floor; the bench starts it by itself.
    Floor {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        folder: PathBuf,
        #[arg(long)]
        stand_in: SocketAddr,
    },
    /// Writes the results of a run down as those that the page tells of, and the page's tables and plots from them.
    Document {
        /// The results of the run [default: those of the last one].
        results: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Subcommands::Floor { listen, folder, stand_in }) => floor::serve(listen, &folder, stand_in).await?,
        Some(Subcommands::Document { results }) => {
            page::document(&results.unwrap_or_else(run::last_results))?;
        }
        None => return run::run(arguments.measure).await,
    }
    Ok(ExitCode::SUCCESS)
}
