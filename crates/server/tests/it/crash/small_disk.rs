//! A small disk of the test's own, which can be filled to the last byte, or made read-only: a file system in memory,
//! mounted where only those see it who are sent there. It is gone with the last of them.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::is_root;

/// A mounted disk.
#[derive(Debug)]
pub struct SmallDisk {
    /// Keeps the namespace in which the disk is mounted.
    keeper: Child,
    at: PathBuf,
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It has ended already, or nobody is left to be told.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

impl SmallDisk {
    /// Mounts a disk of some MiB at a folder. Who is not root does it as the root of a namespace of users of their own.
    pub fn mount(at: &Path, mebibytes: u32) -> Self {
        Self::mount_for(None, at, mebibytes)
    }

    /// Mounts a disk that another user, by the numbers of user and group, sees from outside too.
    pub fn mount_for(user: Option<(u32, u32)>, at: &Path, mebibytes: u32) -> Self {
        std::fs::create_dir_all(at).expect("the folder can be made");
        let script = r#"mount -t tmpfs -o "size=$2m,mode=777" small-disk "$1" && echo mounted && shift 2 && exec "$@" sleep 3600"#;
        let mut command = Command::new("unshare");
        if !is_root() {
            command.arg("--map-root-user");
        }
        command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
        command.arg(at).arg(mebibytes.to_string());
        if let Some((user, group)) = user {
            // A process's view of the disks is open to who may look into the process.
            command.args(["setpriv", "--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
        }
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut keeper = spawned.expect("unshare is there: it comes with util-linux");
        let mut said = String::new();
        let output = keeper.stdout.take().expect("its output is read here");
        BufReader::new(output).read_line(&mut said).expect("its output is text");
        if said.trim() != "mounted" {
            let output = keeper.wait_with_output().expect("it ends");
            let problem = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            panic!(
                "this test needs a small disk of its own and cannot mount one: {problem}; run it as root, or where \
                 anybody may make namespaces (sysctl kernel.unprivileged_userns_clone)"
            );
        }
        Self { keeper, at: at.to_owned() }
    }

    /// Returns the words before a command that send it to where the disk is.
    pub fn sent_there(&self) -> Vec<String> {
        let keeper = self.keeper.id().to_string();
        let mut words = vec!["nsenter", "--target", &keeper, "--mount"];
        if !is_root() {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// Returns the disk's folder as it is seen from outside.
    pub fn seen_from_outside(&self) -> PathBuf {
        let root = format!("/proc/{}/root", self.keeper.id());
        Path::new(&root).join(self.at.strip_prefix("/").expect("the folder is named from the root on"))
    }

    /// Fills the disk to the last byte, what is freed on it meanwhile too.
    pub fn fill(&self) {
        let path = self.filling();
        fill(&mut File::create(&path).expect("a file can be made"));
        std::thread::spawn(move || {
            // Who frees the disk takes the file away.
            while let Ok(mut filling) = File::options().append(true).open(&path) {
                fill(&mut filling);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
    }

    /// Frees what was filled.
    pub fn free(&self) {
        std::fs::remove_file(self.filling()).expect("the file is there");
    }

    /// Takes nothing more, or takes it again. Nobody may have a file open to write meanwhile.
    pub fn set_read_only(&self, is_read_only: bool) {
        let words = self.sent_there();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(["mount", "-o", if is_read_only { "remount,ro" } else { "remount,rw" }]);
        let output = command.arg(&self.at).output().expect("mount is there");
        assert!(output.status.success(), "cannot remount: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn filling(&self) -> PathBuf {
        self.seen_from_outside().join("filling")
    }
}

/// Writes until nothing more fits on the disk.
fn fill(filling: &mut File) {
    let mut piece = vec![0; 1 << 20];
    loop {
        match filling.write(&piece) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull && piece.len() > 1 => piece.truncate(piece.len() / 2),
            Err(error) if error.kind() == ErrorKind::StorageFull => return,
            Err(error) => panic!("cannot fill the disk: {error}"),
        }
    }
}
