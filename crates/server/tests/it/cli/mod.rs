//! The command line: the built program, run as a script runs it.

mod apply;
mod backup;
mod doctor;
mod people;
pub mod serve;
mod set_up;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::server::new_folder;

/// A data folder and the program to run on it.
pub struct Usher {
    pub folder: PathBuf,
    is_kept: bool,
    /// Words before the program, which send it to where it is to run.
    sent: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Drop for Usher {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
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
        Self { folder: new_folder(), is_kept: false, sent: Vec::new(), variables: Vec::new() }
    }

    /// Keeps the folder when the test is over, for people to look at; returns it.
    pub fn keep(&mut self) -> &Path {
        self.is_kept = true;
        &self.folder
    }

    /// Runs the program elsewhere, by these words before it.
    pub fn sent(mut self, words: Vec<String>) -> Self {
        self.sent = words;
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let words: Vec<&str> = self.sent.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_usher")]).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(arguments).env_clear().env("USHER_DATA", self.data());
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
