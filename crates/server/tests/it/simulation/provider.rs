//! The outside: WhatsApp's provider and the shop's API, in memory, with their moods; and what they saw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use usher_connect::http::{Failure, FailureKind, Request, Response, Transport};
use usher_engine::event::{SendFailure, SendFailureReason};
use usher_engine::id::EffectId;
use usher_store::{DeliveryState, Status};

use super::chance::Chance;
use super::faulty::short;
use super::memory::MemoryStore;
use super::memory::tables::EffectState;
use super::mutants::Mutant;
use super::shop::{WHATSAPP, WORKSPACE};
use super::town::Town;
use super::world::{Life, World};

/// Tries after which the next wait is longer than an hour.
const OFTEN: u32 = 6;

#[derive(Debug)]
pub struct Provider {
    world: Arc<World>,
    chance: Chance,
    /// The store, which can be looked into at any time.
    books: Arc<MemoryStore>,
    town: OnceLock<Weak<Town>>,
    seen: Mutex<Seen>,
}

/// What the provider saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every request to send that reached the provider, in order.
    pub requests: Vec<Received>,
    /// The provider's ids of the messages that it took, by effect.
    pub taken: BTreeMap<String, String>,
    /// Effects that were refused for good.
    pub refused: BTreeSet<String>,
    /// The furthest state of each effect that Usher has acknowledged.
    pub told: BTreeMap<String, DeliveryState>,
    /// The last words to each customer.
    pub words: BTreeMap<String, String>,
    /// What is on its way, by effect.
    under_way: BTreeMap<String, Vec<Sender>>,
}

/// From which life something is on its way, and by whose lease.
type Sender = (Arc<Life>, Option<String>);

impl Seen {
    /// Returns how many different sends reached the provider.
    pub fn distinct(&self) -> usize {
        self.requests.iter().map(|request| &request.effect).collect::<BTreeSet<_>>().len()
    }
}

/// A request to send that reached the provider.
#[derive(Debug, Clone)]
pub struct Received {
    pub effect: String,
    pub address: String,
    pub words: String,
    /// When it left, and when it came.
    pub left_at: i64,
    pub at: i64,
    pub taken: bool,
    /// Whether it was refused for good.
    pub refused: bool,
    /// By whose lease it left.
    pub owner: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Good,
    /// No connection: it never left.
    NoConnection,
    /// The connection broke before the other side had the request.
    BrokenBefore,
    /// The other side has it, and the connection broke before the answer.
    BrokenAfter,
    /// The other side has it, and answers too late.
    TooLate,
    /// The other side has a fault, without having taken it.
    Fault,
    /// Too much at a time.
    Throttled,
    /// Too much for a while: longer than anybody waits in memory.
    Overloaded,
    /// Refused for good.
    Refused,
}

const BAD: [Fate; 9] = [
    Fate::NoConnection,
    Fate::BrokenBefore,
    Fate::BrokenAfter,
    Fate::BrokenAfter,
    Fate::TooLate,
    Fate::Fault,
    Fate::Throttled,
    Fate::Overloaded,
    Fate::Refused,
];

/// The way to the outside of one process.
#[derive(Debug)]
pub struct Line {
    pub provider: Arc<Provider>,
    pub life: Arc<Life>,
    pub mutant: Option<Mutant>,
}

/// A request on its way; it is no more once this is dropped.
struct UnderWay<'p> {
    provider: &'p Provider,
    effect: String,
    life: Arc<Life>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(lives) = self.provider.seen().under_way.get_mut(&self.effect)
            && let Some(place) = lives.iter().position(|(life, _)| Arc::ptr_eq(life, &self.life))
        {
            lives.remove(place);
        }
    }
}

#[async_trait]
impl Transport for Line {
    async fn answer(&self, request: Request) -> Result<Response, Failure> {
        self.life.live().await;
        match request.url.host_str() {
            Some("graph.test") => self.send(&request).await,
            _ => self.call(&request).await,
        }
    }
}

impl Line {
    async fn send(&self, request: &Request) -> Result<Response, Failure> {
        let body: Json = serde_json::from_slice(request.body.as_deref().unwrap_or_default()).expect("a send is JSON");
        let mut effect = body["biz_opaque_callback_data"].as_str().expect("a send says its effect").to_owned();
        let (provider, life) = (&*self.provider, &self.life);
        if self.mutant == Some(Mutant::IdPerTry) && life.chance().per_mille(500) {
            effect = format!("{:032x}-0", u128::from(life.chance().draw()));
        }
        let mut received = Received {
            address: body["to"].as_str().expect("a send says to whom").to_owned(),
            words: words(&body),
            left_at: life.world.now(),
            at: 0,
            taken: false,
            refused: false,
            effect,
            owner: None,
        };
        // From the moment in which whoever sends it is sure that it may.
        let _under_way = provider.leaves(&mut received, life);
        life.step("send").await;
        let fate = provider.fate_of(&received.effect);
        life.world.meets(&format!("send: {fate:?}"));
        life.note(format_args!("sends {} to {}: {fate:?}", short(&received.effect), received.address));
        if fate == Fate::NoConnection {
            return Err(broken(false));
        }
        tokio::time::sleep(provider.chance.millis(1, 120)).await;
        if fate == Fate::BrokenBefore || (life.is_over() && provider.chance.per_mille(500)) {
            life.step("send").await;
            return Err(broken(true));
        }
        received.at = life.world.now();
        received.taken = matches!(fate, Fate::Good | Fate::BrokenAfter | Fate::TooLate);
        received.refused =
            fate == Fate::Refused || fate == Fate::Throttled && provider.was_tried_often(&received.effect);
        let answer = provider.receives(received, fate);
        let wait = if fate == Fate::TooLate { Duration::from_secs(30) } else { provider.chance.millis(1, 200) };
        tokio::time::sleep(wait).await;
        life.step("send").await;
        if fate == Fate::BrokenAfter { Err(broken(true)) } else { Ok(answer) }
    }

    async fn call(&self, request: &Request) -> Result<Response, Failure> {
        let (provider, life) = (&*self.provider, &self.life);
        life.step("call").await;
        let path = request.url.path().to_owned();
        let fate = provider.fate();
        life.world.meets(&format!("call: {fate:?}"));
        life.note(format_args!("calls {path}: {fate:?}"));
        match fate {
            Fate::NoConnection => return Err(broken(false)),
            Fate::TooLate => tokio::time::sleep(Duration::from_secs(15)).await,
            _ => tokio::time::sleep(provider.chance.millis(1, 400)).await,
        }
        life.step("call").await;
        let order = path.rsplit('/').next().unwrap_or_default();
        match fate {
            Fate::BrokenBefore | Fate::BrokenAfter => Err(broken(true)),
            Fate::Fault | Fate::Throttled | Fate::Overloaded | Fate::Refused => Ok(Response::new(500, &[], "")),
            _ => {
                let body = json!({ "status": status_of(order) }).to_string();
                Ok(Response::new(200, &[("content-type", "application/json")], body))
            }
        }
    }
}

impl Provider {
    pub fn new(world: &Arc<World>, chance: Chance, books: Arc<MemoryStore>) -> Arc<Self> {
        let (town, seen) = (OnceLock::new(), Mutex::default());
        Arc::new(Self { world: Arc::clone(world), chance, books, town, seen })
    }

    /// Learns where webhooks go.
    pub fn serves(&self, town: &Arc<Town>) {
        let _ = self.town.set(Arc::downgrade(town));
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self) -> Fate {
        let bad = !self.world.is_calm() && self.chance.per_mille(self.world.weather.outside);
        if bad { *self.chance.pick(&BAD) } else { Fate::Good }
    }

    /// Returns what becomes of a send. What was refused for good stays refused, once it comes there.
    fn fate_of(&self, effect: &str) -> Fate {
        match self.fate() {
            Fate::NoConnection => Fate::NoConnection,
            Fate::BrokenBefore => Fate::BrokenBefore,
            _ if self.seen().refused.contains(effect) => Fate::Refused,
            fate => fate,
        }
    }

    /// Notes that a request leaves, and checks that it may.
    fn leaves(&self, request: &mut Received, life: &Arc<Life>) -> UnderWay<'_> {
        let effect = &request.effect;
        self.check_the_books(effect);
        request.owner = self.books.tables().effects.get(effect).and_then(|row| row.owner.clone());
        let mut seen = self.seen();
        let lives = seen.under_way.entry(effect.clone()).or_default();
        // Who was buried alive may still be at it.
        let is_buried = |owner: &Option<String>| self.books.is_buried(owner.as_deref());
        let is_twice = lives.iter().any(|(life, owner)| !life.is_over() && !is_buried(owner));
        lives.push((Arc::clone(life), request.owner.clone()));
        drop(seen);
        if is_twice {
            self.world.violated(format!("the send {} is under way twice at the same time", short(effect)));
        }
        UnderWay { provider: self, effect: effect.clone(), life: Arc::clone(life) }
    }

    /// Says whether a send was tried so often that it is given up when a customer gets too many messages: the wait for the
    /// next try, four times the last, is longer than one is tried at all.
    fn was_tried_often(&self, effect: &str) -> bool {
        self.books.tables().effects.get(effect).is_some_and(|row| row.attempts >= OFTEN)
    }

    fn check_the_books(&self, effect: &str) {
        let tables = self.books.tables();
        let asked_for = tables.journal.iter().any(|entry| entry.effects.iter().any(|row| row.id == effect));
        let row = tables.effects.get(effect);
        let is_known = row.and_then(|row| {
            let message = tables.messages.get(&(row.address_id.clone(), row.position))?;
            message.known_at.filter(|known| *known < row.taken_at)
        });
        let problem = match row {
            _ if !asked_for => "was sent, and no committed turn asked for it",
            None => "was sent again after it was settled",
            Some(row) if row.state != EffectState::Leased => "was sent by somebody who has no lease on it",
            Some(_) if is_known.is_some() => "was sent again although a status had told what became of it",
            Some(_) => return,
        };
        drop(tables);
        self.world.violated(format!("the send {} {problem}", short(effect)));
    }

    /// Takes or refuses a message.
    fn receives(&self, received: Received, fate: Fate) -> Response {
        let mut seen = self.seen();
        let number = seen.requests.len();
        let effect = received.effect.clone();
        if received.refused {
            seen.refused.insert(effect.clone());
        }
        let answer = match fate {
            Fate::Fault => Response::new(500, &[("content-type", "text/html")], "<h1>Sorry</h1>"),
            Fate::Throttled => error(131_056),
            Fate::Overloaded => Response::new(503, &[("retry-after", "25")], "later"),
            Fate::Refused => error(131_026),
            _ => {
                let id = format!("wamid.{number}");
                seen.taken.insert(effect.clone(), id.clone());
                seen.words.insert(received.address.clone(), received.words.clone());
                let body = json!({ "messages": [{ "id": id }] }).to_string();
                Response::new(200, &[("content-type", "application/json")], body)
            }
        };
        let provider_id = received.taken.then(|| format!("wamid.{number}"));
        seen.requests.push(received);
        drop(seen);
        if let Some(provider_id) = provider_id {
            self.tell_states(&effect, &provider_id);
        }
        answer
    }

    /// Tells later, now and then twice, in any order, and perhaps never, what becomes of a message.
    fn tell_states(&self, effect: &str, provider_id: &str) {
        if !self.world.is_calm() && self.chance.per_mille(self.world.weather.statuses_lost) {
            return;
        }
        let Some(town) = self.town.get().and_then(Weak::upgrade) else { return };
        let fails = !self.world.is_calm() && self.chance.per_mille(self.world.weather.outside / 8);
        let last = if fails { DeliveryState::Failed } else { DeliveryState::Read };
        for state in [DeliveryState::Sent, DeliveryState::Delivered, last] {
            if state == DeliveryState::Delivered && fails {
                continue;
            }
            let times = if self.chance.per_mille(self.world.weather.twice) { 2 } else { 1 };
            for _ in 0..times {
                let status = Status {
                    workspace: WORKSPACE.to_owned(),
                    channel: WHATSAPP.to_owned(),
                    provider_id: provider_id.to_owned(),
                    effect: Some(EffectId::from(effect)),
                    state,
                    failure: (state == DeliveryState::Failed).then(undeliverable),
                    at: self.world.clock.now(),
                };
                let wait = self.chance.millis(50, 4_000);
                let town = Arc::clone(&town);
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    town.tell_status(status).await;
                });
            }
        }
    }

    /// Notes that Usher has acknowledged a status.
    pub fn told(&self, status: &Status) {
        let Some(effect) = &status.effect else { return };
        let mut seen = self.seen();
        let told = seen.told.entry(effect.to_string()).or_insert(DeliveryState::Pending);
        let known = [*told, status.state].contains(&DeliveryState::Failed);
        *told = if known { DeliveryState::Failed } else { (*told).max(status.state) };
    }
}

/// What the shop says of an order: always the same.
pub fn status_of(order: &str) -> &'static str {
    let sum: u32 = order.bytes().map(u32::from).sum();
    ["packed", "shipped", "lost", "delivered"][(sum % 4) as usize]
}

fn words(body: &Json) -> String {
    let text = body["text"]["body"].as_str().or_else(|| body["interactive"]["body"]["text"].as_str());
    text.unwrap_or_default().to_owned()
}

fn error(code: u32) -> Response {
    let body = json!({ "error": { "code": code, "message": "simulated" } }).to_string();
    Response::new(400, &[("content-type", "application/json")], body)
}

fn broken(sent: bool) -> Failure {
    Failure { kind: FailureKind::Unreachable, sent, message: "the connection broke".to_owned() }
}

fn undeliverable() -> SendFailure {
    SendFailure { reason: SendFailureReason::Undeliverable, code: None, message: "simulated".to_owned() }
}
