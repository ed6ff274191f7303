//! Keeps a process up: opens one, and after its death the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use usher_server::runner::{self, Handle};
use usher_store::Hot;

use super::Plan;
use super::chance::Chance;
use super::faulty::FaultyStore;
use super::memory::MemoryStore;
use super::provider::Line;
use super::shop::Shop;
use super::town::{Process, Town};
use super::world::Life;

/// How long a send whose outcome is unknown waits for a status.
pub const UNKNOWN_WAIT: SignedDuration = SignedDuration::from_secs(8);

#[derive(Debug)]
pub struct House {
    pub shop: Arc<Shop>,
    pub store: Arc<MemoryStore>,
    pub town: Arc<Town>,
    pub plan: Plan,
    /// How many processes there were.
    pub lives: Arc<AtomicU64>,
}

/// The settings of a simulated process: as in earnest, with shorter waits.
pub fn settings() -> runner::Settings {
    let mut settings = runner::Settings::default();
    settings.dispatcher.unknown_wait = UNKNOWN_WAIT;
    settings.dispatcher.lease = SignedDuration::from_secs(60);
    settings.timers.due_every = Duration::from_millis(500);
    settings
}

impl House {
    /// Opens a process and waits for its end, again and again.
    pub async fn keep_up(self, chance: Chance) {
        let world = &self.town.world;
        let mut down_since = world.now();
        loop {
            let number = self.lives.fetch_add(1, Ordering::Relaxed) + 1;
            let life = Life::new(format!("p{number}"), world, chance.fork());
            self.live(&life, &chance, down_since).await;
            down_since = world.now();
            life.end();
            self.town.closes(&life);
            if chance.per_mille(500) {
                world.note(format_args!("the power is cut"));
                self.store.power_cut();
            }
            let down = match chance.below(10) {
                _ if world.is_calm() => Duration::from_millis(100),
                0..6 => chance.millis(10, 500),
                6..9 => chance.millis(500, 6_000),
                _ => chance.millis(9_000, 40_000),
            };
            tokio::time::sleep(down).await;
        }
    }

    /// Opens a process; returns when it is dead, or has stopped as it was told to.
    async fn live(&self, life: &Arc<Life>, chance: &Chance, down_since: i64) {
        let world = &self.town.world;
        let mutant = self.plan.mutant;
        let line = Line { provider: Arc::clone(&self.town.provider), life: Arc::clone(life), mutant };
        let core = self.shop.core(&world.clock, Arc::new(line));
        let inner: Arc<dyn Hot> = Arc::<MemoryStore>::clone(&self.store);
        let hot = Arc::new(FaultyStore::new(inner, Arc::clone(life), mutant));
        world.note(format_args!("{} opens", life.name));
        world.was_down(down_since);
        let opens_at = world.now();
        let opened = tokio::select! {
            biased;
            () = life.ended() => return,
            opened = Handle::open_over(&core, hot, settings()) => opened,
        };
        let room = match opened {
            Ok(room) => room,
            Err(error) => return world.note(format_args!("{} cannot open: {error}", life.name)),
        };
        self.shop.furnish(&room);
        world.was_down(opens_at);
        self.town.opens(Process { life: Arc::clone(life), room: room.clone() });
        // Whoever is about to stop takes nothing in any more.
        let stopping_since = AtomicI64::new(i64::MAX);
        let told_to_stop = async {
            if !chance.per_mille(200) {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(chance.millis(1_000, 90_000)).await;
            if world.is_calm() {
                std::future::pending::<()>().await;
            }
            world.note(format_args!("{} is told to stop", life.name));
            stopping_since.store(world.now(), Ordering::Relaxed);
            room.close(Duration::from_secs(10)).await;
            world.note(format_args!("{} has stopped", life.name));
        };
        tokio::select! {
            biased;
            () = life.ended() => {}
            () = told_to_stop => {}
        }
        let stopping_since = stopping_since.into_inner();
        if stopping_since < world.now() {
            world.was_down(stopping_since);
        }
    }
}
