//! Looks over an installation from end to end, and says what to do.

mod backlog;
mod database;
mod machine;
mod outside;

use clap::Args;
use serde::Serialize;

use super::core;
use super::output::{self, Failure};
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Prints the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work, or loses something.
    Problem,
}

/// What was found of one thing.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    level: Level,
    subject: String,
    text: String,
}

impl Finding {
    fn ok(subject: &str, text: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject: subject.to_owned(), text: text.into() }
    }

    fn warning(subject: &str, text: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::ok(subject, text) }
    }

    fn problem(subject: &str, text: impl Into<String>) -> Self {
        Self { level: Level::Problem, ..Self::ok(subject, text) }
    }
}

impl Arguments {
    /// Looks at everything. It fails when there is a problem.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let configuration = options.resolve()?;
        let mut findings = machine::look(&configuration);
        let opened = database::open(&configuration, &mut findings).await;
        findings.extend(outside::nats(&configuration).await);
        findings.extend(outside::collector(&configuration).await);
        if opened {
            // Whoever gets here has a database of the right schema and a master key that can be read.
            let core = core::connect(configuration, 2).await?;
            findings.extend(database::secrets(&core).await?);
            findings.extend(outside::channels(&core).await?);
            findings.extend(outside::connections(&core).await?);
            findings.extend(backlog::look(&core).await?);
            core.store.close().await;
        }
        let problems = findings.iter().filter(|finding| finding.level == Level::Problem).count();
        if self.json {
            output::json(&findings)?;
        } else {
            for Finding { level, subject, text } in findings {
                let level = match level {
                    Level::Ok => "ok",
                    Level::Warning => "warning",
                    Level::Problem => "PROBLEM",
                };
                output::line(format_args!("{level:<8} {subject}: {text}"));
            }
        }
        match problems {
            0 => Ok(()),
            1 => Err(Failure::new("there is a problem to mend")),
            many => Err(Failure::new(format!("there are {many} problems to mend"))),
        }
    }
}

/// Writes bytes as people read them.
fn bytes(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 1000.0 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!([12, 1_500, 2_340_000_000].map(bytes), ["12 B", "1.5 kB", "2.3 GB"]);
    }
}
