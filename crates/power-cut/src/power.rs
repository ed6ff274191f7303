//! The power of a disk, from when it is there until it is cut.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::Unsynced;
use crate::content::{Change, Content};

#[derive(Debug, Default)]
pub(crate) struct Power {
    files: BTreeMap<PathBuf, Content>,
    /// What became of what was not synced, once it is off.
    off: Option<Unsynced>,
    /// In place of which operation it is cut.
    cut_at: Option<(u64, Unsynced)>,
    operations: u64,
    /// Whether nothing is ever synced.
    lies: bool,
}

impl Power {
    pub(crate) fn new(lies: bool) -> Self {
        Self { lies, ..Self::default() }
    }

    pub(crate) fn cut(&mut self, unsynced: Unsynced) {
        self.off.get_or_insert(unsynced);
    }

    pub(crate) fn cut_at(&mut self, operation: u64, unsynced: Unsynced) {
        self.cut_at = Some((operation, unsynced));
    }

    pub(crate) fn is_off(&self) -> bool {
        self.off.is_some()
    }

    pub(crate) fn operations(&self) -> u64 {
        self.operations
    }

    /// Counts an operation that is to change a file; says whether the power lasts for it.
    pub(crate) fn lasts(&mut self) -> bool {
        if let Some((operation, unsynced)) = self.cut_at
            && operation <= self.operations
        {
            self.cut(unsynced);
        }
        self.operations += u64::from(!self.is_off());
        !self.is_off()
    }

    /// Learns what is on the disk of a file that is opened, where that is not known.
    pub(crate) fn opens(&mut self, path: &Path) {
        if !self.files.contains_key(path) {
            // There is none, if it is made only now.
            let found = std::fs::read(path).unwrap_or_default();
            self.files.insert(path.to_owned(), Content::synced(found));
        }
    }

    pub(crate) fn changes(&mut self, path: &Path, change: Change) {
        self.files.entry(path.to_owned()).or_default().change(change);
    }

    pub(crate) fn syncs(&mut self, path: &Path) {
        if !self.lies {
            self.files.entry(path.to_owned()).or_default().sync();
        }
    }

    pub(crate) fn deletes(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// Cuts the power, if it is there, and leaves the files as they are found afterwards. They are new ones: SQLite shares
    /// locks and memory between all in a process who have the same file open, and those of before are broken.
    pub(crate) fn leave_behind(&mut self) -> io::Result<()> {
        let unsynced = *self.off.get_or_insert(Unsynced::Lost);
        for (path, content) in &self.files {
            remove(path)?;
            std::fs::write(path, content.after_cut(unsynced))?;
            // Shared memory is no file that a machine would find.
            let mut shared_memory = OsString::from(path);
            shared_memory.push("-shm");
            remove(Path::new(&shared_memory))?;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
