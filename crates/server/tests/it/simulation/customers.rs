//! Customers who write, twice where it suits them, and a provider who brings what they wrote until it is acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use usher_engine::id::EventId;
use usher_engine::message::Inbound;
use usher_engine::{Event, EventKind};
use usher_server::bus::{Envelope, Origin, Told};
use usher_server::spans::Parent;
use usher_store::{AddressKey, InboundDetails, Profile};

use super::chance::Chance;
use super::shop::{ENVIRONMENT, Shop, WEB, WHATSAPP, WORKSPACE};
use super::town::Town;

/// Everything that customers wrote.
#[derive(Debug, Default)]
pub struct Post {
    letters: Mutex<BTreeMap<String, Letter>>,
    under_way: AtomicUsize,
}

/// A customer's message on its way.
#[derive(Debug, Clone)]
pub struct Letter {
    pub key: AddressKey,
    pub words: String,
    /// Its number among those of this customer.
    pub number: u64,
    /// The step at which it was first brought, and the one at which it was first acknowledged.
    pub brought: u64,
    pub acknowledged: Option<u64>,
}

impl Post {
    pub fn letters(&self) -> MutexGuard<'_, BTreeMap<String, Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether everything that was written is acknowledged, and nobody tells it again.
    pub fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }
}

/// Somebody who writes.
#[derive(Debug)]
pub struct Customer {
    pub town: Arc<Town>,
    pub post: Arc<Post>,
    pub chance: Chance,
    pub channel: &'static str,
    pub address: String,
    pub written: u64,
}

impl Customer {
    /// Writes until the weather calms down.
    pub async fn live(mut self) {
        while !self.town.world.is_calm() {
            let wait = match self.chance.below(10) {
                0..3 => self.chance.millis(0, 60),
                3..8 => self.chance.millis(100, 4_000),
                8 => self.chance.millis(4_000, 25_000),
                _ => self.chance.millis(20_000, 110_000),
            };
            tokio::time::sleep(wait).await;
            let words = self.words();
            let brought = bring(self.letter(words), self.written, &self.town, &self.post, self.chance.fork());
            if self.chance.per_mille(600) {
                brought.await;
            } else {
                // Writes the next before this one is through.
                tokio::spawn(brought);
            }
        }
    }

    /// Says something that fits what was asked, mostly.
    fn words(&mut self) -> String {
        self.written += 1;
        let heard = self.town.provider.seen().words.get(&self.address).cloned().unwrap_or_default();
        let number = format!("{}{}", self.address.len(), self.written * 7 + self.chance.below(7));
        match self.chance.below(20) {
            0..2 => "bye".to_owned(),
            2 => "2".to_owned(),
            _ if heard.ends_with("number?") => number,
            3..9 if self.channel == WEB => number,
            _ => "1".to_owned(),
        }
    }

    fn letter(&self, words: String) -> Envelope {
        let provider_id = format!("{}.{}", self.address, self.written);
        let route = if self.channel == WEB { Some("orders-web".to_owned()) } else { None };
        Envelope {
            key: AddressKey {
                workspace: WORKSPACE.to_owned(),
                environment: ENVIRONMENT,
                channel: self.channel.to_owned(),
                address: self.address.clone(),
            },
            event: Event {
                id: EventId::of_message(&Shop::channel_id(self.channel), &provider_id),
                kind: EventKind::MessageReceived { message: Inbound::Text { text: words } },
            },
            at: self.town.world.clock.now(),
            origin: Origin::Channel(Box::new(Told {
                route,
                details: InboundDetails { provider_id: Some(provider_id), provider: None },
                profile: Profile { name: Some(format!("Customer {}", self.address)), ..Profile::default() },
            })),
            led_by: Parent::default(),
        }
    }
}

/// Brings a letter until it is acknowledged, and now and then once more after that.
fn bring(
    letter: Envelope,
    number: u64,
    town: &Arc<Town>,
    post: &Arc<Post>,
    chance: Chance,
) -> impl Future<Output = ()> + use<> {
    let (town, post) = (Arc::clone(town), Arc::clone(post));
    let id = letter.event.id.to_string();
    let words = match &letter.event.kind {
        EventKind::MessageReceived { message } => message.text().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let brought = town.world.step();
    town.world.note(format_args!("{} writes {words:?} ({})", letter.key.address, &id[..6]));
    let key = letter.key.clone();
    post.letters().insert(id, Letter { key, words, number, brought, acknowledged: None });
    post.under_way.fetch_add(1, Ordering::Relaxed);
    async move {
        bring_until_acknowledged(&letter, &town, &post, &chance).await;
        let twice = town.world.weather.twice;
        if !town.world.is_calm() && chance.per_mille(twice) {
            let (town, post) = (Arc::clone(&town), Arc::clone(&post));
            tokio::spawn(async move {
                tokio::time::sleep(chance.millis(0, 60_000)).await;
                town.world.meets("message: told again");
                let again = Envelope { at: town.world.clock.now(), ..letter };
                let _ = town.bring(vec![again]).await;
                post.under_way.fetch_sub(1, Ordering::Relaxed);
            });
        } else {
            post.under_way.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

async fn bring_until_acknowledged(letter: &Envelope, town: &Arc<Town>, post: &Post, chance: &Chance) {
    let world = &town.world;
    let id = letter.event.id.as_str();
    loop {
        let again = Envelope { at: world.clock.now(), ..letter.clone() };
        match town.bring(vec![again]).await {
            Ok(()) => {
                let step = world.step();
                world.note(format_args!("{} is acknowledged", &id[..6]));
                let mut letters = post.letters();
                let letter = letters.get_mut(id).expect("it was written down");
                letter.acknowledged = letter.acknowledged.or(Some(step));
                drop(letters);
                let lost = !world.is_calm() && chance.per_mille(world.weather.answer_lost);
                if !lost {
                    return;
                }
                world.meets("message: told again");
            }
            Err(refused) => world.note(format_args!("{} is not taken: {refused:?}", &id[..6])),
        }
        tokio::time::sleep(chance.millis(100, 6_000)).await;
    }
}

/// Makes the customers of a town.
pub fn all(town: &Arc<Town>, post: &Arc<Post>, chance: &Chance) -> Vec<Customer> {
    let of = |channel, address| {
        let (town, post, chance) = (Arc::clone(town), Arc::clone(post), chance.fork());
        Customer { town, post, chance, channel, address, written: 0 }
    };
    let phones = (0..chance.between(1, 6)).map(|n| of(WHATSAPP, format!("2782555010{n}"))).collect::<Vec<_>>();
    let browsers = (0..chance.below(3)).map(|n| of(WEB, format!("visitor-{n}"))).collect::<Vec<_>>();
    phones.into_iter().chain(browsers).collect()
}
