//! This machine: folders, disk, key, clock, addresses.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use secrecy::SecretString;

use super::{Finding, bytes};
use crate::clock::Clock;
use crate::config::Configuration;
use crate::editor;
use crate::secrets::{Keys, VARIABLE};

/// The clock is surely wrong before this: a day before this program was written.
const WRITTEN: Timestamp = Timestamp::constant(1_763_000_000, 0);
/// Below so many bytes a disk is about to be full, and below so many it should be looked after.
const FULL: u64 = 500_000_000;
const SHORT: u64 = 5_000_000_000;

pub(super) fn look(configuration: &Configuration) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", format!("data in {}", configuration.data.display()))];
    findings.extend(folder(&configuration.data));
    findings.extend(disk(&configuration.data));
    findings.push(master_key(configuration));
    findings.push(clock());
    findings.extend(public_url(configuration));
    findings.push(if editor::is_built() {
        Finding::ok("editor", "in this binary")
    } else {
        Finding::warning("editor", "not in this binary; build it with scripts/web build, then the server again")
    });
    findings
}

fn folder(data: &Path) -> Option<Finding> {
    let metadata = std::fs::metadata(data).ok()?;
    let mode = metadata.permissions().mode() & 0o777;
    let shown = data.display();
    Some(if mode & 0o077 == 0 {
        Finding::ok("data folder", format!("{shown} is its owner's alone"))
    } else {
        let text = format!("{shown} can be looked into by others (mode {mode:o}); run `chmod 700 {shown}`");
        Finding::warning("data folder", text)
    })
}

/// Asks `df`, which every system has.
fn disk(data: &Path) -> Option<Finding> {
    let data = if data.exists() { data } else { Path::new(".") };
    let told = Command::new("df").arg("-Pk").arg(data).output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let free: u64 = told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    let free = free * 1024;
    let text = format!("{} free where {} is", bytes(free), data.display());
    Some(if free < FULL {
        Finding::problem("disk", format!("{text}; make room, or Usher stops taking messages"))
    } else if free < SHORT {
        Finding::warning("disk", format!("{text}; make room, or keep conversations for fewer days"))
    } else {
        Finding::ok("disk", text)
    })
}

fn master_key(configuration: &Configuration) -> Finding {
    let variable = std::env::var(VARIABLE).ok().map(SecretString::from);
    let file = &configuration.master_key_file;
    if variable.is_none() && !file.exists() {
        return Finding::warning("master key", format!("none yet; the first start makes {}", file.display()));
    }
    let from = if variable.is_some() { VARIABLE.to_owned() } else { file.display().to_string() };
    match Keys::load(variable.as_ref(), file) {
        Ok(keys) => {
            let id = &keys.current().id;
            Finding::ok("master key", format!("{id} from {from}; no backup holds it, so keep a copy elsewhere"))
        }
        Err(error) => Finding::problem("master key", error.to_string()),
    }
}

fn clock() -> Finding {
    let now = Clock::system().now();
    if now < WRITTEN {
        Finding::problem("clock", format!("{now} is in the past; set the machine's clock"))
    } else {
        Finding::ok("clock", now.to_string())
    }
}

fn public_url(configuration: &Configuration) -> Vec<Finding> {
    let url = &configuration.public_url;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let mut findings = vec![match (local, configuration.is_secure()) {
        (true, _) => {
            let text = format!("{url} is this machine alone; providers cannot send webhooks to it (--public-url)");
            Finding::warning("public URL", text)
        }
        (false, true) => Finding::ok("public URL", url.to_string()),
        (false, false) => {
            let text = format!("{url} is not https; passwords and webhooks would go in the clear");
            Finding::problem("public URL", text)
        }
    }];
    if !local && configuration.listen.ip().is_loopback() && configuration.trusted_proxies.is_empty() {
        let text = "none; behind a proxy, name its network with --trusted-proxies, or all clients look like one";
        findings.push(Finding::warning("trusted proxies", text));
    }
    findings
}
