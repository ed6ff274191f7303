use std::collections::VecDeque;

use clap::Args;
use usher_engine::Environment;
use usher_engine::message::{Inbound, Outbound};
use usher_engine::trace::{Level, Visit};
use usher_store::{JournalEntry, Message, Search, Transcript};

use super::core;
use super::output::{self, Failure};
use crate::config::Options;

/// The most messages and turns of one conversation that are shown.
const MOST: u32 = 10_000;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The id of a conversation; without one, the latest are listed.
    id: Option<String>,
    /// The workspace; may be left out where there is one.
    #[arg(long, value_name = "KEY")]
    workspace: Option<String>,
    /// Where: production or sandbox.
    #[arg(long, default_value = "production")]
    environment: Environment,
    /// A part of the contact's name, number or address, for the list.
    #[arg(long, default_value = "")]
    search: String,
    /// How many to list.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

impl Arguments {
    /// Lists conversations, or shows one with its transcript and trace.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        let desk = core::desk(&core, self.workspace.as_deref()).await?;
        let workspace = desk.workspace.id.clone();
        let Some(id) = self.id else {
            let search = Search {
                workspace,
                environment: self.environment,
                text: self.search,
                without_kind: Some("preview".to_owned()),
            };
            let mut rows = vec![["id", "began", "channel", "who", "workflow", "state"].map(str::to_owned).to_vec()];
            for found in core.store.conversations().list(&search, None, self.limit.clamp(1, 200)).await?.items {
                let state = found.end_reason.unwrap_or_else(|| "running".to_owned());
                let who = found.contact.name.unwrap_or(found.contact.address);
                rows.push(vec![
                    found.id.to_string(),
                    found.started_at.strftime("%F %T").to_string(),
                    found.key.channel,
                    who,
                    found.workflow,
                    state,
                ]);
            }
            output::table(&rows);
            return Ok(());
        };
        let found = core.store.conversations().get(&workspace, self.environment, &id, MOST).await?;
        let Some(Transcript { conversation, messages, journal, .. }) = found else {
            return Err(Failure::new(format!("there is no conversation {id} in {}", self.environment)));
        };
        let who = conversation.contact.name.as_deref().unwrap_or(&conversation.contact.address);
        output::line(format_args!("{} on {} by the route {}", who, conversation.key.channel, conversation.route));
        show(messages.into(), journal);
        match (conversation.ended_at, conversation.end_reason) {
            (Some(at), Some(reason)) => {
                let outcome = conversation.outcome.map(|outcome| format!(" ({outcome})")).unwrap_or_default();
                output::line(format_args!("{}  = ended: {reason}{outcome}", at.strftime("%T")));
            }
            _ => output::line("running"),
        }
        Ok(())
    }
}

/// Prints each turn's inbound message, what it did, and what it sent, in order.
fn show(mut messages: VecDeque<Message>, journal: Vec<JournalEntry>) {
    for turn in journal {
        // What came in opens the turn; what went out closes it. All are stored at the turn's time.
        while messages.front().is_some_and(|message| message.at <= turn.at && !message.outbound) {
            messages.pop_front().iter().for_each(show_message);
        }
        turn.visits.iter().for_each(show_visit);
        while messages.front().is_some_and(|message| message.at <= turn.at && message.outbound) {
            messages.pop_front().iter().for_each(show_message);
        }
    }
    messages.iter().for_each(show_message);
}

fn show_message(message: &Message) {
    let at = message.at.strftime("%T");
    if !message.outbound {
        let text = serde_json::from_value::<Inbound>(message.body.clone());
        let text = text.map(|inbound| inbound.text().map_or_else(|| format!("[{}]", inbound.kind()), str::to_owned));
        output::line(format_args!("{at}  > {}", text.unwrap_or_else(|_| "[unreadable]".to_owned())));
        return;
    }
    let text = serde_json::from_value::<Outbound>(message.body.clone()).map(|outbound| {
        let choices: Vec<String> = outbound.choices().iter().map(|(_, title)| format!("[{title}]")).collect();
        format!("{} {}", outbound.body(), choices.join(" "))
    });
    let text = text.unwrap_or_else(|_| "[unreadable]".to_owned());
    let state = message.state.map(|state| format!("  ({})", state.as_str())).unwrap_or_default();
    output::line(format_args!("{at}  < {}{state}", text.trim_end()));
    if let Some(error) = &message.error {
        output::line(format_args!("          ! {error}"));
    }
}

fn show_visit(visit: &Visit) {
    let place = &visit.place;
    let exit = visit.exit.as_ref().map_or_else(|| "waits".to_owned(), |exit| format!("-> {exit}"));
    output::line(format_args!(
        "          {} v{} {} {} {exit}",
        place.workflow, place.version, place.node, visit.r#type
    ));
    for set in &visit.sets {
        output::line(format_args!("            {} = {}", set.name, set.value));
    }
    for note in &visit.notes {
        let level = match note.level {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        output::line(format_args!("            {level}: {}", note.text));
    }
}
