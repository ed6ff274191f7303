//! What a webhook held, brought to where it belongs.

use std::sync::Arc;

use usher_connect::channels::{Delivery, Inbox, Received, Status, Unreadable};
use usher_engine::id::EventId;
use usher_engine::{Event, EventKind};
use usher_store::{AddressKey, DeliveryState, InboundDetails, Profile};

use crate::bus::{Envelope, Origin, Report, Told, Unread};
use crate::problem::Problem;
use crate::runner::Handle;
use crate::runner::configuration::{ChannelSetup, Door};
use crate::spans::{MESSAGES, Parent, Span};

/// Stores what a webhook held; returns when all of it is stored.
pub(super) async fn take(room: &Handle, door: &Door, inbox: Inbox, span: &mut Span) -> Result<(), Problem> {
    span.set(MESSAGES, inbox.messages.len() as i64);
    span.set("usher.statuses", inbox.statuses.len() as i64);
    let now = room.clock.now();
    door.setup.note_webhook(now);
    let metrics = &room.metrics.webhooks;
    metrics.messages.increment(inbox.messages.len() as u64);
    metrics.statuses.increment(inbox.statuses.len() as u64);

    let mut kept = inbox.kept;
    let mut envelopes = Vec::with_capacity(inbox.messages.len());
    for received in inbox.messages {
        match door.channel_of(&received.account) {
            Some(setup) => {
                setup.measures.received.increment(1);
                envelopes.push(envelope(door, setup, received, now, span.place()));
            }
            None => kept.push(stray(&received)),
        }
    }
    let mut states = Vec::with_capacity(inbox.statuses.len());
    for status in inbox.statuses {
        if let Some(setup) = door.channel_of(&status.account) {
            states.push(Report::Status(state(door, setup, status, now)));
        }
    }
    for problem in inbox.problems {
        let setup = problem.account.as_deref().and_then(|account| door.channel_of(account)).unwrap_or(&door.setup);
        setup.note_error(now, &problem.message);
    }
    for moved in inbox.moves {
        let setup = door.channel_of(&moved.account).unwrap_or(&door.setup);
        setup.note(now, "a customer has another number now; a new conversation begins there");
    }

    if !kept.is_empty() {
        metrics.unreadable.increment(1);
    }
    let reports = states.into_iter().chain(kept.into_iter().map(|unreadable| unread(door, unreadable, now))).collect();
    let (messages, reports) = tokio::join!(room.accept(envelopes), room.report(reports));
    messages?;
    reports?;
    Ok(())
}

fn unread(door: &Door, unreadable: Unreadable, at: jiff::Timestamp) -> Report {
    door.setup.note(at, &format!("a part of a webhook was kept unread: {}", unreadable.reason));
    let key = AddressKey {
        workspace: door.workspace.clone(),
        environment: door.setup.environment,
        channel: door.setup.key.clone(),
        address: String::new(),
    };
    let body = match unreadable.json {
        serde_json::Value::String(text) => text,
        json => json.to_string(),
    };
    Report::Unread(Unread { key, problem: unreadable.reason, body })
}

fn stray(received: &Received) -> Unreadable {
    Unreadable {
        reason: format!("a message is for `{}`, for which there is no channel in this environment", received.account),
        json: serde_json::json!({
            "id": received.provider_id,
            "account": received.account,
            "message": received.message,
        }),
    }
}

fn envelope(
    door: &Door,
    setup: &Arc<ChannelSetup>,
    received: Received,
    now: jiff::Timestamp,
    led_by: Parent,
) -> Envelope {
    Envelope {
        event: Event {
            id: EventId::of_message(&setup.id, &received.provider_id),
            kind: EventKind::MessageReceived { message: received.message },
        },
        key: AddressKey {
            workspace: door.workspace.clone(),
            environment: setup.environment,
            channel: setup.key.clone(),
            address: received.address,
        },
        at: now,
        origin: Origin::Channel(Box::new(Told {
            route: None,
            details: InboundDetails { provider_id: Some(received.provider_id), provider: None },
            profile: Profile { name: received.name, phone: received.phone, language: None },
        })),
        led_by,
    }
}

fn state(door: &Door, setup: &ChannelSetup, status: Status, now: jiff::Timestamp) -> usher_store::Status {
    usher_store::Status {
        workspace: door.workspace.clone(),
        channel: setup.key.clone(),
        provider_id: status.provider_id,
        effect: status.effect,
        state: match status.state {
            Delivery::Sent => DeliveryState::Sent,
            Delivery::Delivered => DeliveryState::Delivered,
            Delivery::Read | Delivery::Played => DeliveryState::Read,
            Delivery::Failed => DeliveryState::Failed,
        },
        failure: status.failure,
        at: status.at.unwrap_or(now),
    }
}
