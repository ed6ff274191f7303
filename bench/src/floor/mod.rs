//! The bare floor: what the conversation costs on this machine before there is an engine. It checks the signature,
//! parses the webhook, commits the same rows to SQLite in groups, makes the same outgoing calls and settles them.
//! What to answer is a number per contact, counted upwards.

mod checkpoint;
mod outside;
mod rows;
mod schema;
mod store;
mod turn;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

use crate::load::Target;
use crate::measure::{Running, Subject};
use crate::process::{Process, Ready, free_address};
use crate::results::Written;
use crate::usher::{read, written};
use crate::webhook::is_signed;
use store::{Job, Said, Writer};

/// The floor as a server to measure, which is this same program.
#[derive(Debug)]
pub struct Floor(&'static str);

impl Floor {
    pub fn new(name: &'static str) -> Self {
        Self(name)
    }
}

impl Subject for Floor {
    fn name(&self) -> &str {
        self.0
    }

    async fn prepare(&mut self, _: &Path, _: SocketAddr) -> Result<()> {
        Ok(())
    }

    async fn start(&mut self, folder: &Path, stand_in: SocketAddr) -> Result<Running> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor").args(["--listen", &address.to_string(), "--stand-in", &stand_in.to_string()]);
        command.arg("--folder").arg(folder);
        let mut process = Process::start(command, &folder.join("log"))?;
        let ready_after = process.ready(address, Ready::At("/readyz"), Duration::from_secs(30)).await?;
        let target = Target { addresses: vec![address], path: "/in/whatsapp".to_owned(), redelivered: true };
        Ok(Running { processes: vec![process], target, ready_after })
    }

    async fn written(&self, folder: &Path, conversations: u32) -> Result<Option<Written>> {
        written(&folder.join(DATABASE), conversations).await.map(Some)
    }

    async fn read(&self, folder: &Path) -> Result<(u64, u64)> {
        read(&folder.join(DATABASE)).await
    }
}

const DATABASE: &str = "floor.db";

/// Jobs waiting for the writer; beyond it, webhooks wait too.
const QUEUE: usize = 4_096;
const LARGEST_WEBHOOK: usize = 3 * 1024 * 1024;

#[derive(Debug)]
struct Door {
    jobs: mpsc::Sender<Job>,
}

/// Serves on the address, with its database in the folder and the stand-in outside.
pub async fn serve(address: SocketAddr, folder: &Path, stand_in: SocketAddr) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let (jobs, queue) = mpsc::channel(QUEUE);
    let writer = Writer::open(&folder.join(DATABASE), outside::Outside::new(stand_in, jobs.clone())).await?;
    tokio::spawn(async move {
        if let Err(error) = writer.run(queue).await {
            eprintln!("the writer ended: {error:#}");
        }
    });

    let router = Router::new()
        .route("/in/whatsapp", post(take_webhook))
        .route("/readyz", get(async || StatusCode::OK))
        .layer(DefaultBodyLimit::max(LARGEST_WEBHOOK))
        .with_state(Arc::new(Door { jobs }));
    let listener =
        tokio::net::TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    axum::serve(listener, router).with_graceful_shutdown(terminated()).await?;
    Ok(())
}

async fn terminated() {
    if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        signal.recv().await;
    }
}

#[derive(Debug, Deserialize)]
struct Envelope {
    entry: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    value: Value,
}

#[derive(Debug, Deserialize)]
struct Value {
    metadata: Metadata,
    #[serde(default)]
    contacts: Vec<Profile>,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    statuses: Vec<Status>,
}

#[derive(Debug, Deserialize)]
struct Status {
    id: String,
    status: String,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    phone_number_id: String,
}

#[derive(Debug, Deserialize)]
struct Profile {
    profile: Name,
}

#[derive(Debug, Deserialize)]
struct Name {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Message {
    from: String,
    id: String,
    text: Option<Text>,
}

#[derive(Debug, Deserialize)]
struct Text {
    body: String,
}

/// Answers when the turn of each of its messages is committed.
async fn take_webhook(State(door): State<Arc<Door>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_signed(&body, signature) {
        return StatusCode::FORBIDDEN;
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&body) else {
        return StatusCode::OK;
    };
    for change in envelope.entry.into_iter().flat_map(|entry| entry.changes) {
        let Value { metadata, contacts, messages, statuses } = change.value;
        let name = contacts.into_iter().next().map(|contact| contact.profile.name).unwrap_or_default();
        for message in messages {
            let (committed, commit) = oneshot::channel();
            let said = Said {
                event: turn::derived(&["message", &metadata.phone_number_id, &message.id]),
                id: message.id,
                number: metadata.phone_number_id.clone(),
                phone: message.from,
                name: name.clone(),
                text: message.text.map(|text| text.body),
            };
            if door.jobs.send(Job::Said { said, committed }).await.is_err() || commit.await.is_err() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
        }
        if !statuses.is_empty() {
            let (committed, commit) = oneshot::channel();
            let states = statuses.into_iter().map(|status| (status.id, status.status)).collect();
            if door.jobs.send(Job::Told { states, committed }).await.is_err() || commit.await.is_err() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
        }
    }
    StatusCode::OK
}
