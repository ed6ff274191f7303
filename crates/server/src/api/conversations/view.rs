//! Conversations as the API tells them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use usher_engine::Session;
use usher_engine::session::{Ending, State, Wait};
use usher_engine::trace::Visit;
use usher_engine::value::Value;
use usher_store::{Conversation, DeliveryState, JournalEntry, Message, Transcript};
use utoipa::ToSchema;

/// What stands in place of a sensitive value.
const MASK: &str = "••••••";
/// The most characters of a last message in a list.
const LAST_CHARACTERS: usize = 200;

/// A conversation in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationItem {
    pub id: String,
    /// The key of its channel.
    pub channel: String,
    /// The contact's address on the channel.
    pub address: String,
    pub contact: Person,
    /// The key of the workflow that it began in.
    pub workflow: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// `running` or `ended`.
    pub state: &'static str,
    /// The label with which it ended, or else the reason for which it ended.
    pub outcome: Option<String>,
    pub last_message: Option<String>,
}

/// Who the customer is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
}

/// A conversation with all that was said and done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationDetail {
    #[serde(flatten)]
    pub item: ConversationItem,
    /// The number of the deployment that it runs on.
    pub deployment: u64,
    pub route: String,
    pub messages: Vec<MessageItem>,
    pub visits: Vec<VisitItem>,
    #[schema(value_type = BTreeMap<String, Object>)]
    pub variables: BTreeMap<String, Json>,
    /// The number of the node that it waits at.
    pub waiting_at: Option<u32>,
    /// Why it ended, in plain words, where there is more to say.
    pub detail: Option<String>,
}

/// A message of the transcript.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageItem {
    /// Its place at the address; rises.
    pub position: i64,
    pub at: Timestamp,
    /// `in` from the customer, `out` to the customer.
    pub direction: &'static str,
    /// The node that sent it.
    pub node: Option<u32>,
    /// The workflow of that node.
    pub workflow: Option<String>,
    #[schema(value_type = Object)]
    pub message: Json,
    /// `pending`, `sent`, `delivered`, `read` or `failed`; none for a message of the customer.
    pub state: Option<&'static str>,
    /// Why it failed.
    pub error: Option<String>,
    /// What was sent to the provider, and what it answered.
    #[schema(value_type = Option<Object>)]
    pub provider: Option<Json>,
}

/// A step that was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VisitItem {
    pub at: Timestamp,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub visit: Visit,
}

impl From<Conversation> for ConversationItem {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id.0,
            channel: conversation.key.channel,
            address: conversation.key.address,
            contact: Person {
                name: conversation.contact.name,
                phone: conversation.contact.phone,
                language: conversation.contact.language,
            },
            workflow: conversation.workflow,
            started_at: conversation.started_at,
            ended_at: conversation.ended_at,
            state: if conversation.ended_at.is_some() { "ended" } else { "running" },
            outcome: conversation.outcome.or(conversation.end_reason),
            last_message: conversation.last_message.as_ref().map(|message| words_of(&message.body)),
        }
    }
}

impl From<Transcript> for ConversationDetail {
    fn from(transcript: Transcript) -> Self {
        let session = transcript.session.as_ref();
        Self {
            deployment: transcript.conversation.deployment,
            route: transcript.conversation.route.clone(),
            item: transcript.conversation.into(),
            messages: transcript.messages.into_iter().map(Into::into).collect(),
            visits: transcript.journal.into_iter().flat_map(visits).collect(),
            variables: session.map(variables).unwrap_or_default(),
            waiting_at: session.and_then(waiting_at),
            detail: session.and_then(ending).and_then(|ending| ending.detail.clone()),
        }
    }
}

impl From<Message> for MessageItem {
    fn from(message: Message) -> Self {
        Self {
            position: message.position,
            at: message.at,
            direction: if message.outbound { "out" } else { "in" },
            node: message.place.as_ref().map(|place| place.node),
            workflow: message.place.map(|place| place.workflow),
            message: message.body,
            state: message.state.map(word_of),
            error: message.error,
            provider: message.provider.map(|text| serde_json::from_str(&text).unwrap_or(Json::String(text))),
        }
    }
}

fn word_of(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Sent => "sent",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Read => "read",
        DeliveryState::Failed => "failed",
    }
}

/// Returns the steps of a turn.
pub fn visits(entry: JournalEntry) -> impl Iterator<Item = VisitItem> {
    let at = entry.at;
    entry.visits.into_iter().map(move |visit| VisitItem { at, visit })
}

/// Returns a session's variables as they may be shown.
pub fn variables(session: &Session) -> BTreeMap<String, Json> {
    session.variables.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
}

fn shown(value: &Value) -> Json {
    if value.is_sensitive() { Json::from(MASK) } else { value.to_serde_json() }
}

/// Returns the number of the node that a session waits at.
pub fn waiting_at(session: &Session) -> Option<u32> {
    let waits = matches!(session.state, State::Waiting { wait: Wait::Reply { .. } | Wait::Answer { .. } });
    session.place.as_ref().filter(|_| waits).map(|place| place.node)
}

/// Returns how a session ended.
pub fn ending(session: &Session) -> Option<&Ending> {
    match &session.state {
        State::Ended { ending } => Some(ending),
        _ => None,
    }
}

/// Returns a message in a few words.
fn words_of(message: &Json) -> String {
    let text = |name: &str| message.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let words = ["text", "title", "caption", "media", "kind"].into_iter().find_map(text).unwrap_or_default();
    match words.char_indices().nth(LAST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}
