//! The database: whether it answers, keeps what it is given, and opens its secrets.

use std::time::Duration;

use usher_store::{Error, Health, Store};

use super::{Finding, bytes};
use crate::actions::sealed;
use crate::app::Core;
use crate::clock::Clock;
use crate::config::Configuration;
use crate::problem::Problem;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How far the clocks of this machine and of the database may be apart, in milliseconds.
const APART: i64 = 2_000;
/// The connections that a server opens at most.
const POOL: u64 = 16;

/// Looks at the database; says whether it can be worked on.
pub(super) async fn open(configuration: &Configuration, findings: &mut Vec<Finding>) -> bool {
    let shown = configuration.shown_database();
    if configuration.is_sqlite() {
        let path = configuration.database.trim_start_matches("sqlite:").trim_start_matches("//");
        if !std::path::Path::new(path).exists() {
            findings.push(Finding::warning("database", format!("{shown} is not there yet; the first start makes it")));
            return false;
        }
    }
    let opened = tokio::time::timeout(PATIENCE, Store::open(&configuration.database, 1)).await;
    let store = match opened {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => {
            findings.push(Finding::problem("database", format!("{shown}: {error}; start it, or correct --database")));
            return false;
        }
        Err(_) => {
            let text =
                format!("{shown} does not answer within {} s; is it up, and reached from here?", PATIENCE.as_secs());
            findings.push(Finding::problem("database", text));
            return false;
        }
    };
    match store.health().await {
        Ok(health) => findings.extend(healthy(&shown, &health)),
        Err(error) => findings.push(Finding::problem("database", format!("{shown}: {error}"))),
    }
    let schema = store.check_schema().await;
    findings.push(match &schema {
        Ok(()) => Finding::ok("schema", "this program's"),
        Err(Error::Unavailable(_)) => Finding::problem("schema", "the database does not answer"),
        Err(error) => Finding::problem("schema", error.to_string()),
    });
    store.close().await;
    let key_is_read =
        !findings.iter().any(|finding| finding.subject == "master key" && finding.level == super::Level::Problem);
    schema.is_ok() && key_is_read
}

fn healthy(shown: &str, health: &Health) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("database", format!("{shown}, {}, {}", health.version, bytes(health.bytes)))];
    if health.is_read_only {
        findings.push(Finding::problem("database", "it only reads: it is a standby; name the primary in --database"));
    }
    for (name, value) in &health.settings {
        findings.push(lasting(name, value));
    }
    if let Some(now) = health.now {
        let apart = (now.as_millisecond() - Clock::system().now().as_millisecond()).abs();
        findings.push(if apart > APART {
            let text = format!("the database's is {apart} ms off this machine's; have both follow NTP");
            Finding::warning("clock", text)
        } else {
            Finding::ok("clock", "the database's agrees")
        });
    }
    if let Some((used, allowed)) = health.connections {
        let text = format!("{used} of {allowed} connections are in use; a server opens up to {POOL}");
        findings.push(if used + POOL > allowed {
            Finding::warning(
                "connections to the database",
                format!("{text}: raise max_connections before starting more"),
            )
        } else {
            Finding::ok("connections to the database", text)
        });
    }
    findings
}

/// Says whether what is committed lasts with a setting.
fn lasting(name: &str, value: &str) -> Finding {
    let subject = format!("database {name}");
    let lost = |what: &str| format!("{value}: {what}; set it to its default");
    match (name, value) {
        ("journal_mode", "wal")
        | ("synchronous", "full" | "extra")
        | ("fsync" | "full_page_writes", "on")
        | ("synchronous_commit", "on" | "remote_apply" | "remote_write") => Finding::ok(&subject, value),
        ("synchronous_commit", "local") => Finding::warning(&subject, lost("a standby may miss the last commits")),
        ("synchronous" | "synchronous_commit", _) => {
            Finding::problem(&subject, lost("messages that were acknowledged may be lost when power is"))
        }
        _ => Finding::problem(&subject, lost("the database may be damaged when power is lost")),
    }
}

/// Looks whether the master key opens what it should.
pub(super) async fn secrets(core: &Core) -> Result<Vec<Finding>, Problem> {
    let sealed = sealed::look(core).await?;
    let mut findings = Vec::new();
    if sealed.closed.is_empty() {
        findings.push(Finding::ok("secrets", format!("the master key opens all {}", sealed.all)));
    } else {
        let text = format!(
            "the master key does not open {} of {}: {}; add the old key after the new one, or enter them anew",
            sealed.closed.len(),
            sealed.all,
            sealed.closed.join(", ")
        );
        findings.push(Finding::problem("secrets", text));
    }
    if sealed.stale > 0 {
        let text = format!("{} are still sealed with an older key; run `usher reseal`", sealed.stale);
        findings.push(Finding::warning("secrets", text));
    }
    Ok(findings)
}
