use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use secrecy::SecretString;
use usher_store::Store;

use super::output::{self, Failure};
use crate::clock::Clock;
use crate::config::{Configuration, Options};
use crate::editor;
use crate::secrets::{Keys, VARIABLE};

/// The clock is surely wrong before this: a day before this program was written.
const WRITTEN: Timestamp = Timestamp::constant(1_763_000_000, 0);
/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub struct Arguments {}

enum Finding {
    Fine(String),
    Note(String),
    Mend(String),
}

use Finding::{Fine, Mend, Note};

impl Arguments {
    /// Checks this installation. It fails when something must be mended.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let configuration = options.resolve()?;
        let mut findings =
            vec![Fine(format!("configuration: data in {}", configuration.data.display())), master_key(&configuration)];
        findings.extend(database(&configuration).await);
        findings.extend(public_url(&configuration));
        findings.push(clock());
        findings.push(if editor::is_built() {
            Fine("editor: in this binary".to_owned())
        } else {
            Note("editor: not in this binary; build it with scripts/web build, then the server again".to_owned())
        });
        let mut wrong = 0;
        for finding in findings {
            match finding {
                Fine(text) => output::line(format_args!("ok    {text}")),
                Note(text) => output::line(format_args!("note  {text}")),
                Mend(text) => {
                    wrong += 1;
                    output::line(format_args!("MEND  {text}"));
                }
            }
        }
        if wrong == 0 { Ok(()) } else { Err(Failure::new(format!("{wrong} to mend"))) }
    }
}

fn master_key(configuration: &Configuration) -> Finding {
    let variable = std::env::var(VARIABLE).ok().map(SecretString::from);
    let file = &configuration.master_key_file;
    if variable.is_none() && !file.exists() {
        return Note(format!("master key: none yet; the first start makes {}", file.display()));
    }
    let from = if variable.is_some() { VARIABLE.to_owned() } else { file.display().to_string() };
    match Keys::load(variable.as_ref(), file) {
        Ok(keys) => Fine(format!(
            "master key: {} from {from}; keep a copy apart from the backups of the database",
            keys.current().id
        )),
        Err(error) => Mend(format!("master key: {error}")),
    }
}

async fn database(configuration: &Configuration) -> Vec<Finding> {
    let shown = configuration.shown_database();
    if configuration.is_sqlite() {
        let path = configuration.database.trim_start_matches("sqlite:").trim_start_matches("//");
        if !std::path::Path::new(path).exists() {
            return vec![Note(format!("database: {shown} is not there yet; the first start makes it"))];
        }
    }
    let opened = tokio::time::timeout(PATIENCE, Store::open(&configuration.database, 1)).await;
    let store = match opened {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => return vec![Mend(format!("database: {shown}: {error}"))],
        Err(_) => return vec![Mend(format!("database: {shown} does not answer within {} s", PATIENCE.as_secs()))],
    };
    let mut findings = Vec::new();
    match store.ping().await {
        Ok(()) => findings.push(Fine(format!("database: {shown} answers"))),
        Err(error) => findings.push(Mend(format!("database: {shown}: {error}"))),
    }
    findings.push(match store.check_schema().await {
        Ok(()) => Fine("schema: up to date".to_owned()),
        Err(error) => Mend(format!("schema: {error}")),
    });
    store.close().await;
    findings
}

fn public_url(configuration: &Configuration) -> Vec<Finding> {
    let url = &configuration.public_url;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let mut findings = vec![match (local, configuration.is_secure()) {
        (true, _) => Note(format!("public URL: {url} is this machine alone; providers cannot send webhooks to it")),
        (false, true) => Fine(format!("public URL: {url}")),
        (false, false) => Mend(format!("public URL: {url} is not https; passwords and webhooks would go in the clear")),
    }];
    if !local && configuration.listen.ip().is_loopback() && configuration.trusted_proxies.is_empty() {
        findings.push(Note(
            "trusted proxies: none; behind a proxy, name its network with --trusted-proxies, or all clients look like one".to_owned(),
        ));
    }
    findings
}

fn clock() -> Finding {
    let now = Clock::system().now();
    if now < WRITTEN {
        Mend(format!("clock: {now} is in the past; set the machine's clock"))
    } else {
        Fine(format!("clock: {now}"))
    }
}
