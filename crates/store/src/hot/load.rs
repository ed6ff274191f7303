//! What a turn begins with.

use std::collections::{BTreeMap, HashMap};

use usher_engine::contact::Contact;
use usher_engine::id::SessionId;
use usher_engine::session::Session;

use super::address::AddressKey;
use super::turn::{LoadedBasis, Profile, TurnRecord};
use crate::db::many::{LazyMany, Many, Text};
use crate::db::{Db, Executor, Row, json, to_ms};
use crate::error::Result;

/// What a turn at an address begins with.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub key: AddressKey,
    /// The id under which the address is stored.
    pub address_id: String,
    /// Whether address and contact are stored; if not, the first commit stores them.
    pub known: bool,
    pub contact: Contact,
    /// The session that is present at the address; it may have ended.
    pub present: Present,
    /// The last message position used at the address; 0 before the first message.
    pub position: i64,
    /// The number of the environment's current deployment; 0 when nothing was deployed.
    pub deployment: u64,
    /// The workspace's configuration revision; 0 when there is no such workspace.
    pub revision: u64,
}

/// The session at an address.
#[derive(Debug, Clone)]
pub enum Present {
    /// There was none yet.
    None,
    /// Its state, and its version: the number of turns taken on it.
    Session { session: Box<Session>, version: i64 },
    /// There is one whose state this program cannot read; a new session may take its place.
    Unreadable { id: SessionId, version: i64, problem: String },
}

impl Loaded {
    /// Returns the session that is present and not over.
    pub fn running(&self) -> Option<&Session> {
        match &self.present {
            Present::Session { session, .. } if !session.has_ended() => Some(session),
            _ => None,
        }
    }

    /// Returns what the next turn at the address begins with, if `record` is committed; `session` and `contact` are
    /// as the turn left them. For several events of one address in one batch.
    pub fn after(&self, record: &TurnRecord, session: Session, contact: Contact) -> Self {
        Self {
            known: true,
            contact,
            present: Present::Session { session: Box::new(session), version: record.version() },
            position: record.last_position(),
            ..self.clone()
        }
    }

    pub(super) fn basis(&self, profile: Option<&Profile>) -> LoadedBasis {
        let (present, version) = match &self.present {
            Present::None => (None, 0),
            Present::Session { session, version } => (Some(session.id.to_string()), *version),
            Present::Unreadable { id, version, .. } => (Some(id.to_string()), *version),
        };
        let news = |told: &Option<String>, known: &Option<String>| told.is_some() && known.is_none();
        LoadedBasis {
            key: self.key.clone(),
            address_id: self.address_id.clone(),
            contact: self.contact.id.clone(),
            known: self.known,
            profile_changed: profile.is_some_and(|profile| {
                !self.known
                    || news(&profile.name, &self.contact.name)
                    || news(&profile.phone, &self.contact.phone)
                    || news(&profile.language, &self.contact.language)
            }),
            present,
            version,
            position: self.position,
        }
    }
}

pub(in crate::hot) static LOAD: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("workspace", Text), ("environment", Text)],
        0,
        "SELECT v.id AS id, w.revision AS revision, e.deployment AS deployment,
            a.contact AS contact, c.name AS name, c.phone AS phone, c.language AS language,
            [sqlite] CASE WHEN c.has_attributes = 1 THEN (SELECT json_group_object(t.name, json(t.value)) FROM contact_attributes t WHERE t.contact = c.id) END AS attributes,
            [postgres] CASE WHEN c.has_attributes = 1 THEN (SELECT json_object_agg(t.name, t.value::json)::text FROM contact_attributes t WHERE t.contact = c.id) END AS attributes,
            s.id AS session, s.version AS version, coalesce(s.position, a.position) AS position,
            coalesce(s.expires_at, s.expiring_at) AS expires_at, s.state AS state
        FROM {rows} AS v
        LEFT JOIN workspaces w ON w.id = v.workspace
        LEFT JOIN environments e ON e.workspace = v.workspace AND e.environment = v.environment
        LEFT JOIN addresses a ON a.id = v.id
        LEFT JOIN contacts c ON c.id = a.contact
        LEFT JOIN sessions s ON s.id = a.session AND s.address_id = a.id",
    )
});

pub(super) async fn load(db: &Db, keys: &[AddressKey]) -> Result<Vec<Loaded>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = keys.iter().map(AddressKey::id).collect();
    let rows = keys.iter().zip(&ids).map(|(key, id)| crate::db::params![id, &key.workspace, key.environment]).collect();
    let params = LOAD.params(db.dialect(), Vec::new(), rows)?;
    let mut executor = db;
    let found = executor.rows(LOAD.sql(db.dialect()), params).await?;
    let mut by_id: HashMap<&str, &Row> = HashMap::with_capacity(found.len());
    for row in &found {
        by_id.insert(row.get::<&str, _>(0)?, row);
    }
    keys.iter().zip(ids).map(|(key, id)| loaded(key, by_id.get(id.as_str()).copied(), id.clone())).collect()
}

fn loaded(key: &AddressKey, row: Option<&Row>, address_id: String) -> Result<Loaded> {
    let mut loaded = Loaded {
        contact: Contact { id: key.first_contact(), address: key.address.clone(), ..Contact::default() },
        key: key.clone(),
        address_id,
        known: false,
        present: Present::None,
        position: 0,
        deployment: 0,
        revision: 0,
    };
    let Some(row) = row else { return Ok(loaded) };
    loaded.revision = row.maybe_number("revision")?.unwrap_or(0);
    loaded.deployment = row.maybe_number("deployment")?.unwrap_or(0);
    if let Some(contact) = row.get::<Option<String>, _>("contact")? {
        loaded.known = true;
        loaded.position = row.get("position")?;
        loaded.contact.id = contact;
        loaded.contact.name = row.get("name")?;
        loaded.contact.phone = row.get("phone")?;
        loaded.contact.language = row.get("language")?;
        loaded.contact.attributes = row.maybe_json::<BTreeMap<_, _>>("attributes")?.unwrap_or_default();
    }
    if let Some(id) = row.get::<Option<&str>, _>("session")? {
        let version = row.get("version")?;
        loaded.present = match json::<Session>("session", row.get("state")?) {
            Ok(mut session) => {
                // Time in which Usher could not accept was given back to the column alone.
                if let Some(deadline) = row.maybe_time("expires_at")?
                    && session.expires_at.map(to_ms) != Some(to_ms(deadline))
                {
                    session.expires_at = Some(deadline);
                }
                Present::Session { session: Box::new(session), version }
            }
            Err(problem) => Present::Unreadable { id: SessionId::from(id), version, problem: problem.to_string() },
        };
    }
    Ok(loaded)
}
