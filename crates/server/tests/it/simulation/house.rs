//! Keeps a process up: opens one, and after its death the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use usher_server::runner::{self, Handle};
use usher_store::Hot;

use super::Plan;
use super::chance::Chance;
use super::faulty::FaultyStore;
use super::provider::Line;
use super::shop::Shop;
use super::town::{Process, Town};
use super::world::Life;

/// How long a send whose outcome is unknown waits for a status.
pub const UNKNOWN_WAIT: SignedDuration = SignedDuration::from_secs(8);

/// Within which time a process is told to stop, and how long it may take if the store is slow at the very end, in
/// milliseconds.
const WITHIN: Duration = Duration::from_secs(10);
const STOPS: i64 = 18_000;

/// A store whose machine can lose its power.
pub trait Machine: Hot {
    /// Cuts the power and lets it return; gives how many transactions were lost.
    fn power_cut(&self, chance: &Chance) -> usize;
}

#[derive(Debug)]
pub struct House {
    pub shop: Arc<Shop>,
    /// As processes see it where nothing goes wrong.
    pub store: Arc<dyn Machine>,
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
        loop {
            let number = self.lives.fetch_add(1, Ordering::Relaxed) + 1;
            let life = Life::new(format!("p{number}"), world, chance.fork());
            world.notes_who_is_there(|away, now| away.up.comes(now));
            self.live(&life, number, &chance).await;
            world.notes_who_is_there(|away, now| away.up.goes(now));
            life.end();
            self.town.closes(&life);
            if chance.per_mille(500) {
                world.meets("power cut");
                // What is drawn for it changes nothing else of the world.
                let lost = self.store.power_cut(&Chance::new(world.steps()));
                world.note(format_args!("the power is cut, and {lost} transactions are lost"));
                if lost > 0 {
                    world.meets("power cut: not synced");
                }
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
    async fn live(&self, life: &Arc<Life>, number: u64, chance: &Chance) {
        let world = &self.town.world;
        let mutant = self.plan.mutant;
        let line = Line { provider: Arc::clone(&self.town.provider), life: Arc::clone(life), mutant };
        let core = self.shop.core(&world.clock, number, Arc::new(line));
        let hot = Arc::new(FaultyStore::new(Arc::<dyn Machine>::clone(&self.store), Arc::clone(life), mutant));
        world.note(format_args!("{} opens", life.name));
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
        world.notes_who_is_there(|away, now| away.serving.comes(now));
        self.town.opens(Process { life: Arc::clone(life), room: room.clone() });
        let is_serving = AtomicBool::new(true);
        let serves_no_more = || {
            if is_serving.swap(false, Ordering::Relaxed) {
                world.notes_who_is_there(|away, now| away.serving.goes(now));
            }
        };
        let told_to_stop = async {
            if !chance.per_mille(200) {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(chance.millis(1_000, 90_000)).await;
            if world.is_calm() {
                std::future::pending::<()>().await;
            }
            world.meets("told to stop");
            world.note(format_args!("{} is told to stop", life.name));
            // Whoever is about to stop takes nothing in any more.
            serves_no_more();
            let told_at = world.now();
            room.close(WITHIN).await;
            world.note(format_args!("{} has stopped", life.name));
            let took = world.now() - told_at;
            if took > STOPS {
                world.violated(format!("{} took {took} ms to stop", life.name));
            }
        };
        tokio::select! {
            biased;
            () = life.ended() => {}
            () = told_to_stop => {}
        }
        serves_no_more();
    }
}
