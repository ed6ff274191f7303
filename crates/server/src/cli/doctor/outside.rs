//! What Usher speaks to: NATS, the collector of spans, channels, connected systems.

use std::time::Duration;

use usher_connect::http::{Client, Rules};
use usher_engine::Environment;
use usher_store::{Channel, ConnectionState};

use super::{Finding, bytes};
use crate::actions::workspaces;
use crate::app::Core;
use crate::bus::jetstream::{self, OpenError, Seen};
use crate::config::Configuration;
use crate::problem::Problem;
use crate::spans;

/// How long NATS may take to answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Looks at NATS, where it is configured.
pub(super) async fn nats(configuration: &Configuration) -> Vec<Finding> {
    let Some(nats) = &configuration.nats else { return Vec::new() };
    let servers = nats.servers.join(", ");
    match tokio::time::timeout(PATIENCE, jetstream::look(nats)).await {
        Ok(Ok(seen)) => stream(&servers, &nats.stream, &seen),
        Ok(Err(error @ OpenError::Unreachable { .. })) => {
            vec![Finding::problem("NATS", format!("{error}; start it, or correct --nats"))]
        }
        Ok(Err(error)) => vec![Finding::problem("NATS", error.to_string())],
        Err(_) => vec![Finding::problem("NATS", format!("{servers} does not answer within {} s", PATIENCE.as_secs()))],
    }
}

fn stream(servers: &str, name: &str, seen: &Seen) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("NATS", format!("{servers}, version {}", seen.version))];
    let Some(stream) = &seen.stream else {
        findings.push(Finding::warning(
            "stream",
            format!("`{name}` is not there yet; NATS has room for it, and the first start makes it"),
        ));
        return findings;
    };
    let text = format!("`{name}` holds {} messages, {}", stream.messages, bytes(stream.bytes));
    let limit = u64::try_from(stream.max_bytes).unwrap_or(u64::MAX);
    findings.push(if stream.bytes >= limit / 10 * 9 {
        let text = format!("{text} of {}: at its limit webhooks are refused; see what keeps the runners", bytes(limit));
        Finding::problem("stream", text)
    } else if stream.bytes >= limit / 2 {
        Finding::warning("stream", format!("{text} of {}: the runners are behind; start more of them", bytes(limit)))
    } else {
        Finding::ok("stream", text)
    });
    if stream.lagging > 0 {
        let text =
            format!("{} of {} copies are away or behind; look after those servers", stream.lagging, stream.replicas);
        findings.push(Finding::warning("stream copies", text));
    } else if stream.replicas == 1 {
        findings.push(Finding::warning(
            "stream copies",
            "one; it is lost with its server (--nats-replicas 3 in a cluster)",
        ));
    } else {
        findings.push(Finding::ok("stream copies", stream.replicas.to_string()));
    }
    findings
}

/// Looks at the collector of spans, where one is configured. Usher serves without it.
pub(super) async fn collector(configuration: &Configuration) -> Option<Finding> {
    let otlp = configuration.otlp.as_ref()?;
    let knocked = match Client::new(Rules::default()) {
        Ok(http) => spans::knock(otlp, &http).await,
        Err(error) => Err(error.to_string()),
    };
    let address = otlp.traces();
    Some(match knocked {
        Ok(()) => Finding::ok("collector", format!("{address} takes spans")),
        Err(problem) => {
            let text =
                format!("{address} takes no spans: {problem}; start it, or correct --otlp-endpoint and --otlp-headers");
            Finding::warning("collector", text)
        }
    })
}

/// Looks at every channel.
pub(super) async fn channels(core: &Core) -> Result<Vec<Finding>, Problem> {
    let mut findings = Vec::new();
    for workspace in workspaces::all(core).await? {
        for environment in [Environment::Sandbox, Environment::Production] {
            for channel in core.store.channels().list(&workspace.id, environment).await? {
                let subject = format!("channel {}/{environment}/{}", workspace.key, channel.key);
                findings.push(of_channel(&subject, &channel));
            }
        }
    }
    Ok(findings)
}

fn of_channel(subject: &str, channel: &Channel) -> Finding {
    let last = channel.last_webhook_at.map_or("no message yet".to_owned(), |at| format!("last message {at}"));
    // What came after an error shows that it is over.
    let error = channel.last_error_at.filter(|at| channel.last_webhook_at.is_none_or(|webhook| webhook <= *at));
    match (error, &channel.last_error) {
        (Some(at), Some(error)) => Finding::warning(subject, format!("{last}; last error {at}: {error}")),
        _ if channel.kind != "web_chat" && channel.verified_at.is_none() && channel.last_webhook_at.is_none() => {
            let text =
                "the provider has not checked its callback address yet; the channel's page shows what to enter there";
            Finding::warning(subject, text)
        }
        _ => Finding::ok(subject, last),
    }
}

/// Looks at every connection, by what its last test said.
pub(super) async fn connections(core: &Core) -> Result<Vec<Finding>, Problem> {
    let mut findings = Vec::new();
    for workspace in workspaces::all(core).await? {
        for environment in [Environment::Sandbox, Environment::Production] {
            for connection in core.store.connections().list(&workspace.id, environment).await? {
                let subject = format!("connection {}/{environment}/{}", workspace.key, connection.key);
                let message = connection.message.unwrap_or_default();
                findings.push(match connection.state {
                    ConnectionState::Failing => Finding::warning(&subject, format!("{message}; test it on its page")),
                    ConnectionState::Untested => Finding::ok(&subject, "not tested yet"),
                    ConnectionState::Working => Finding::ok(&subject, "it worked when it was last tested"),
                });
            }
        }
    }
    Ok(findings)
}
