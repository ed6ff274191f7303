//! What came in and could not be used: to be looked at, tried again, or dropped.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};
use usher_engine::Environment;
use usher_store::Kept;
use utoipa::ToSchema;

use super::Desk;
use crate::api::extract::{Page, PageQuery};
use crate::problem::Problem;
use crate::runner::{Handle, kept};

/// The most bytes of a body that are shown.
const SHOWN: usize = 256 * 1024;

/// Something that came in and could not be used.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeptItem {
    pub id: String,
    /// `webhook`: a part of one that could not be read. `event`: one on which no turn could be taken; it can be
    /// tried again.
    pub what: &'static str,
    /// The key of the channel.
    pub channel: String,
    /// When it was kept, the last time.
    pub at: Timestamp,
    /// Why, in plain words.
    pub problem: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// The contact's address on the channel; of an event.
    pub address: Option<String>,
    /// How often a turn was tried; of an event.
    pub tries: Option<u32>,
}

/// Something that came in and could not be used, with what it holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeptDetail {
    #[serde(flatten)]
    pub item: KeptItem,
    /// What it holds: JSON, or a text where it is none.
    #[schema(value_type = Object)]
    pub body: Json,
    /// Whether the text was cut because it is long.
    pub cut: bool,
}

/// What came of trying an event again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RetriedEvent {
    /// Whether it is kept no longer: its turn is committed, or it is on its way.
    pub gone: bool,
    /// Why it is still kept, in plain words.
    pub problem: Option<String>,
}

impl From<Kept> for KeptItem {
    fn from(kept: Kept) -> Self {
        let (address, tries) = kept.event.map(|event| (event.address, event.tries)).unzip();
        Self {
            id: kept.id,
            what: if tries.is_some() { "event" } else { "webhook" },
            channel: kept.channel,
            at: kept.at,
            problem: kept.problem,
            bytes: kept.bytes,
            address,
            tries,
        }
    }
}

/// Lists what was kept in an environment, the newest first; of one channel if it is named.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(
    desk: &Desk,
    environment: Environment,
    channel: Option<&str>,
    page: &PageQuery,
) -> Result<Page<KeptItem>, Problem> {
    let store = &desk.core.store;
    let found =
        store.kept().list(&desk.workspace.id, environment, channel, page.cursor.as_deref(), page.limit()).await?;
    Ok(Page::from(found).map(KeptItem::from))
}

/// Reads one with what it holds.
///
/// # Errors
///
/// There is none of that id.
pub async fn read(desk: &Desk, environment: Environment, id: &str) -> Result<KeptDetail, Problem> {
    let mut found = find(desk, environment, id).await?;
    let whole = std::mem::take(&mut found.body);
    let known = if found.event.is_some() { kept::event_in(&whole) } else { serde_json::from_slice(&whole).ok() };
    let cut = whole.len() > SHOWN;
    let body = match known {
        Some(json) if !cut => json,
        _ => Json::from(String::from_utf8_lossy(&whole[..whole.len().min(SHOWN)])),
    };
    Ok(KeptDetail { item: found.into(), body, cut })
}

/// Gives an event to the bus again, under its id: one that was handled after all changes nothing.
///
/// # Errors
///
/// There is none of that id, it is a webhook, or the bus does not take it now.
pub async fn retry(desk: &Desk, room: &Handle, environment: Environment, id: &str) -> Result<RetriedEvent, Problem> {
    let found = find(desk, environment, id).await?;
    let (Some(event), Some(envelope)) = (&found.event, room.envelope_of(&found)) else {
        let detail = "this was never an event that can be tried again; look at it and drop it";
        return Err(Problem::conflict("not_an_event", detail));
    };
    room.accept(vec![envelope]).await?;
    let workspace = &desk.workspace.id;
    let mut tx = desk.core.store.begin().await?;
    // An event that failed again meanwhile has more tries than were known, and stays.
    let gone = tx.kept().remove(workspace, environment, id, Some(event.tries)).await?;
    let details = json!({ "channel": found.channel, "environment": environment, "gone": gone });
    desk.note(&mut tx, "kept.retried", &format!("event {}", event.id), details).await?;
    tx.commit().await?;
    if gone {
        return Ok(RetriedEvent { gone, problem: None });
    }
    let still = desk.core.store.kept().get(workspace, environment, id).await?;
    Ok(RetriedEvent { gone: still.is_none(), problem: still.map(|kept| kept.problem) })
}

/// Drops something for good.
///
/// # Errors
///
/// There is none of that id.
pub async fn drop(desk: &Desk, environment: Environment, id: &str) -> Result<(), Problem> {
    let found = find(desk, environment, id).await?;
    let mut tx = desk.core.store.begin().await?;
    if !tx.kept().remove(&desk.workspace.id, environment, id, None).await? {
        return Err(absent(environment, id));
    }
    let subject = found.event.map_or_else(|| format!("webhook {id}"), |event| format!("event {}", event.id));
    let details = json!({ "channel": found.channel, "environment": environment, "problem": found.problem });
    desk.note(&mut tx, "kept.dropped", &subject, details).await?;
    Ok(tx.commit().await?)
}

async fn find(desk: &Desk, environment: Environment, id: &str) -> Result<Kept, Problem> {
    let found = desk.core.store.kept().get(&desk.workspace.id, environment, id).await?;
    found.ok_or_else(|| absent(environment, id))
}

fn absent(environment: Environment, id: &str) -> Problem {
    Problem::not_found(format!("nothing is kept under {id} in {environment}; it may have been tried again or dropped"))
}
