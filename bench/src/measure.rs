//! Measures one server from its start to its end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::disk::Probe;
use crate::load::{Load, Outcome, Target, Who, put};
use crate::process::Process;
use crate::results::{Checks, Cpu, Figures, Phase, States, Written, rounded};
use crate::stand_in::StandIn;
use crate::states::Teller;

/// The share of the top rate that is the steady load.
const STEADY_SHARE: f64 = 0.5;

/// How much to measure.
#[derive(Debug, Clone)]
pub struct Sizes {
    /// Of each load.
    pub time: Duration,
    /// Before anything is measured: connections, caches, files.
    pub warm_up: Duration,
    /// Contacts that converse at a time.
    pub at_once: u32,
    pub api_delay: Duration,
    /// Whether delivery states are told.
    pub states: bool,
}

impl Sizes {
    pub fn with_states(&self) -> Self {
        Self { states: true, ..self.clone() }
    }
}

/// Servers that have been started, ready for load.
#[derive(Debug)]
pub struct Running {
    pub processes: Vec<Process>,
    pub target: Target,
    pub ready_after: Duration,
}

/// A server that can be measured.
pub trait Subject {
    /// By which the results know it.
    fn name(&self) -> &str;
    /// Contacts that converse at a time, at most.
    fn at_once(&self) -> u32 {
        u32::MAX
    }
    /// Whether its time is that of its disk.
    fn is_durable(&self) -> bool {
        true
    }
    /// Prepares its folder, and what it stands on.
    async fn prepare(&mut self, folder: &Path, stand_in: SocketAddr) -> Result<()>;
    async fn start(&mut self, folder: &Path, stand_in: SocketAddr) -> Result<Running>;
    /// What runs beside it.
    fn beside(&self) -> Vec<(&'static str, &Process)> {
        Vec::new()
    }
    /// What so many conversations have left behind, once it has stopped.
    async fn written(&self, _folder: &Path, _conversations: u32) -> Result<Option<Written>> {
        Ok(None)
    }
    /// How many messages were sent and how many of them are known to be read, once it has stopped.
    async fn read(&self, _folder: &Path) -> Result<(u64, u64)> {
        Ok((0, 0))
    }
    /// Stops what runs beside it.
    async fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

/// CPU seconds so far: of the servers, and of what runs beside them.
pub fn cpu<S: Subject>(subject: &S, running: &Running) -> Result<(f64, Vec<(&'static str, f64)>)> {
    let servers = running.processes.iter().map(Process::cpu_seconds).sum::<Result<f64>>()?;
    let beside = subject.beside().into_iter().map(|(name, process)| Ok((name, process.cpu_seconds()?)));
    Ok((servers, beside.collect::<Result<_>>()?))
}

/// Puts a load on it and reads its CPU time around it.
pub async fn put_and_read<S: Subject>(
    subject: &S,
    running: &Running,
    stand_in: &StandIn,
    load: Load,
) -> Result<(Outcome, Phase, Cpu)> {
    let (server_before, before) = cpu(subject, running)?;
    let outcome = put(load, running.target.clone(), stand_in.clone()).await?;
    let (server_after, after) = cpu(subject, running)?;
    let phase = Phase::from(&outcome);
    let beside = before.into_iter().zip(after);
    let beside = beside.map(|((name, was), (_, is))| (name.to_owned(), phase.per_thousand_turns(is - was)));
    let cpu = Cpu { server: phase.per_thousand_turns(server_after - server_before), beside: beside.collect() };
    Ok((outcome, phase, cpu))
}

/// The largest of the processes: now, and the most that one ever was.
pub fn memory(running: &Running) -> Result<(f64, f64)> {
    let mut largest = (0.0_f64, 0.0_f64);
    for process in &running.processes {
        let memory = process.memory()?;
        largest = (largest.0.max(memory.now), largest.1.max(memory.peak));
    }
    Ok((rounded(largest.0), rounded(largest.1)))
}

/// Waits for what is still under way, and tells what came to the stand-ins that should not have.
pub async fn finish_checks(checks: &mut Checks, stand_in: &StandIn) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    checks.unexpected = stand_in.counts().unexpected.load(Ordering::Relaxed);
    checks.refused = stand_in.counts().refused.load(Ordering::Relaxed);
}

pub fn new_folder(folder: &Path) -> Result<()> {
    ensure!(!folder.exists(), "{} is there already; name a new folder", folder.display());
    Ok(std::fs::create_dir_all(folder)?)
}

pub async fn measure<S: Subject>(subject: &mut S, folder: &Path, sizes: &Sizes) -> Result<Figures> {
    new_folder(folder)?;
    let stand_in = StandIn::start(sizes.api_delay).await?;
    subject.prepare(folder, stand_in.address).await?;
    let running = subject.start(folder, stand_in.address).await?;
    let teller = sizes.states.then(|| Teller::start(&running.target));
    if let Some(teller) = &teller {
        stand_in.tell_states(teller.clone());
    }
    let at_once = sizes.at_once.min(subject.at_once());
    let name = subject.name().to_owned();
    let mut figures = Figures {
        processes: running.processes.len(),
        idle_mib: memory(&running)?.0,
        ready_ms: rounded(running.ready_after.as_secs_f64() * 1_000.0),
        ..Figures::default()
    };
    let mut first = 0;
    let mut conversations = 0;
    let next = |time: Duration, pace: Option<f64>, first: u32| Load {
        who: Who::New { first },
        at_once,
        pace,
        limit: time,
        most: u32::MAX,
    };
    let mut count = |outcome: &Outcome, figures: &mut Figures| {
        first += outcome.taken;
        conversations += outcome.conversations + outcome.failed;
        figures.checks.add(outcome);
        first
    };

    let warm_up = put(next(sizes.warm_up, None, 0), running.target.clone(), stand_in.clone()).await?;
    let begun = count(&warm_up, &mut figures);
    eprintln!("{name}: {at_once} contacts at a time, for {} s", sizes.time.as_secs_f64());
    let (busy, phase, cpu) = put_and_read(subject, &running, &stand_in, next(sizes.time, None, begun)).await?;
    let begun = count(&busy, &mut figures);
    (figures.busy, figures.cpu) = (phase, cpu);

    let pace = (figures.busy.per_second * STEADY_SHARE).max(1.0);
    eprintln!("{name}: {:.0} conversations per second; now {pace:.0}", figures.busy.per_second);
    let steady = put(next(sizes.time, Some(pace), begun), running.target.clone(), stand_in.clone()).await?;
    let begun = count(&steady, &mut figures);
    figures.steady = Phase::from(&steady);
    if subject.is_durable() {
        let probe = Probe::start(folder, Duration::from_millis(5));
        let beside = put(next(sizes.warm_up, Some(pace), begun), running.target.clone(), stand_in.clone()).await?;
        count(&beside, &mut figures);
        figures.disk_beside = Some(probe.stop().await?);
    }

    if let Some(teller) = &teller {
        teller.finish().await;
    }
    finish_checks(&mut figures.checks, &stand_in).await;
    figures.peak_mib = memory(&running)?.1;
    for process in running.processes {
        process.stop().await?;
    }
    figures.written = subject.written(folder, conversations).await?;
    if let Some(teller) = teller {
        let (sent, read) = subject.read(folder).await?;
        let count = |of: &std::sync::atomic::AtomicU64| of.load(Ordering::Relaxed);
        let told = &teller.told;
        figures.states = Some(States {
            told: count(&told.done),
            refused: count(&told.refused),
            lost: count(&told.lost),
            read,
            sent,
        });
    }
    subject.finish().await?;
    figures.name = name;
    Ok(figures)
}
