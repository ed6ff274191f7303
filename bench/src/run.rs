//! One run: part after part, the results written after each, so that a part that fails takes none with it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::disk;
use crate::floor::Floor;
use crate::held;
use crate::measure::{Sizes, Subject, measure};
use crate::page;
use crate::peers::Peer;
use crate::results::{Figures, Machine, Results, Stored};
use crate::stored;
use crate::usher::Usher;

/// Processes of the cluster, and of the part that shows whether they add up.
const CLUSTERS: [usize; 3] = [1, 2, 4];
const HELD: [usize; 4] = [1, 2, 4, 8];
/// What is compared with each other is measured a second time, in the other order, and the mean taken: a machine that gets
/// slower or faster meanwhile, as one that is shared does, then does so for all of them.
const COMPARED: [Part; 4] = [Part::Floor, Part::Sqlite, Part::Cluster, Part::Stored];

#[derive(Debug, Args)]
pub struct Measure {
    /// Measures only these, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Everything, but a few seconds each and with fewer stored sessions: shows that it works, and little more.
    #[arg(long)]
    quick: bool,
    /// Seconds of each load.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Contacts that converse at a time.
    #[arg(long, default_value_t = 256)]
    at_once: u32,
    /// Milliseconds that the order API takes for an answer.
    #[arg(long, default_value_t = 0)]
    api_delay: u64,
    /// Numbers of stored sessions among which a turn's cost is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000, 1_000_000])]
    stored: Vec<u32>,
    /// The share of a core that held processes have.
    #[arg(long, default_value_t = 0.1)]
    share: f64,
    /// Where the results are written [default: bench/results/last.json].
    #[arg(long)]
    results: Option<PathBuf>,
    /// Adds to the results that are there, instead of beginning anew.
    #[arg(long)]
    add: bool,
    /// A new folder for databases and logs, which stay; otherwise one for temporary files, which is removed in the end.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The machine's own time for a flush.
    Disk,
    Floor,
    NodeRed,
    N8n,
    /// Usher on SQLite.
    Sqlite,
    /// Usher on PostgreSQL and NATS, with 1, 2 and 4 processes.
    Cluster,
    /// The floor, with delivery states.
    FloorStates,
    /// Usher on SQLite, with delivery states.
    SqliteStates,
    /// The cost of a turn by the number of stored sessions.
    Stored,
    /// Processes held to a share of a core each.
    Held,
}

pub fn last_results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results/last.json")
}

pub async fn run(arguments: Measure) -> Result<ExitCode> {
    let temporary = std::env::temp_dir().join(format!("usher-bench.{}", std::process::id()));
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.clone());
    std::fs::create_dir_all(&folder)?;
    let mut run = Run::new(arguments, folder)?;
    let began = Instant::now();
    tokio::select! {
        done = run.parts() => done?,
        () = interrupted() => {
            run.results.failed.insert("the rest".to_owned(), "the run was interrupted".to_owned());
            run.save()?;
        }
    }
    if run.arguments.folder.is_none() {
        // What is left of it is the system's to clean.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    println!("{}", page::overview(&run.results));
    println!("{:.0} s in all; the results are in {}", began.elapsed().as_secs_f64(), run.path.display());
    let complaints = run.results.complaints();
    for complaint in &complaints {
        println!("! {complaint}");
    }
    Ok(if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// A run under way.
struct Run {
    arguments: Measure,
    folder: PathBuf,
    sizes: Sizes,
    path: PathBuf,
    results: Results,
    /// What is measured now was measured before in this run.
    is_again: bool,
}

impl Run {
    fn new(arguments: Measure, folder: PathBuf) -> Result<Self> {
        let time = Duration::from_secs_f64(if arguments.quick { 2.0 } else { arguments.seconds.max(0.1) });
        let sizes = Sizes {
            time,
            warm_up: (time / 4).min(Duration::from_secs(5)),
            at_once: arguments.at_once.clamp(1, 4_096),
            api_delay: Duration::from_millis(arguments.api_delay),
            states: false,
        };
        let path = arguments.results.clone().unwrap_or_else(last_results);
        let results = if arguments.add { Results::read(&path)? } else { Results::default() };
        let results = Results { machine: Machine::here(), ..results };
        Ok(Self { arguments, folder, sizes, path, results, is_again: false })
    }

    fn save(&self) -> Result<()> {
        self.results.write(&self.path)
    }

    fn wants(&self, part: Part) -> bool {
        self.arguments.only.is_empty() || self.arguments.only.contains(&part)
    }

    async fn parts(&mut self) -> Result<()> {
        let wanted: Vec<_> = Part::value_variants().iter().copied().filter(|part| self.wants(*part)).collect();
        for part in &wanted {
            self.part(*part, CLUSTERS).await?;
        }
        let [one, two, four] = CLUSTERS;
        self.is_again = true;
        for part in wanted.into_iter().rev().filter(|part| COMPARED.contains(part)) {
            self.part(part, [four, two, one]).await?;
        }
        Ok(())
    }

    async fn part(&mut self, part: Part, clusters: [usize; 3]) -> Result<()> {
        match part {
            Part::Disk => {
                let disk = disk::probe(&self.folder, self.sizes.warm_up).await;
                self.note("disk", disk, |results, disk| results.disk = Some(disk))
            }
            Part::Floor => self.server(Floor::new("floor"), self.sizes.clone()).await,
            Part::NodeRed => self.peer(Peer::NodeRed).await,
            Part::N8n => self.peer(Peer::N8n).await,
            Part::Sqlite => self.sqlite("sqlite", self.sizes.clone()).await,
            Part::Cluster => self.clusters(clusters).await,
            Part::FloorStates => self.server(Floor::new("floor-states"), self.sizes.with_states()).await,
            Part::SqliteStates => self.sqlite("sqlite-states", self.sizes.with_states()).await,
            Part::Stored => self.stored().await,
            Part::Held => self.held().await,
        }
    }

    /// Takes what a part has measured into the results, or why it could not.
    fn note<T>(&mut self, name: &str, measured: Result<T>, take: impl FnOnce(&mut Results, T)) -> Result<()> {
        self.results.failed.remove(name);
        match measured {
            Ok(measured) => take(&mut self.results, measured),
            Err(error) => {
                eprintln!("{name} was not measured: {error:#}");
                self.results.failed.insert(name.to_owned(), format!("{error:#}"));
            }
        }
        self.save()
    }

    async fn server<S: Subject>(&mut self, mut subject: S, sizes: Sizes) -> Result<()> {
        let name = subject.name().to_owned();
        let folder = self.part_folder(&name);
        let measured = measure(&mut subject, &folder, &sizes).await;
        let is_again = self.is_again;
        self.note(&name, measured, |results, figures| take_figures(results, figures, is_again))?;
        self.clean(&folder);
        Ok(())
    }

    /// A folder for what is measured now.
    fn part_folder(&self, name: &str) -> PathBuf {
        self.folder.join(if self.is_again { format!("{name}-again") } else { name.to_owned() })
    }

    /// Databases of gigabytes need not lie about until the end.
    fn clean(&self, folder: &Path) {
        if self.arguments.folder.is_none() {
            // The whole folder is removed in the end.
            let _ = std::fs::remove_dir_all(folder);
        }
    }

    async fn peer(&mut self, peer: Peer) -> Result<()> {
        match peer.fetch(&self.folder.join(format!("fetch-{}.log", peer.name()))).await {
            Ok(()) => self.server(peer, self.sizes.clone()).await,
            Err(error) => self.note(peer.name(), Err(error), |_, ()| {}),
        }
    }

    async fn sqlite(&mut self, name: &str, sizes: Sizes) -> Result<()> {
        match Usher::on_sqlite(name) {
            Ok(subject) => self.server(subject, sizes).await,
            Err(error) => self.note(name, Err(error), |_, ()| {}),
        }
    }

    async fn clusters(&mut self, numbers: [usize; 3]) -> Result<()> {
        for processes in numbers {
            let name = format!("cluster-{processes}");
            let services = self.part_folder(&format!("{name}-services"));
            match Usher::on_services(&name, processes, &services).await {
                Ok(subject) => self.server(subject, self.sizes.clone()).await?,
                Err(error) => self.note(&name, Err(error), |_, ()| {})?,
            }
            self.clean(&services);
        }
        Ok(())
    }

    async fn stored(&mut self) -> Result<()> {
        let (mut numbers, conversations) = if self.arguments.quick {
            (vec![1_000, 20_000], 500)
        } else {
            (self.arguments.stored.clone(), stored::CONVERSATIONS)
        };
        if self.is_again {
            // All are compared with the first.
            numbers.truncate(1);
        }
        for sessions in numbers {
            let folder = self.part_folder(&format!("stored-{sessions}"));
            let measured = stored::measure(&folder, sessions, conversations, &self.sizes).await;
            let is_again = self.is_again;
            self.note(&format!("{sessions} stored sessions"), measured, |results, stored| {
                match results.stored.iter_mut().find(|other| other.sessions == stored.sessions) {
                    Some(first) if is_again => *first = Stored::mean(std::mem::take(first), stored),
                    Some(former) => *former = stored,
                    None => results.stored.push(stored),
                }
            })?;
            self.clean(&folder);
        }
        Ok(())
    }

    async fn held(&mut self) -> Result<()> {
        let folder = self.folder.join("held");
        let mut all = Vec::new();
        let measured =
            held::measure(&folder, &HELD, self.arguments.share, &self.sizes, &mut |held| all.push(held)).await;
        // Those that were measured count, whatever became of the next.
        self.note("held processes", measured, |_, ()| {})?;
        if !all.is_empty() {
            self.results.held = all;
        }
        self.save()?;
        self.clean(&folder);
        Ok(())
    }
}

fn take_figures(results: &mut Results, figures: Figures, is_again: bool) {
    match results.servers.iter_mut().find(|other| other.name == figures.name) {
        Some(first) if is_again => *first = Figures::mean(std::mem::take(first), figures),
        Some(former) => *former = figures,
        None => results.servers.push(figures),
    }
}
