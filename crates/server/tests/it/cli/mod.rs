//! The command line: the built program, run as a script runs it.

mod apply;
mod people;
mod serve;
mod set_up;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::server::new_folder;

/// A data folder and the program to run on it.
pub struct Usher {
    pub folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Drop for Usher {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Usher {
    /// Makes a data folder with an empty database in it.
    pub fn new() -> Self {
        let usher = Self::bare();
        usher.run(&["migrate"]);
        usher
    }

    /// Makes an empty data folder.
    pub fn bare() -> Self {
        Self { folder: new_folder(), variables: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(arguments).env_clear().env("USHER_DATA", self.folder.join("data"));
        command.envs(self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command that works and returns what it prints.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        told(arguments, output)
    }

    /// Runs a command that works, with text on its standard input.
    #[track_caller]
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the program runs");
        child.stdin.take().expect("it has a standard input").write_all(input.as_bytes()).expect("it reads");
        told(arguments, child.wait_with_output().expect("the program ends"))
    }

    /// Runs a command that fails and returns what it says.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        assert!(!output.status.success(), "{arguments:?} worked");
        String::from_utf8(output.stderr).expect("what it says is text")
    }

    pub fn file(&self, name: &str, content: &str) -> String {
        shown(&crate::server::write(&self.folder, name, content))
    }
}

#[track_caller]
fn told(arguments: &[&str], output: Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} failed: {error}");
    String::from_utf8(output.stdout).expect("what it prints is text")
}

pub fn shown(path: &Path) -> String {
    path.to_str().expect("the path is text").to_owned()
}
