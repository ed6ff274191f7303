//! A disk under SQLite that loses what was not synced when its power is cut.
//!
//! Whatever this process's SQLite opens in the folder of a [`Disk`] goes on as ever, but what it writes and cuts off is on the
//! disk only once the file is synced. After [`Disk::cut`] nothing that is open there works any more, and nothing can be
//! opened, until [`Disk::restore`] leaves the files as a machine finds them when its power returns: with what was synced, and
//! as much of the rest as [`Unsynced`] says.
//!
//! Two things are kinder than real disks: a file that was made or deleted is so at once, without a sync of its folder; and
//! syncing costs nothing, since the files themselves only stand for the system's cache.

mod content;
mod power;
mod vfs;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use power::Power;

/// The folders that are on a disk, each with the power that it has.
static FOLDERS: Mutex<BTreeMap<PathBuf, Arc<Mutex<Power>>>> = Mutex::new(BTreeMap::new());

/// A disk that holds one folder, without those in it.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    lies: bool,
}

/// What becomes of what was not synced when the power is cut.
#[derive(Debug, Clone, Copy)]
pub enum Unsynced {
    /// All of it is lost.
    Lost,
    /// As much reached the disk as this seed has it: all up to somewhere, and of what came then some sectors.
    Torn { seed: u64 },
}

impl Disk {
    /// Puts a folder on a disk, before SQLite opens anything in it.
    pub fn under(folder: &Path) -> io::Result<Self> {
        Self::new(folder, false)
    }

    /// Puts a folder on a disk that says it has synced, and has not.
    pub fn that_lies_under(folder: &Path) -> io::Result<Self> {
        Self::new(folder, true)
    }

    fn new(folder: &Path, lies: bool) -> io::Result<Self> {
        vfs::register();
        let disk = Self { folder: folder.canonicalize()?, lies };
        disk.supply();
        Ok(disk)
    }

    fn supply(&self) {
        folders().insert(self.folder.clone(), Arc::new(Mutex::new(Power::new(self.lies))));
    }

    /// Cuts the power.
    pub fn cut(&self, unsynced: Unsynced) {
        lock(&self.power()).cut(unsynced);
    }

    /// Cuts the power in place of an operation that is yet to come, counted as [`Disk::operations`] does.
    pub fn cut_at(&self, operation: u64, unsynced: Unsynced) {
        lock(&self.power()).cut_at(operation, unsynced);
    }

    /// Returns how often a file was written, cut off, synced or deleted since the power is there.
    pub fn operations(&self) -> u64 {
        lock(&self.power()).operations()
    }

    /// Says whether the power was cut and has not returned.
    pub fn is_off(&self) -> bool {
        lock(&self.power()).is_off()
    }

    /// Lets the power return. What was open before stays broken; whoever has it may close it at any time.
    pub fn restore(&self) -> io::Result<()> {
        lock(&self.power()).leave_behind()?;
        self.supply();
        Ok(())
    }

    fn power(&self) -> Arc<Mutex<Power>> {
        Arc::clone(&folders()[&self.folder])
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        folders().remove(&self.folder);
    }
}

fn folders() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Mutex<Power>>>> {
    lock(&FOLDERS)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
