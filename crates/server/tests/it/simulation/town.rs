//! The processes of Usher that are up, and the doors at which webhooks come in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use usher_server::bus::{Envelope, Refused, Report};
use usher_server::runner::Handle;
use usher_store::Status;

use super::chance::Chance;
use super::mutants::Mutant;
use super::provider::Provider;
use super::stream::Stream;
use super::world::{Life, World};

#[derive(Debug)]
pub struct Town {
    pub world: Arc<World>,
    pub provider: Arc<Provider>,
    chance: Chance,
    mutant: Option<Mutant>,
    processes: Mutex<Vec<Process>>,
    /// What carries messages where several processes share the store.
    pub stream: Option<Stream>,
}

/// A process that is up.
#[derive(Debug, Clone)]
pub struct Process {
    pub life: Arc<Life>,
    pub room: Handle,
}

/// Why a webhook was not acknowledged.
#[derive(Debug)]
pub enum NotTaken {
    /// Nobody is there, or the connection broke.
    Nobody,
    Refused(#[expect(dead_code, reason = "shown in the record")] Refused),
}

impl Town {
    pub fn new(world: &Arc<World>, provider: &Arc<Provider>, chance: Chance, mutant: Option<Mutant>) -> Arc<Self> {
        let (world, provider) = (Arc::clone(world), Arc::clone(provider));
        let stream = (world.weather.processes > 1).then(|| Stream::new(&world, chance.fork(), mutant));
        let town = Arc::new(Self { world, provider, chance, mutant, processes: Mutex::default(), stream });
        town.provider.serves(&town);
        town
    }

    pub fn opens(&self, process: Process) {
        self.processes().push(process);
    }

    pub fn closes(&self, life: &Arc<Life>) {
        self.processes().retain(|process| !Arc::ptr_eq(&process.life, life));
    }

    fn processes(&self) -> MutexGuard<'_, Vec<Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a process that is up.
    pub fn anyone(&self) -> Option<Process> {
        let processes = self.processes();
        let up: Vec<&Process> = processes.iter().filter(|process| !process.life.is_over()).collect();
        (!up.is_empty()).then(|| (*self.chance.pick(&up)).clone())
    }

    /// Brings customers' messages to a door; returns once they are acknowledged or not.
    pub async fn bring(self: &Arc<Self>, events: Vec<Envelope>) -> Result<(), NotTaken> {
        let process = self.anyone().ok_or(NotTaken::Nobody)?;
        if let Some(stream) = &self.stream {
            return tokio::select! {
                biased;
                () = process.life.ended() => Err(NotTaken::Nobody),
                taken = stream.take(events, self) => taken.map_err(NotTaken::Refused),
            };
        }
        let room = process.room.clone();
        let accepted = async move { room.accept(events).await };
        if self.mutant == Some(Mutant::AcknowledgesBeforeTheCommit) {
            tokio::spawn(accepted);
            return Ok(());
        }
        tokio::select! {
            biased;
            () = process.life.ended() => Err(NotTaken::Nobody),
            accepted = accepted => accepted.map_err(NotTaken::Refused),
        }
    }

    /// Tells of a status until it is acknowledged.
    pub async fn tell_status(&self, status: Status) {
        loop {
            if let Some(process) = self.anyone() {
                let recorded = tokio::select! {
                    biased;
                    () = process.life.ended() => false,
                    recorded = process.room.report(vec![Report::Status(status.clone())]) => recorded.is_ok(),
                };
                if recorded {
                    self.provider.told(&status);
                    return;
                }
            }
            tokio::time::sleep(self.chance.millis(200, 5_000)).await;
        }
    }
}
