//! Measures what a group commit costs: `cargo run --release -p usher-store --example commit_speed -- sqlite:/tmp/x.db`, and
//! if wanted how many contacts there are, how many turns to a commit, and how many commits are measured.
//!
//! Each round loads a batch of addresses, commits a turn on each (a message in, a message out, a call), and settles
//! what was asked for.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use usher_engine::change::{Change, Counted};
use usher_engine::effect::{Effect, EffectKind};
use usher_engine::environment::Environment;
use usher_engine::event::{Event, EventKind};
use usher_engine::id::{EventId, SessionId};
use usher_engine::message::{Inbound, Outbound};
use usher_engine::session::{Entry, Place, Session, Start, State, Wait};
use usher_store::{AddressKey, Hot, Lease, Loaded, Outcome, Result, Settlement, Store, TurnParts, TurnRecord};

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "sqlite:usher-speed.db".to_owned());
    let number = |place| std::env::args().nth(place).and_then(|number| number.parse::<usize>().ok());
    let (contacts, batch, rounds) = (number(2).unwrap_or(5_000), number(3).unwrap_or(100), number(4).unwrap_or(60));
    let store = Store::open(&address, 4).await?;
    store.migrate(at(0)).await?;
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..(contacts / batch + rounds) {
        let now = at(i64::try_from(round).unwrap_or(0));
        let keys: Vec<AddressKey> = (0..batch).map(|place| key((round * batch + place) % contacts)).collect();
        let started = Instant::now();
        let loaded = store.load(&keys).await?;
        let load = started.elapsed();
        let started = Instant::now();
        let (turns, effects) = turns(&loaded, round, now)?;
        let serialise = started.elapsed();
        let started = Instant::now();
        let lease = Lease { owner: "speed".to_owned(), until: now + SignedDuration::from_mins(1) };
        store.commit(turns, Some(&lease)).await?;
        let commit = started.elapsed();
        let started = Instant::now();
        let settlements = effects.into_iter().map(|effect| {
            let provider_id = Some(format!("wamid.{}", effect.id));
            Settlement { effect: effect.id, outcome: Outcome::Sent { provider_id, provider: None } }
        });
        store.settle(settlements.collect(), now).await?;
        // The first rounds make the contacts.
        if round >= contacts / batch {
            let settle = started.elapsed();
            times.iter_mut().zip([load, serialise, commit, settle]).for_each(|(times, time)| times.push(time));
        }
    }
    store.close().await;
    for (what, mut times) in ["load", "serialise", "commit", "settle"].into_iter().zip(times) {
        times.sort();
        println!("{what} of {batch}: median {:?}, 95th percentile {:?}", times[rounds / 2], times[rounds * 95 / 100]);
    }
    Ok(())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn key(number: usize) -> AddressKey {
    AddressKey {
        workspace: "0199b2c0-0000-7000-8000-000000000001".to_owned(),
        environment: Environment::Production,
        channel: "whatsapp-main".to_owned(),
        address: format!("2782{number:07}"),
    }
}

/// Makes a turn on each, as the engine would: a menu's answer, a text and a look at a stored variable.
fn turns(loaded: &[Loaded], round: usize, now: Timestamp) -> Result<(Vec<TurnRecord>, Vec<Effect>)> {
    let (mut turns, mut all) = (Vec::with_capacity(loaded.len()), Vec::new());
    for (number, loaded) in loaded.iter().enumerate() {
        let message = Inbound::Text { text: "Where is my order?".to_owned() };
        let event = Event {
            id: EventId::of_message("whatsapp-main", &format!("wamid.{round}.{number}")),
            kind: EventKind::MessageReceived { message },
        };
        let place = Place { workflow: "order-status".to_owned(), version: 3, node: 2 };
        let mut session = loaded.running().cloned().unwrap_or_else(|| {
            let entry = Entry { workflow: "order-status".to_owned(), node: None };
            Session::new(Start {
                id: SessionId(format!("{:016x}-{number:08}", now.as_millisecond())),
                environment: Environment::Production,
                channel: loaded.key.channel.clone(),
                channel_kind: "whatsapp".to_owned(),
                route: "orders".to_owned(),
                deployment: 1,
                entry,
                now,
            })
        });
        session.state = State::Waiting { wait: Wait::Reply { attempts: 0 } };
        session.place = Some(place.clone());
        session.expires_at = Some(now + SignedDuration::from_mins(10));
        session.step += 1;
        session.variables.insert("order".to_owned(), "shipped on the 3rd, expected within two days".into());
        let message = Outbound::text("Your order was shipped on the 3rd and should be with you within two days.");
        let effects = [Effect { id: event.id.effect(0), place: place.clone(), kind: EffectKind::Send { message } }];
        let left = Counted::Left { exit: "next".to_owned() };
        let changes = [Counted::Entered, left].map(|what| Change::Counted { place: place.clone(), what });
        let parts = TurnParts {
            loaded,
            event: &event,
            now,
            seed: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            engine: "0.1.0",
            session: &session,
            changes: &changes,
            effects: &effects,
            trace: &[],
            inbound: None,
            profile: None,
        };
        turns.push(TurnRecord::new(parts)?);
        all.extend(effects);
    }
    Ok((turns, all))
}
