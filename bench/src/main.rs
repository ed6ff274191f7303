//! `make bench`: drives the built server with signed WhatsApp webhooks from many contacts, all on loopback, checks every
//! answer, and prints what it measured beside a bare floor that was measured in the same run.

mod connection;
mod conversation;
mod floor;
mod load;
mod measure;
mod process;
mod report;
mod stand_in;
mod usher;
mod webhook;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};

use measure::{Sizes, Subject, measure};
use report::Report;
use usher::Usher;

#[derive(Debug, Parser)]
#[command(about = "Measures the built Usher server beside a bare floor, on loopback.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommands>,
    #[command(flatten)]
    measure: Measure,
}

#[derive(Debug, Args)]
struct Measure {
    /// Conversations of the busy part.
    #[arg(long, default_value_t = 20_000)]
    conversations: u32,
    /// Contacts that converse at a time in the busy part.
    #[arg(long, default_value_t = 256)]
    at_once: u32,
    /// Conversations of the steady part, begun at half the busy rate.
    #[arg(long, default_value_t = 5_000)]
    steady: u32,
    /// Sessions left waiting at their menu; 0 leaves this part out.
    #[arg(long, default_value_t = 100_000)]
    at_rest: u32,
    /// Milliseconds that the order API takes for an answer.
    #[arg(long, default_value_t = 0)]
    api_delay: u64,
    /// Seconds after which a part begins no conversation any more.
    #[arg(long, default_value_t = 120)]
    limit: u64,
    /// Measures only this one.
    #[arg(long)]
    only: Option<Which>,
    /// A new folder for the databases, which stay; otherwise one for temporary files, which is removed in the end.
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Floor,
    Usher,
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
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(Subcommands::Floor { listen, folder, stand_in }) = arguments.command {
        floor::serve(listen, &folder, stand_in).await?;
        return Ok(ExitCode::SUCCESS);
    }
    run(arguments.measure).await
}

async fn run(arguments: Measure) -> Result<ExitCode> {
    let sizes = Sizes {
        conversations: arguments.conversations.max(1),
        at_once: arguments.at_once.clamp(1, 4_096),
        steady: arguments.steady.max(1),
        at_rest: arguments.at_rest,
        api_delay: Duration::from_millis(arguments.api_delay),
        limit: Duration::from_secs(arguments.limit),
    };
    let temporary = std::env::temp_dir().join(format!("usher-bench.{}", std::process::id()));
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.clone());
    let wanted = |which| arguments.only.is_none_or(|only| only == which);

    let measured = async {
        let mut all = Vec::new();
        if wanted(Which::Floor) {
            all.push(measure(&Floor, &folder.join("floor"), &sizes).await.context("measuring the floor")?);
        }
        if wanted(Which::Usher) {
            all.push(measure(&Usher::find()?, &folder.join("usher"), &sizes).await.context("measuring Usher")?);
        }
        Ok::<_, anyhow::Error>(Report(all))
    };
    let measured = measured.await;
    if arguments.folder.is_none() {
        // What is left of it is the system's to clean.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    let report = measured?;
    println!("{report}");
    Ok(if report.0.iter().all(report::Figures::is_right) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The bare floor, which is this same program.
struct Floor;

impl Subject for Floor {
    const NAME: &'static str = "floor";

    fn set_up(&self, _: &Path, _: SocketAddr) -> Result<()> {
        Ok(())
    }

    fn command(&self, folder: &Path, address: SocketAddr, stand_in: SocketAddr) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| "usher-bench".into()));
        command.arg("floor").args(["--listen", &address.to_string(), "--stand-in", &stand_in.to_string()]);
        command.arg("--folder").arg(folder);
        command
    }

    async fn path(&self, _: &Path, _: SocketAddr) -> Result<String> {
        Ok("/in/whatsapp".to_owned())
    }
}
