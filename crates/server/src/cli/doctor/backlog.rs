//! What waits.

use usher_engine::Environment;
use usher_store::{Backlog, COUNTED};

use super::Finding;
use crate::actions::workspaces;
use crate::app::Core;
use crate::problem::Problem;

/// After how many seconds something that is due should have been taken up.
const LATE: i64 = 60;

pub(super) async fn look(core: &Core) -> Result<Vec<Finding>, Problem> {
    let now = core.clock.now();
    let all = core.store.backlog().count(None, now).await?;
    let about = core.store.conversations_about().await?;
    let mut findings = vec![Finding::ok("conversations", format!("about {about} are stored")), due(&all, now)];
    findings.push(if all.due_timers > 0 || all.own_events > 100 {
        let text = format!(
            "{} timers and {} answers wait for their turn; is a server running, with runners?",
            shown(all.due_timers),
            shown(all.own_events)
        );
        Finding::warning("turns", text)
    } else {
        Finding::ok("turns", "none waits")
    });
    for workspace in workspaces::all(core).await? {
        for environment in [Environment::Sandbox, Environment::Production] {
            let theirs = core.store.backlog().count(Some((&workspace.id, environment)), now).await?;
            findings.extend(set_aside(&format!("{}/{environment}", workspace.key), &theirs));
        }
    }
    Ok(findings)
}

fn due(all: &Backlog, now: jiff::Timestamp) -> Finding {
    let late = all.due_since.map_or(0, |since| now.duration_since(since).as_secs());
    let text = format!(
        "{} due, {} in hand, {} to be tried again, {} of which it is not known whether they were sent",
        shown(all.due_effects),
        shown(all.leased_effects),
        shown(all.retried_effects),
        shown(all.unknown_effects)
    );
    if late > LATE {
        let text = format!("{text}; the oldest is {late} s late: is a server running, with dispatchers?");
        Finding::problem("messages and calls", text)
    } else {
        Finding::ok("messages and calls", text)
    }
}

fn set_aside(whose: &str, theirs: &Backlog) -> Vec<Finding> {
    let mut findings = Vec::new();
    if theirs.dead_letters > 0 {
        let text = format!("{}; see them in the editor, try them again or remove them", shown(theirs.dead_letters));
        findings.push(Finding::warning(&format!("dead letters {whose}"), text));
    }
    if theirs.kept > 0 {
        let text = format!("{} webhooks or events could not be used; see them in the editor", shown(theirs.kept));
        findings.push(Finding::warning(&format!("kept {whose}"), text));
    }
    findings
}

/// Writes a count of which not everything is counted.
fn shown(count: u64) -> String {
    if count >= COUNTED { format!("{COUNTED} or more") } else { count.to_string() }
}
