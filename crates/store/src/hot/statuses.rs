//! Delivery states of sent messages: three quarters of WhatsApp's webhooks, on a path of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use usher_engine::event::{Event, EventKind, SendFailure, SendFailureReason};
use usher_engine::id::{EffectId, EventId, SessionId};

use super::address::AddressKey;
use super::effects::{FREE, lock_lanes};
use super::events::{self, OwnEvent};
use crate::db::batch::Batch;
use crate::db::many::{Int, LazyMany, Many, Text};
use crate::db::{Db, Row, Tx, params, to_ms};
use crate::error::{Error, Result};

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// Not given to the provider yet.
    Pending,
    Sent,
    Delivered,
    Read,
    /// It will not arrive.
    Failed,
}

impl DeliveryState {
    /// Returns the state's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }

    /// Orders the states: a message goes up and never down. What did arrive has not failed.
    fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Sent => 1,
            Self::Failed => 2,
            Self::Delivered => 3,
            Self::Read => 4,
        }
    }

    /// Reads a state's word as it is stored.
    pub(crate) fn read(word: &str) -> Result<Self> {
        match word {
            "pending" => Ok(Self::Pending),
            "sent" => Ok(Self::Sent),
            "delivered" => Ok(Self::Delivered),
            "read" => Ok(Self::Read),
            "failed" => Ok(Self::Failed),
            other => Err(Error::unreadable("message", format_args!("there is no state `{other}`"))),
        }
    }
}

/// A delivery state as a provider told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub workspace: String,
    pub channel: String,
    /// The provider's id of the message.
    pub provider_id: String,
    /// The effect, where the provider gives back what it was sent with.
    pub effect: Option<EffectId>,
    pub state: DeliveryState,
    /// Why, for [`DeliveryState::Failed`].
    pub failure: Option<SendFailure>,
    /// When the provider says that it happened.
    pub at: Timestamp,
}

/// A message whose state has changed, for live views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusOf {
    pub key: AddressKey,
    pub session: SessionId,
    pub position: i64,
    pub state: DeliveryState,
}

/// What recording statuses came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// The messages whose state has changed.
    pub changed: Vec<StatusOf>,
    /// Failures of messages of sessions that are present and not over, stored as events.
    pub failures: Vec<OwnEvent>,
    /// How many statuses fit no message.
    pub unmatched: usize,
}

/// Where a message is: its address, its session, its position.
type Place = (String, String, i64);

pub(super) async fn record(db: &Db, statuses: Vec<Status>, now: Timestamp) -> Result<Recorded> {
    if statuses.is_empty() {
        return Ok(Recorded::default());
    }
    let mut tx = db.begin().await?;
    let places = find(&mut tx, &statuses).await?;
    let lanes: BTreeSet<String> = places.iter().flatten().map(|(address, ..)| address.clone()).collect();
    lock_lanes(&mut tx, lanes.into_iter().collect(), false).await?;
    let mut messages = read(&mut tx, &places).await?;
    let mut unmatched = 0;
    for (status, place) in statuses.iter().zip(&places) {
        match place.as_ref().and_then(|place| messages.get_mut(place)) {
            Some(message) if message.key.workspace == status.workspace && message.key.channel == status.channel => {
                message.take(status);
            }
            _ => unmatched += 1,
        }
    }
    messages.retain(|_, message| message.touched);
    write(tx, &messages, unmatched, now).await
}

pub(in crate::hot) static BY_EFFECT: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("place", Int), ("id", Text)],
        0,
        "SELECT v.place AS place, e.address_id AS address_id, e.session AS session, e.position AS position
        FROM {rows} AS v JOIN effects e ON e.id = v.id WHERE e.kind = 'send'",
    )
});

pub(in crate::hot) static BY_PROVIDER_ID: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("place", Int), ("provider_id", Text)],
        0,
        "SELECT v.place AS place, m.address_id AS address_id, m.session AS session, m.position AS position
        FROM {rows} AS v
        JOIN messages m ON m.provider_id = v.provider_id AND m.provider_id IS NOT NULL AND m.direction = 'out'",
    )
});

/// Finds the message of each status: by its effect while that is not settled, by the provider's id after. In this
/// order, so that one that is settled in between is found all the same.
async fn find(tx: &mut Tx, statuses: &[Status]) -> Result<Vec<Option<Place>>> {
    let mut places = vec![None; statuses.len()];
    let number = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
    let by_effect = statuses
        .iter()
        .enumerate()
        .filter_map(|(place, status)| status.effect.as_ref().map(|effect| params![number(place), effect.as_str()]));
    let mut found = BY_EFFECT.fetch(tx, Vec::new(), by_effect.collect()).await?;
    let by_provider_id = statuses.iter().enumerate().map(|(place, status)| params![number(place), &status.provider_id]);
    found.extend(BY_PROVIDER_ID.fetch(tx, Vec::new(), by_provider_id.collect()).await?);
    for row in found {
        let of: usize = row.number("place")?;
        if let Some(place @ None) = places.get_mut(of) {
            *place = Some((row.get("address_id")?, row.get("session")?, row.get("position")?));
        }
    }
    Ok(places)
}

/// A message as it stands, and what becomes of it.
#[derive(Debug)]
struct Message {
    key: AddressKey,
    before: DeliveryState,
    state: DeliveryState,
    effect: Option<String>,
    /// The state of its effect, while that is not settled.
    effect_state: Option<String>,
    /// Whether its session is present at its address and not over.
    is_wanted: bool,
    provider_id: Option<String>,
    failure: Option<SendFailure>,
    failed_at: Option<Timestamp>,
    touched: bool,
}

impl Message {
    fn take(&mut self, status: &Status) {
        self.touched = true;
        self.provider_id.get_or_insert_with(|| status.provider_id.clone());
        if status.state.rank() > self.state.rank() {
            self.state = status.state;
            let failed = status.state == DeliveryState::Failed;
            self.failed_at = failed.then_some(status.at);
            self.failure = failed.then(|| status.failure.clone().unwrap_or_else(no_reason));
        }
    }

    /// Says whether its effect is over now: it was sent, and nobody is at it.
    fn settles(&self) -> bool {
        matches!(self.effect_state.as_deref(), Some("unknown" | "retry" | "pending"))
            || (self.effect_state.as_deref() == Some("dead") && self.state != DeliveryState::Failed)
    }
}

fn no_reason() -> SendFailure {
    SendFailure {
        reason: SendFailureReason::Undeliverable,
        code: None,
        message: "the provider gave no reason".to_owned(),
    }
}

pub(in crate::hot) static READ: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("address_id", Text), ("session", Text), ("position", Int)],
        0,
        "SELECT m.address_id AS address_id, m.session AS session, m.position AS position, m.state AS state,
            m.effect AS effect, m.provider_id AS provider_id, e.state AS effect_state, s.workspace AS workspace,
            s.environment AS environment, s.channel AS channel, s.address AS address,
            CAST(CASE WHEN s.ended_at IS NULL AND a.session = s.id THEN 1 ELSE 0 END AS BIGINT) AS wanted
        FROM {rows} AS v
        JOIN messages m ON m.session = v.session AND m.position = v.position AND m.address_id = v.address_id
        JOIN sessions s ON s.id = m.session AND s.address_id = m.address_id
        JOIN addresses a ON a.id = m.address_id
        LEFT JOIN effects e ON e.id = m.effect AND e.address_id = m.address_id",
    )
});

async fn read(tx: &mut Tx, places: &[Option<Place>]) -> Result<HashMap<Place, Message>> {
    let wanted: BTreeSet<&Place> = places.iter().flatten().collect();
    let rows = wanted.into_iter().map(|(address, session, position)| params![address, session, *position]);
    let rows = READ.fetch(tx, Vec::new(), rows.collect()).await?;
    let message = |row: &Row| {
        let state = DeliveryState::read(row.get::<Option<&str>, _>("state")?.unwrap_or("pending"))?;
        let message = Message {
            key: AddressKey {
                workspace: row.get("workspace")?,
                environment: row.environment("environment")?,
                channel: row.get("channel")?,
                address: row.get("address")?,
            },
            before: state,
            state,
            effect: row.get("effect")?,
            effect_state: row.get("effect_state")?,
            is_wanted: row.flag("wanted")?,
            provider_id: row.get("provider_id")?,
            failure: None,
            failed_at: None,
            touched: false,
        };
        Ok(((row.get("address_id")?, row.get("session")?, row.get("position")?), message))
    };
    rows.iter().map(message).collect()
}

pub(in crate::hot) static UPDATE: LazyMany = LazyMany::new(|| {
    Many::new(
        &[
            ("address_id", Text),
            ("session", Text),
            ("position", Int),
            ("state", Text),
            ("provider_id", Text),
            ("error", Text),
        ],
        0,
        "UPDATE messages SET state = v.state, provider_id = v.provider_id,
            error = CASE WHEN v.state = 'failed' THEN COALESCE(v.error, messages.error) END
        FROM {rows} AS v
        WHERE messages.session = v.session AND messages.position = v.position AND messages.address_id = v.address_id",
    )
});

pub(in crate::hot) static SETTLED: LazyMany = LazyMany::new(|| {
    Many::new(
        &[("id", Text), ("address_id", Text)],
        0,
        "DELETE FROM effects WHERE (id, address_id) IN (SELECT v.id, v.address_id FROM {rows} AS v)",
    )
});

async fn write(tx: Tx, messages: &HashMap<Place, Message>, unmatched: usize, now: Timestamp) -> Result<Recorded> {
    let messages: BTreeMap<&Place, &Message> = messages.iter().collect();
    let (mut updates, mut settled, mut lanes) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut recorded = Recorded { unmatched, ..Recorded::default() };
    for (place @ (address, session, position), message) in messages {
        if message.settles() {
            settled.push(params![message.effect.clone(), address]);
            lanes.insert(address.clone());
        }
        let error = message.failure.as_ref().map(|failure| failure.message.clone());
        let state = message.state.as_str();
        updates.push(params![address, session, *position, state, message.provider_id.clone(), error]);
        if message.state != message.before {
            recorded.changed.push(StatusOf {
                key: message.key.clone(),
                session: SessionId(session.clone()),
                position: *position,
                state: message.state,
            });
            recorded.failures.extend(failure(place, message));
        }
    }
    let mut batch = Batch::default();
    batch.add(&UPDATE, Vec::new(), updates);
    batch.add(&SETTLED, Vec::new(), settled);
    batch.add(&FREE, params![now], lanes.into_iter().map(|lane| params![lane]).collect());
    batch.add(&events::INSERT, Vec::new(), events::rows(&recorded.failures, to_ms(now))?);
    batch.commit(tx).await?;
    Ok(recorded)
}

/// Makes the event of a failure that a session may want.
fn failure((_, session, _): &Place, message: &Message) -> Option<OwnEvent> {
    let (failure, at) = (message.failure.clone()?, message.failed_at?);
    let effect = EffectId(message.effect.clone().filter(|_| message.is_wanted)?);
    let id = EventId::of_answer(&effect, "failed");
    let event = Event { id, kind: EventKind::SendFailed { effect, failure } };
    Some(OwnEvent { key: message.key.clone(), session: SessionId(session.clone()), event, at })
}
