//! Holds a process to a share of a core, by a control group of its own. Needs root, or a control group that was given
//! to whoever runs the bench.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// The share is given out in slices of this length, so that nobody pauses for long.
const PERIOD: Duration = Duration::from_millis(10);

/// Where the first version of control groups has the CPU controller.
const CPU_ALONE: &str = "/sys/fs/cgroup/cpu";

/// A control group with one process; dropping it, once the process has left, removes it.
#[derive(Debug)]
pub struct Hold(PathBuf);

impl Hold {
    /// Holds the process to this share of a core from now on.
    pub fn new(process: u32, share: f64) -> Result<Self> {
        let hold = Self::make(process, share);
        hold.context(
            "cannot hold a process to a share of a core: this needs root and the CPU controller of control groups",
        )
    }

    fn make(process: u32, share: f64) -> Result<Self> {
        let parent = parent();
        if !is_first_version() {
            set(&parent.join("cgroup.subtree_control"), "+cpu")?;
        }
        let hold = Self(parent.join(format!("usher-bench.{process}")));
        std::fs::create_dir(&hold.0).with_context(|| format!("cannot make {}", hold.0.display()))?;
        let (quota, period) = (PERIOD.mul_f64(share).as_micros(), PERIOD.as_micros());
        if is_first_version() {
            set(&hold.0.join("cpu.cfs_period_us"), &period.to_string())?;
            set(&hold.0.join("cpu.cfs_quota_us"), &quota.to_string())?;
        } else {
            set(&hold.0.join("cpu.max"), &format!("{quota} {period}"))?;
        }
        set(&hold.0.join("cgroup.procs"), &process.to_string())?;
        Ok(hold)
    }

    /// Lets the process go on with all that it can get.
    pub fn release(self) -> Result<()> {
        if is_first_version() {
            set(&self.0.join("cpu.cfs_quota_us"), "-1")?;
        } else {
            set(&self.0.join("cpu.max"), "max")?;
        }
        for process in std::fs::read_to_string(self.0.join("cgroup.procs"))?.lines() {
            set(&parent().join("cgroup.procs"), process)?;
        }
        Ok(())
    }
}

/// Whether the CPU controller has a tree of its own, as in the first version of control groups.
fn is_first_version() -> bool {
    Path::new(CPU_ALONE).is_dir()
}

fn parent() -> &'static Path {
    Path::new(if is_first_version() { CPU_ALONE } else { "/sys/fs/cgroup" })
}

fn set(file: &Path, value: &str) -> Result<()> {
    std::fs::write(file, value).with_context(|| format!("cannot write {}", file.display()))
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Where the process is still in it, it stays, and is gone at the system's next start.
        let _ = std::fs::remove_dir(&self.0);
    }
}
