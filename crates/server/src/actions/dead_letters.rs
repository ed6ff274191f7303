//! Sends and calls that were given up: to be looked at, tried again, or dropped.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};
use usher_engine::Environment;
use usher_engine::effect::{CallTarget, EffectKind};
use usher_store::{DeadLetter, DeadLetterFilter};
use utoipa::ToSchema;

use super::Desk;
use crate::api::extract::{Page, PageQuery};
use crate::problem::Problem;
use crate::runner::Room;

/// How many are tried again with one request.
const AT_ONCE: u32 = 500;

/// A send or a call that was given up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterItem {
    pub id: String,
    /// The key of the channel.
    pub channel: String,
    /// The contact's address on the channel.
    pub address: String,
    /// The id of the conversation that asked for it.
    pub conversation: String,
    /// The workflow and the node that asked for it.
    pub workflow: String,
    pub node: u32,
    /// What would be sent; none for a call.
    #[schema(value_type = Option<Object>)]
    pub message: Option<Json>,
    /// Who would be called, such as `api/shop`; none for a send.
    pub call: Option<String>,
    /// Why it was given up, in plain words.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    pub asked_at: Timestamp,
    pub dead_at: Timestamp,
}

/// How many are tried again.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct RetriedLetters {
    pub retried: u64,
    /// Whether there may be more that the filter means: ask again with the same `until`.
    pub more: bool,
    /// Those that were given up until then are meant.
    pub until: Timestamp,
}

impl From<DeadLetter> for DeadLetterItem {
    fn from(letter: DeadLetter) -> Self {
        let (message, call) = match letter.effect.kind {
            // What is sensitive never enters a message.
            EffectKind::Send { message } => (serde_json::to_value(message).ok(), None),
            EffectKind::Call { call } => (None, Some(name_of(&call.target))),
        };
        Self {
            id: letter.id.0,
            channel: letter.key.channel,
            address: letter.key.address,
            conversation: letter.session.0,
            workflow: letter.effect.place.workflow,
            node: letter.effect.place.node,
            message,
            call,
            error: letter.error,
            attempts: letter.attempts,
            asked_at: letter.asked_at,
            dead_at: letter.dead_at,
        }
    }
}

fn name_of(target: &CallTarget) -> String {
    match target {
        CallTarget::Api { api } => format!("api/{api}"),
        CallTarget::Operation { operation, connection } => format!("{connection}/{operation}"),
    }
}

/// Which dead letters of an environment are meant.
#[derive(Debug, Clone, Default)]
pub struct Which {
    pub id: Option<String>,
    pub channel: Option<String>,
    pub error: Option<String>,
    pub until: Option<Timestamp>,
}

impl Which {
    fn filter(self, desk: &Desk, environment: Environment) -> DeadLetterFilter {
        let Self { id, channel, error, until } = self;
        DeadLetterFilter { id, channel, error, until, ..DeadLetterFilter::all(&desk.workspace.id, environment) }
    }
}

/// Lists dead letters, the newest first.
///
/// # Errors
///
/// The store cannot be read.
pub async fn list(
    desk: &Desk,
    environment: Environment,
    which: Which,
    page: &PageQuery,
) -> Result<Page<DeadLetterItem>, Problem> {
    let filter = which.filter(desk, environment);
    let found = desk.core.store.dead_letters().list(&filter, page.cursor.as_deref(), page.limit()).await?;
    Ok(Page::from(found).map(DeadLetterItem::from))
}

/// Has all that are meant tried again, the longest dead first and a bounded number at a time.
///
/// # Errors
///
/// The store cannot be written.
pub async fn retry(
    desk: &Desk,
    room: &Room,
    environment: Environment,
    which: Which,
) -> Result<RetriedLetters, Problem> {
    let now = desk.core.clock.now();
    let until = which.until.unwrap_or(now);
    let (channel, error) = (which.channel.clone(), which.error.clone());
    let filter = Which { until: Some(until), ..which }.filter(desk, environment);
    let mut tx = desk.core.store.begin().await?;
    let retried = tx.dead_letters().retry(&filter, now, AT_ONCE).await?;
    if retried > 0 {
        let details = json!({ "environment": environment, "channel": channel, "error": error, "count": retried });
        desk.note(&mut tx, "dead_letters.retried", &subject(filter.id.as_deref()), details).await?;
    }
    tx.commit().await?;
    room.sweep();
    Ok(RetriedLetters { retried, more: retried >= u64::from(AT_ONCE), until })
}

/// Has one tried again.
///
/// # Errors
///
/// There is none of that id.
pub async fn retry_one(desk: &Desk, room: &Room, environment: Environment, id: &str) -> Result<(), Problem> {
    let which = Which { id: Some(id.to_owned()), ..Which::default() };
    let retried = retry(desk, room, environment, which).await?.retried;
    if retried == 0 { Err(absent(environment, id)) } else { Ok(()) }
}

/// Drops one for good.
///
/// # Errors
///
/// There is none of that id.
pub async fn drop(desk: &Desk, environment: Environment, id: &str) -> Result<(), Problem> {
    let mut tx = desk.core.store.begin().await?;
    if !tx.dead_letters().delete(&desk.workspace.id, environment, id).await? {
        return Err(absent(environment, id));
    }
    desk.note(&mut tx, "dead_letters.dropped", &subject(Some(id)), json!({ "environment": environment })).await?;
    Ok(tx.commit().await?)
}

fn subject(id: Option<&str>) -> String {
    id.map_or_else(|| "dead letters".to_owned(), |id| format!("dead letter {id}"))
}

fn absent(environment: Environment, id: &str) -> Problem {
    let detail = format!("there is no dead letter {id} in {environment}; it may have been tried again or dropped");
    Problem::not_found(detail)
}
