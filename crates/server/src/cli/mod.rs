//! The command line: one command a file. Commands use the same functions as the HTTP API, and work while a server
//! runs on the same data.

mod api_key;
mod apply;
mod backup;
mod catalogue;
mod conversation;
mod core;
mod deploy;
mod doctor;
mod export;
mod metrics;
mod migrate;
mod openapi;
mod output;
mod password;
mod reseal;
mod restore;
mod schemas;
mod serve;
mod user;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Options;

pub use self::core::connect;
pub use output::Failure;

/// Runs chat workflows: draw them, try them, put them live.
#[derive(Debug, Parser)]
#[command(name = "usher", version, propagate_version = true, max_term_width = 100)]
struct Usher {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the server.
    Serve(serve::Arguments),
    /// Brings the database to the schema of this version.
    Migrate(migrate::Arguments),
    /// Adds, lists, and disables users.
    #[command(subcommand)]
    User(user::Arguments),
    /// Creates, lists, and changes workspaces.
    #[command(subcommand)]
    Workspace(workspace::Arguments),
    /// Applies files: workflows, channels, routes, APIs, connections. Applying them again changes nothing.
    Apply(apply::Arguments),
    /// Writes a workspace's workflows and configuration to files that `usher apply` reads.
    Export(export::Arguments),
    /// Puts saved versions of workflows live.
    Deploy(deploy::Arguments),
    /// Creates, lists, and revokes API keys.
    #[command(subcommand)]
    ApiKey(api_key::Arguments),
    /// Makes a link by which a user sets a new password, or sets it.
    Password(password::Arguments),
    /// Shows conversations: a list, or one with its transcript and trace.
    Conversation(conversation::Arguments),
    /// Encrypts stored secrets anew with the current master key, after it was rotated.
    Reseal(reseal::Arguments),
    /// Writes everything but the master key to a file, while servers run.
    Backup(backup::Arguments),
    /// Fills an empty database from such a file.
    Restore(restore::Arguments),
    /// Checks this installation, and says what to mend.
    Doctor(doctor::Arguments),
    /// Prints the node catalogue as JSON.
    Catalogue(catalogue::Arguments),
    /// Prints the description of the HTTP API as JSON (OpenAPI 3.1).
    Openapi(openapi::Arguments),
    /// Prints what `/metrics` tells: every measure, with its labels and what it means (Markdown).
    Metrics(metrics::Arguments),
    /// Writes the JSON Schema of each kind of file to a folder.
    Schemas(schemas::Arguments),
}

/// Reads the command line and runs the command.
pub fn run() -> ExitCode {
    let Usher { options, command } = Usher::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&Failure::from(anyhow::Error::new(error).context("cannot start"))),
    };
    match runtime.block_on(execute(options, command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output::fail(&failure),
    }
}

async fn execute(options: Options, command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => arguments.run(options).await,
        Command::Migrate(arguments) => arguments.run(options).await,
        Command::User(arguments) => arguments.run(options).await,
        Command::Workspace(arguments) => arguments.run(options).await,
        Command::Apply(arguments) => arguments.run(options).await,
        Command::Export(arguments) => arguments.run(options).await,
        Command::Deploy(arguments) => arguments.run(options).await,
        Command::ApiKey(arguments) => arguments.run(options).await,
        Command::Password(arguments) => arguments.run(options).await,
        Command::Conversation(arguments) => arguments.run(options).await,
        Command::Reseal(arguments) => arguments.run(options).await,
        Command::Backup(arguments) => arguments.run(options).await,
        Command::Restore(arguments) => arguments.run(options).await,
        Command::Doctor(arguments) => arguments.run(options).await,
        Command::Catalogue(arguments) => arguments.run(),
        Command::Openapi(arguments) => arguments.run(),
        Command::Metrics(arguments) => {
            arguments.run();
            Ok(())
        }
        Command::Schemas(arguments) => arguments.run(),
    }
}
