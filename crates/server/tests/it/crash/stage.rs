//! What every scenario begins and ends with: providers, contacts, and in the end the checker and the report.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::bounds::Bounds;
use super::chance::{self, Chance};
use super::checker;
use super::front::Front;
use super::load::Load;
use super::place::Place;
use super::providers::Providers;
use super::report::Report;
use super::servers::Server;
use super::shop;
use super::witness::Witness;
use crate::cli::Usher;

/// How long it takes until nothing is left to do, where that cannot be asked: longer than an unknown outcome waits.
const QUIET: Duration = Duration::from_secs(8);

/// A shop with contacts, and nobody serving yet.
pub struct Stage {
    scenario: &'static str,
    pub seed: u64,
    pub chance: Chance,
    pub witness: Arc<Witness>,
    pub providers: Providers,
    pub front: Front,
    pub usher: Usher,
    place: Place,
    bounds: Bounds,
    watch: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Stage {
    /// Sets a shop up over an empty database.
    pub async fn set(scenario: &'static str, usher: Usher, place: Place) -> Self {
        let seed = chance::seed();
        println!("{scenario}: {}={seed}", chance::SEED);
        let mut chance = Chance::new(seed);
        let witness = Arc::new(Witness::new());
        let mut providers = Providers::start().await;
        let usher = shop::with_secrets(place.told_to(usher));
        shop::set_up(&usher, &providers);
        let mut database = place.open(&usher).await;
        let [[door]] = <[[String; 1]; 1]>::try_from(database.rows("SELECT door FROM channels").await)
            .expect("there is one channel");
        let front = Front::new(&format!("/in/whatsapp/{door}"), &witness);
        providers.carry(&witness, &front, &mut chance);
        let watched = Arc::clone(&witness);
        let watch = tokio::spawn(async move { watched.watch_the_machine().await });
        let bounds = if let Place::Shared(..) = place { Bounds::SHARED } else { Bounds::ALONE };
        Self { scenario, seed, chance, witness, providers, front, usher, place, bounds, watch }
    }

    /// Returns a server of this shop.
    pub fn server(&self, name: &str) -> Server {
        Server::new(name, &self.usher.folder, &self.front, &self.witness, self.bounds.ready)
    }

    /// Returns the command that starts a server, but for its address.
    pub fn serve(&self, arguments: &[&str]) -> Command {
        let mut all = vec!["serve", "--allow-private", "127.0.0.0/8"];
        all.extend(arguments);
        self.usher.command(&all)
    }

    /// Lets contacts in.
    pub fn load(&mut self, contacts: u32) -> Load {
        let patience = self.bounds.patience;
        Load::start(contacts, &self.providers, &self.front, &self.witness, patience, &mut self.chance)
    }

    /// Waits until nothing is left to do. What still is in the end, the checker tells.
    pub async fn settle(&self) {
        if let Place::OnDisk(_) = self.place {
            // A copy of a database at work is of no use.
            tokio::time::sleep(QUIET).await;
            return;
        }
        let mut database = self.place.open(&self.usher).await;
        let give_up = tokio::time::Instant::now() + self.bounds.settled;
        loop {
            let on_stream = self.place.on_stream().await;
            if checker::left_to_do(&mut database).await + on_stream == 0 {
                return;
            }
            if tokio::time::Instant::now() > give_up {
                // Looked for here: a late status that comes while the servers stop stays there until their next start.
                if on_stream > 0 {
                    self.witness.fail(None, format!("{on_stream} messages are left on the stream"));
                }
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Checks everything, prints the report, and fails if anything was lost, done twice or out of order.
    pub async fn check(mut self) -> Report {
        let mut database = self.place.open(&self.usher).await;
        let seen = std::mem::take(&mut *self.witness.seen());
        let (figures, violations) = checker::check(&seen, &self.providers, &mut database, self.bounds).await;
        let refused = self.providers.graph.refused();
        assert!(refused.is_empty(), "Meta's stand-in refused {refused:?}");
        let report = Report::of(self.scenario, self.seed, &seen, figures);
        report.print();
        if !report.holds(&seen, &violations) {
            let folder = self.usher.keep();
            panic!("{}: see above; seed {}, data and log are kept in {}", self.scenario, self.seed, folder.display());
        }
        report
    }
}
