//! How events and reports are written on the stream: `{"v":1,"events":[…]}` and `{"v":1,"reports":[…]}`.
//!
//! Items are written by those who accept them and joined by the packer as they are; each is read by itself, so that
//! one that cannot be read spoils no other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use usher_engine::event::SendFailure;
use usher_engine::id::{EffectId, SessionId};
use usher_engine::{Environment, Event};
use usher_store::{AddressKey, DeliveryState, InboundDetails, Profile, Status};

use super::{Envelope, Origin, Report, Told, Unread};
use crate::spans::Parent;

/// The version of the format; a message of another cannot be read.
const VERSION: u32 = 1;

/// What a message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Events,
    Reports,
}

impl Content {
    fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Reports => "reports",
        }
    }
}

/// Joins items, written before, to a message.
pub fn join(content: Content, items: &[Vec<u8>]) -> Vec<u8> {
    let head = format!("{{\"v\":{VERSION},\"{}\":[", content.name());
    let mut message = Vec::with_capacity(head.len() + 2 + items.iter().map(|item| item.len() + 1).sum::<usize>());
    message.extend_from_slice(head.as_bytes());
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            message.push(b',');
        }
        message.extend_from_slice(item);
    }
    message.extend_from_slice(b"]}");
    message
}

/// Writes an event as an item.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn write_event(envelope: &Envelope) -> serde_json::Result<Vec<u8>> {
    let key = &envelope.key;
    let (told, session) = match &envelope.origin {
        Origin::Channel(told) => (Some(WireTold::from(&**told)), None),
        Origin::Own(session) => (None, Some(session)),
    };
    serde_json::to_vec(&WireEvent {
        workspace: &key.workspace,
        environment: key.environment,
        channel: &key.channel,
        address: &key.address,
        at: envelope.at,
        event: &envelope.event,
        told,
        session,
        trace: envelope.led_by.written(),
    })
}

/// Writes a report as an item.
///
/// # Errors
///
/// It cannot be written as JSON.
pub fn write_report(report: &Report) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&match report {
        Report::Status(status) => WireReport::Status(WireStatus {
            workspace: status.workspace.clone(),
            channel: status.channel.clone(),
            provider_id: status.provider_id.clone(),
            effect: status.effect.clone(),
            state: status.state.into(),
            failure: status.failure.clone(),
            at: status.at,
        }),
        Report::Unread(unread) => WireReport::Unread(WireUnread {
            workspace: unread.key.workspace.clone(),
            environment: unread.key.environment,
            channel: unread.key.channel.clone(),
            problem: unread.problem.clone(),
            body: unread.body.clone(),
        }),
    })
}

/// Reads the events of a message. What cannot be read comes as [`Unread`], under the address that it names, if any.
pub fn read_events(message: &[u8]) -> Vec<Result<Envelope, Box<Unread>>> {
    read(message, Content::Events, |item| {
        let read: ReadEvent = serde_json::from_str(item)?;
        let origin = match (read.session, read.told) {
            (Some(session), _) => Origin::Own(session),
            (None, told) => Origin::Channel(Box::new(told.unwrap_or_default().into())),
        };
        let key = AddressKey {
            workspace: read.workspace,
            environment: read.environment,
            channel: read.channel,
            address: read.address,
        };
        let led_by = read.trace.as_deref().map(Parent::read).unwrap_or_default();
        Ok(Envelope { key, event: read.event, at: read.at, origin, led_by })
    })
}

/// Reads the reports of a message. What cannot be read comes as [`Report::Unread`].
pub fn read_reports(message: &[u8]) -> Vec<Report> {
    let read = read(message, Content::Reports, |item| {
        Ok(match serde_json::from_str(item)? {
            WireReport::Status(status) => Report::Status(Status {
                workspace: status.workspace,
                channel: status.channel,
                provider_id: status.provider_id,
                effect: status.effect,
                state: status.state.into(),
                failure: status.failure,
                at: status.at,
            }),
            WireReport::Unread(unread) => Report::Unread(Unread {
                key: key_of(unread.workspace, unread.environment, unread.channel),
                problem: unread.problem,
                body: unread.body,
            }),
        })
    });
    read.into_iter().map(|item| item.unwrap_or_else(|unread| Report::Unread(*unread))).collect()
}

fn read<T>(
    message: &[u8],
    content: Content,
    item: impl Fn(&str) -> serde_json::Result<T>,
) -> Vec<Result<T, Box<Unread>>> {
    let spoilt = |body: &[u8], problem: &str| {
        let named: Named = serde_json::from_slice(body).unwrap_or_default();
        Err(Box::new(Unread {
            key: key_of(named.workspace, named.environment.unwrap_or(Environment::Production), named.channel),
            problem: format!("a message on the stream cannot be read: {problem}"),
            body: String::from_utf8_lossy(body).into_owned(),
        }))
    };
    let packed: Packed = match serde_json::from_slice(message) {
        Ok(packed) => packed,
        Err(error) => return vec![spoilt(message, &error.to_string())],
    };
    let items = match content {
        Content::Events => packed.events,
        Content::Reports => packed.reports,
    };
    if packed.v != VERSION {
        let problem = format!("it is of version {}, this program reads {VERSION}", packed.v);
        return items.iter().map(|item| spoilt(item.get().as_bytes(), &problem)).collect();
    }
    items
        .into_iter()
        .map(|raw| item(raw.get()).or_else(|error| spoilt(raw.get().as_bytes(), &error.to_string())))
        .collect()
}

fn key_of(workspace: String, environment: Environment, channel: String) -> AddressKey {
    AddressKey { workspace, environment, channel, address: String::new() }
}

#[derive(Deserialize)]
struct Packed<'a> {
    v: u32,
    #[serde(default, borrow)]
    events: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    reports: Vec<&'a RawValue>,
}

/// What is looked for in an item that cannot be read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    workspace: String,
    environment: Option<Environment>,
    channel: String,
}

#[derive(Serialize)]
struct WireEvent<'a> {
    workspace: &'a str,
    environment: Environment,
    channel: &'a str,
    address: &'a str,
    at: Timestamp,
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<WireTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a SessionId>,
    /// What led to it, as W3C's `traceparent`; where no spans are kept it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
}

#[derive(Deserialize)]
struct ReadEvent {
    workspace: String,
    environment: Environment,
    channel: String,
    address: String,
    at: Timestamp,
    event: Event,
    told: Option<WireTold>,
    session: Option<SessionId>,
    trace: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WireTold {
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

impl From<&Told> for WireTold {
    fn from(told: &Told) -> Self {
        let Told { route, details, profile } = told.clone();
        Self {
            route,
            provider_id: details.provider_id,
            provider: details.provider,
            name: profile.name,
            phone: profile.phone,
            language: profile.language,
        }
    }
}

impl From<WireTold> for Told {
    fn from(told: WireTold) -> Self {
        Self {
            route: told.route,
            details: InboundDetails { provider_id: told.provider_id, provider: told.provider },
            profile: Profile { name: told.name, phone: told.phone, language: told.language },
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireReport {
    Status(WireStatus),
    Unread(WireUnread),
}

#[derive(Serialize, Deserialize)]
struct WireStatus {
    workspace: String,
    channel: String,
    provider_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effect: Option<EffectId>,
    state: WireState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<SendFailure>,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct WireUnread {
    workspace: String,
    environment: Environment,
    channel: String,
    problem: String,
    body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireState {
    Pending,
    Sent,
    Delivered,
    Read,
    Failed,
}

impl From<DeliveryState> for WireState {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Pending => Self::Pending,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Read => Self::Read,
            DeliveryState::Failed => Self::Failed,
        }
    }
}

impl From<WireState> for DeliveryState {
    fn from(state: WireState) -> Self {
        match state {
            WireState::Pending => Self::Pending,
            WireState::Sent => Self::Sent,
            WireState::Delivered => Self::Delivered,
            WireState::Read => Self::Read,
            WireState::Failed => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use usher_engine::EventKind;
    use usher_engine::event::SendFailureReason;
    use usher_engine::id::EventId;
    use usher_engine::message::Inbound;

    use super::*;

    fn key() -> AddressKey {
        AddressKey {
            workspace: "w1".into(),
            environment: Environment::Sandbox,
            channel: "whatsapp".into(),
            address: "27825550101".into(),
        }
    }

    fn message(text: &str) -> Envelope {
        Envelope {
            key: key(),
            event: Event {
                id: EventId::from("e1"),
                kind: EventKind::MessageReceived { message: Inbound::Text { text: text.into() } },
            },
            at: Timestamp::new(1_700_000_000, 123_456_789).unwrap(),
            origin: Origin::Channel(Box::new(Told {
                route: Some("orders".into()),
                details: InboundDetails { provider_id: Some("wamid.1".into()), provider: None },
                profile: Profile { name: Some("Ann \"A\"".into()), phone: None, language: Some("en".into()) },
            })),
            led_by: Parent::default(),
        }
    }

    fn own() -> Envelope {
        let kind = EventKind::TimerFired { timer: "wait".into(), generation: 2 };
        Envelope {
            event: Event { id: EventId::from("e2"), kind },
            origin: Origin::Own(SessionId::from("s1")),
            ..message("")
        }
    }

    fn pack(envelopes: &[Envelope]) -> Vec<u8> {
        let items: Vec<_> = envelopes.iter().map(|envelope| write_event(envelope).unwrap()).collect();
        join(Content::Events, &items)
    }

    #[test]
    fn events_come_back_as_they_were() {
        let events = [message("hello \u{1f44b}\n\0"), own(), message("")];
        let read: Result<Vec<_>, _> = read_events(&pack(&events)).into_iter().collect();
        assert_eq!(read.unwrap(), events);
        assert!(read_events(&pack(&[])).is_empty());
    }

    /// What is on a stream must be read by later versions: a change here needs a new version.
    #[test]
    fn the_format_never_changes() {
        let written = String::from_utf8(pack(&[message("hi"), own()])).unwrap();
        assert_eq!(
            written,
            concat!(
                r#"{"v":1,"events":["#,
                r#"{"workspace":"w1","environment":"sandbox","channel":"whatsapp","address":"27825550101","#,
                r#""at":"2023-11-14T22:13:20.123456789Z","#,
                r#""event":{"id":"e1","kind":{"type":"message_received","message":{"kind":"text","text":"hi"}}},"#,
                r#""told":{"route":"orders","provider_id":"wamid.1","name":"Ann \"A\"","language":"en"}},"#,
                r#"{"workspace":"w1","environment":"sandbox","channel":"whatsapp","address":"27825550101","#,
                r#""at":"2023-11-14T22:13:20.123456789Z","#,
                r#""event":{"id":"e2","kind":{"type":"timer_fired","timer":"wait","generation":2}},"session":"s1"}]}"#,
            )
        );
    }

    #[test]
    fn what_led_to_an_event_goes_with_it() {
        let written = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let event = Envelope { led_by: Parent::read(written), ..message("hi") };
        let packed = pack(std::slice::from_ref(&event));
        assert!(String::from_utf8_lossy(&packed).contains(written));
        assert_eq!(read_events(&packed)[0].as_ref().unwrap(), &event);
        // What is no place in a trace spoils nothing.
        let spoilt = String::from_utf8(packed).unwrap().replace(written, "moon");
        assert_eq!(read_events(spoilt.as_bytes())[0].as_ref().unwrap(), &message("hi"));
    }

    #[test]
    fn one_item_that_cannot_be_read_spoils_no_other() {
        let broken = br#"{"workspace":"w1","environment":"sandbox","channel":"whatsapp","event":{"type":"moon"}}"#;
        let packed = join(
            Content::Events,
            &[write_event(&message("a")).unwrap(), broken.to_vec(), write_event(&message("b")).unwrap()],
        );
        let read = read_events(&packed);
        assert!(read.len() == 3 && read[0].is_ok() && read[2].is_ok(), "{read:?}");
        let unread = read[1].as_ref().unwrap_err();
        assert_eq!((unread.key.workspace.as_str(), unread.key.channel.as_str()), ("w1", "whatsapp"));
        assert_eq!(unread.body.as_bytes(), broken);
    }

    #[test]
    fn what_is_no_message_of_ours_is_one_unread_thing() {
        for (body, why) in [
            (&b"\xff\x00 not json"[..], "expected"),
            (b"[]", "invalid"),
            (br#"{"v":9,"events":[{"workspace":"w1","channel":"c"}]}"#, "version 9"),
        ] {
            let read = read_events(body);
            assert_eq!(read.len(), 1);
            let unread = read[0].as_ref().unwrap_err();
            assert!(unread.problem.contains(why), "{}", unread.problem);
        }
        let deep = format!("{{\"v\":1,\"events\":[{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read_events(deep.as_bytes())[0].is_err(), "too deep to be read, but no harm done");
    }

    #[test]
    fn reports_come_back_as_they_were() {
        let reports = [
            Report::Status(Status {
                workspace: "w1".into(),
                channel: "whatsapp".into(),
                provider_id: "wamid.1".into(),
                effect: Some(EffectId::from("f1")),
                state: DeliveryState::Failed,
                failure: Some(SendFailure {
                    reason: SendFailureReason::Undeliverable,
                    code: Some("131026".into()),
                    message: "cannot be reached".into(),
                }),
                at: Timestamp::from_second(1_700_000_000).unwrap(),
            }),
            Report::Unread(Unread {
                key: AddressKey { address: String::new(), ..key() },
                problem: "there is no channel".into(),
                body: "{\"a\":1}".into(),
            }),
        ];
        let items: Vec<_> = reports.iter().map(|report| write_report(report).unwrap()).collect();
        assert_eq!(read_reports(&join(Content::Reports, &items)), reports);
        assert!(matches!(read_reports(b"oops")[..], [Report::Unread(_)]));
    }
}
