//! Measures one server from its start to its end.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::conversation::STEPS;
use crate::load::{Load, Outcome, Target, put};
use crate::process::{Server, free_address};
use crate::report::Figures;
use crate::stand_in::StandIn;

/// How much to measure.
#[derive(Debug, Clone)]
pub struct Sizes {
    pub conversations: u32,
    pub at_once: u32,
    pub steady: u32,
    pub at_rest: u32,
    pub api_delay: Duration,
    pub limit: Duration,
}

impl Sizes {
    /// Conversations before anything is measured: connections, caches, files.
    fn warm_up(&self) -> u32 {
        self.conversations / 20 + 1
    }
}

/// A server that can be measured.
pub trait Subject {
    const NAME: &'static str;
    /// The share of the busy rate that it gets as its steady load.
    const STEADY_SHARE: f64 = 0.5;
    /// Prepares its folder, once.
    fn set_up(&self, folder: &Path, stand_in: SocketAddr) -> Result<()>;
    /// How it is started.
    fn command(&self, folder: &Path, address: SocketAddr, stand_in: SocketAddr) -> Command;
    /// Where it takes webhooks, now that it serves at the address.
    async fn path(&self, folder: &Path, address: SocketAddr) -> Result<String>;
}

pub async fn measure<S: Subject>(subject: &S, folder: &Path, sizes: &Sizes) -> Result<Figures> {
    ensure!(!folder.exists(), "{} is there already; name a new folder", folder.display());
    std::fs::create_dir_all(folder)?;
    let contacts = sizes.warm_up() + sizes.conversations + sizes.steady + sizes.at_rest;
    let stand_in = StandIn::start(contacts, sizes.api_delay).await?;
    let log = folder.join("log");
    subject.set_up(folder, stand_in.address)?;
    let start = async |address| Server::start(subject.command(folder, address, stand_in.address), address, &log).await;

    let server = start(free_address()?).await?;
    let ready_fresh = server.ready_after;
    let resident_idle = server.resident()?;
    let target = Target { address: server.address, path: subject.path(folder, server.address).await? };
    let mut first = 0;
    let mut part = async |count: u32, at_once, pace, steps| -> Result<Outcome> {
        let contacts = first..first + count;
        first += count;
        put(Load { contacts, at_once, pace, steps, limit: sizes.limit }, target.clone(), stand_in.clone()).await
    };

    eprintln!("{}: {} conversations, {} at a time", S::NAME, sizes.conversations, sizes.at_once);
    part(sizes.warm_up(), sizes.at_once, None, STEPS).await?;
    let cpu = server.cpu_seconds()?;
    let busy = part(sizes.conversations, sizes.at_once, None, STEPS).await?;
    let cpu_seconds = server.cpu_seconds()? - cpu;
    let resident_busy = server.resident()?;

    let steady_pace = (busy.conversations_per_second() * S::STEADY_SHARE).max(1.0);
    eprintln!("{}: {} conversations, {steady_pace:.0} begun per second", S::NAME, sizes.steady);
    let steady = part(sizes.steady, sizes.at_once.max(256), Some(steady_pace), STEPS).await?;

    let mut at_rest = None;
    if sizes.at_rest > 0 {
        eprintln!("{}: {} sessions left at rest", S::NAME, sizes.at_rest);
        let outcome = part(sizes.at_rest, sizes.at_once, None, 1).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        at_rest = Some((outcome, server.resident()?));
    }
    server.stop().await?;

    let server = start(free_address()?).await?;
    let ready_full = server.ready_after;
    server.stop().await?;

    let counts = stand_in.counts();
    Ok(Figures {
        name: S::NAME,
        busy,
        cpu_seconds,
        steady,
        steady_pace,
        resident_idle,
        resident_busy,
        at_rest,
        ready_fresh: ready_fresh.as_secs_f64() * 1_000.0,
        ready_full: ready_full.as_secs_f64() * 1_000.0,
        unexpected: counts.unexpected.load(Ordering::Relaxed),
        refused: counts.refused.load(Ordering::Relaxed),
    })
}
