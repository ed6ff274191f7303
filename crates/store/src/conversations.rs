//! Conversations as people read them: sessions with their transcripts and their journals.

use jiff::Timestamp;
use serde_json::Value as Json;
use usher_engine::contact::Contact;
use usher_engine::environment::Environment;
use usher_engine::event::Event;
use usher_engine::id::{EffectId, SessionId};
use usher_engine::session::{Place, Session};
use usher_engine::trace::Visit;

use crate::db::{Executor, Queries, Row, json, params, sql};
use crate::error::Result;
use crate::hot::{AddressKey, DeliveryState};
use crate::page::Page;

/// A conversation: one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    pub id: SessionId,
    pub key: AddressKey,
    pub channel_kind: String,
    /// The contact; without attributes.
    pub contact: Contact,
    /// The key of the route by which it began.
    pub route: String,
    /// The key of the workflow that it began in.
    pub workflow: String,
    pub deployment: u64,
    /// How many turns were taken.
    pub version: i64,
    /// The last message position at the address.
    pub position: i64,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The word of the reason for which it ended.
    pub end_reason: Option<String>,
    pub outcome: Option<String>,
    /// Its last message, if there is one.
    pub last_message: Option<Message>,
}

/// A message of a transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub session: SessionId,
    /// Its place at the address; rises across sessions.
    pub position: i64,
    pub at: Timestamp,
    /// Whether the business sent it.
    pub outbound: bool,
    /// The engine's `Inbound` or `Outbound`, as JSON.
    pub body: Json,
    /// The effect that sends it.
    pub effect: Option<EffectId>,
    /// The node that sent it.
    pub place: Option<Place>,
    /// How far it came; none for an inbound message.
    pub state: Option<DeliveryState>,
    /// The provider's id of it.
    pub provider_id: Option<String>,
    /// What the provider said of it, as it should be shown.
    pub provider: Option<String>,
    pub error: Option<String>,
}

/// A turn, as it was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Counts the session's turns from 1.
    pub version: i64,
    pub at: Timestamp,
    pub event: Event,
    pub seed: String,
    pub deployment: u64,
    /// The version of the engine that took it.
    pub engine: String,
    pub visits: Vec<Visit>,
    /// The contact as the turn found it.
    pub contact: Contact,
}

/// A conversation with all that was said and done.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    pub conversation: Conversation,
    /// Its state; none if this program cannot read it.
    pub session: Option<Session>,
    pub messages: Vec<Message>,
    pub journal: Vec<JournalEntry>,
}

/// Which conversations to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The workspace's id.
    pub workspace: String,
    pub environment: Environment,
    /// A part of the contact's name, phone number or address; empty for all.
    pub text: String,
    /// A kind of channel to leave out, such as the one of previews.
    pub without_kind: Option<String>,
}

/// The conversations of all environments.
#[derive(Debug)]
pub struct Conversations<E> {
    pub(crate) db: E,
}

const CONVERSATION: &str = "SELECT s.id, s.workspace, s.environment, s.channel, s.channel_kind, s.address, s.contact,
        s.route, s.workflow, s.deployment, s.version, s.position, s.started_at, s.updated_at, s.ended_at,
        s.end_reason, s.outcome, s.state AS session_state,
        c.name AS contact_name, c.phone AS contact_phone, c.language AS contact_language,
        m.session, m.position AS message_position, m.at, m.direction, m.body, m.effect, m.place, m.state,
        m.provider_id, m.provider, m.error
    FROM sessions s LEFT JOIN contacts c ON c.id = s.contact
    LEFT JOIN messages m ON m.session = s.id AND m.position = s.position AND m.address_id = s.address_id";

const MESSAGE: &str = "m.session, m.position AS message_position, m.at, m.direction, m.body, m.effect, m.place, m.state, \
    m.provider_id, m.provider, m.error";

fn conversation(row: &Row) -> Result<Conversation> {
    let last_message = row.get::<Option<&str>, _>("session")?.is_some();
    Ok(Conversation {
        id: SessionId(row.get("id")?),
        contact: Contact {
            id: row.get("contact")?,
            address: row.get("address")?,
            name: row.get("contact_name")?,
            phone: row.get("contact_phone")?,
            language: row.get("contact_language")?,
            ..Contact::default()
        },
        key: AddressKey {
            workspace: row.get("workspace")?,
            environment: row.environment("environment")?,
            channel: row.get("channel")?,
            address: row.get("address")?,
        },
        channel_kind: row.get("channel_kind")?,
        route: row.get("route")?,
        workflow: row.get("workflow")?,
        deployment: row.number("deployment")?,
        version: row.get("version")?,
        position: row.get("position")?,
        started_at: row.time("started_at")?,
        updated_at: row.time("updated_at")?,
        ended_at: row.maybe_time("ended_at")?,
        end_reason: row.get("end_reason")?,
        outcome: row.get("outcome")?,
        last_message: last_message.then(|| message(row)).transpose()?,
    })
}

fn message(row: &Row) -> Result<Message> {
    Ok(Message {
        session: SessionId(row.get("session")?),
        position: row.get("message_position")?,
        at: row.time("at")?,
        outbound: row.get::<&str, _>("direction")? == "out",
        body: row.json("body")?,
        effect: row.get::<Option<String>, _>("effect")?.map(EffectId),
        place: row.maybe_json("place")?,
        state: row.get::<Option<&str>, _>("state")?.map(DeliveryState::read).transpose()?,
        provider_id: row.get("provider_id")?,
        provider: row.get("provider")?,
        error: row.get("error")?,
    })
}

fn journal_entry(row: &Row) -> Result<JournalEntry> {
    Ok(JournalEntry {
        version: row.get("version")?,
        at: row.time("at")?,
        event: row.json("event")?,
        seed: row.get("seed")?,
        deployment: row.number("deployment")?,
        engine: row.get("engine")?,
        visits: row.json("visits")?,
        contact: row.json("contact")?,
    })
}

/// Makes a pattern of a part of a text; `!` takes the meaning from what follows.
pub(crate) fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for character in part.trim().to_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

impl<E: Executor> Conversations<E> {
    /// Returns the conversations of an environment, newest first.
    pub async fn list(mut self, search: &Search, after: Option<&str>, limit: u32) -> Result<Page<Conversation>> {
        let rows = self
            .db
            .all(
                sql!(
                    "{CONVERSATION}
                    WHERE s.workspace = $1 AND s.environment = $2 AND ($3 = '' OR s.id < $3) AND s.channel_kind <> $4
                    AND ($5 = '%%' OR lower(COALESCE(c.name, '')) LIKE $5 ESCAPE '!'
                        OR lower(s.address) LIKE $5 ESCAPE '!' OR lower(COALESCE(c.phone, '')) LIKE $5 ESCAPE '!')
                    ORDER BY s.id DESC LIMIT $6"
                ),
                params![
                    &search.workspace,
                    search.environment,
                    after.unwrap_or_default(),
                    search.without_kind.as_deref().unwrap_or_default(),
                    pattern(&search.text),
                    i64::from(limit) + 1,
                ],
            )
            .await?;
        let found = rows.iter().map(conversation).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(found, limit, |found| found.id.to_string()))
    }

    /// Returns a conversation with its newest `limit` messages and its newest `limit` turns, oldest first.
    pub async fn get(
        mut self,
        workspace: &str,
        environment: Environment,
        id: &str,
        limit: u32,
    ) -> Result<Option<Transcript>> {
        let sql = sql!("{CONVERSATION} WHERE s.workspace = $1 AND s.environment = $2 AND s.id = $3");
        let row = self.db.first(sql, params![workspace, environment, id]).await?;
        self.transcript(row, limit).await
    }

    /// Returns the conversation that is present at an address, over or not, as [`Conversations::get`].
    pub async fn present(mut self, key: &AddressKey, limit: u32) -> Result<Option<Transcript>> {
        let sql = sql!("{CONVERSATION} JOIN addresses a ON a.id = s.address_id AND a.session = s.id WHERE a.id = $1");
        let row = self.db.first(sql, params![key.id()]).await?;
        self.transcript(row, limit).await
    }

    async fn transcript(mut self, row: Option<Row>, limit: u32) -> Result<Option<Transcript>> {
        let Some(row) = row else { return Ok(None) };
        let conversation = conversation(&row)?;
        let (id, address) = (conversation.id.as_str(), conversation.key.id());
        let sql = sql!(
            "SELECT {MESSAGE} FROM messages m WHERE m.session = $1 AND m.address_id = $2 ORDER BY m.position DESC LIMIT $3"
        );
        let messages = self.db.all(sql, params![id, &address, limit]).await?;
        let journal = self
            .db
            .all(
                "SELECT version, at, event, seed, deployment, engine, visits, contact FROM journal
                WHERE session = $1 AND address_id = $2 ORDER BY version DESC LIMIT $3",
                params![id, &address, limit],
            )
            .await?;
        Ok(Some(Transcript {
            session: json("session", row.get("session_state")?).ok(),
            messages: messages.iter().rev().map(message).collect::<Result<_>>()?,
            journal: journal.iter().rev().map(journal_entry).collect::<Result<_>>()?,
            conversation,
        }))
    }

    /// Returns the messages of a conversation after a position, oldest first.
    pub async fn messages(mut self, session: &SessionId, after: i64, limit: u32) -> Result<Vec<Message>> {
        let sql = sql!(
            "SELECT {MESSAGE} FROM messages m WHERE m.session = $1 AND m.position > $2 ORDER BY m.position LIMIT $3"
        );
        self.db.all(sql, params![session.as_str(), after, limit]).await?.iter().map(message).collect()
    }

    /// Returns the turns of a conversation after a version, oldest first.
    pub async fn journal(mut self, session: &SessionId, after: i64, limit: u32) -> Result<Vec<JournalEntry>> {
        let sql = "SELECT version, at, event, seed, deployment, engine, visits, contact FROM journal
            WHERE session = $1 AND version > $2 ORDER BY version LIMIT $3";
        self.db.all(sql, params![session.as_str(), after, limit]).await?.iter().map(journal_entry).collect()
    }

    /// Returns the messages at an address after a position, whatever their session, oldest first; for a chat that
    /// resumes where it was.
    pub async fn messages_at(mut self, key: &AddressKey, after: i64, limit: u32) -> Result<Vec<Message>> {
        let sql = sql!(
            "SELECT {MESSAGE} FROM sessions s
            JOIN messages m ON m.session = s.id AND m.address_id = s.address_id AND m.position > $2
            WHERE s.address_id = $1 AND s.position > $2 ORDER BY m.position LIMIT $3"
        );
        self.db.all(sql, params![key.id(), after, limit]).await?.iter().map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_means_its_characters() {
        assert_eq!(pattern(" 50%_Off! "), "%50!%!_off!!%");
        assert_eq!(pattern(""), "%%");
    }
}
