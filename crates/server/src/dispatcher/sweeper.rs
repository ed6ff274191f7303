//! Takes up effects that nobody has in hand: those of before the start, those put off, those of a process that died.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use super::{Dispatcher, Shared, lock};

/// Effects taken at a time.
const BATCH: u32 = 500;
/// Effects in hand beyond which nothing more is swept up.
const IN_HAND: usize = 20_000;

pub(super) fn start(shared: &Arc<Shared>) {
    tokio::spawn(run(Arc::downgrade(shared)));
}

async fn run(alive: Weak<Shared>) {
    loop {
        let Some(shared) = alive.upgrade() else { return };
        let mut stopping = shared.stopping.subscribe();
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => return,
            () = shared.sweep.notified() => {}
            () = tokio::time::sleep(shared.settings.sweep_every) => {}
        }
        let asked = shared.sweeps_asked.load(Ordering::Acquire);
        sweep(&shared).await;
        shared.sweeps_done.store(asked, Ordering::Release);
    }
}

async fn sweep(shared: &Arc<Shared>) {
    let now = shared.parts.clock.now();
    lock(&shared.health).tidy(now);
    while lock(&shared.in_hand).len() < IN_HAND {
        match shared.parts.store.due_effects(now, BATCH, &shared.lease()).await {
            Ok(effects) => {
                let taken = effects.len();
                Dispatcher(Arc::clone(shared)).take(effects);
                if taken < BATCH as usize {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for effects that are due; trying again");
                return;
            }
        }
    }
}
