//! What must be true of a world, whatever went wrong in it.
//!
//! Some promises are checked the moment they could be broken: the provider looks into the books before a send leaves.
//! The others are checked here, once everything has come to rest, by what three parties know apart from each other: the
//! customers (what was acknowledged), the store (what was committed), the provider (what was sent).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use usher_engine::EventKind;
use usher_engine::session::{State, Wait};
use usher_store::DeliveryState;

use super::absence::Away;
use super::customers::Post;
use super::faulty::short;
use super::memory::MemoryStore;
use super::memory::tables::{EffectState, Entry, Tables};
use super::provider::{Provider, Received, Seen, status_of};
use super::shop::SESSION_SECONDS;
use super::world::World;

/// How late a timer may be beside the time in which nobody served, in milliseconds.
const LATE: i64 = 30_000;

/// How late a turn may be without giving the time back, in milliseconds.
const TARDY: i64 = 5_000;

/// Says whether nothing is left to do.
pub fn is_at_rest(store: &MemoryStore) -> bool {
    let tables = store.tables();
    tables.effects.values().all(|row| row.due_at.is_none())
        && tables.own_events.is_empty()
        && tables.timers.is_empty()
        && tables.sessions.values().all(|session| session.row.ended_at.is_some())
}

/// Says what is left to do.
pub fn what_is_left(store: &MemoryStore, post: &Post) -> String {
    let tables = store.tables();
    let mut left = Vec::new();
    let mut open: Vec<_> = tables.effects.iter().filter(|(_, row)| row.due_at.is_some()).collect();
    open.sort_by_key(|(_, row)| (&row.address_id, row.position));
    for (id, row) in open {
        let (address, position) = (&row.key.address, row.position);
        left.push(format!(
            "effect {} ({address} {position}) {:?} due at {:?} waits for {:?}",
            short(id),
            row.state,
            row.due_at,
            row.waits_for
        ));
    }
    for own in tables.own_events.values() {
        left.push(format!("event {:?}", own.0.event.kind));
    }
    for ((session, name), timer) in &tables.timers {
        left.push(format!("timer {name} of {session} due at {}", timer.due));
    }
    for session in tables.sessions.values().filter(|session| session.row.ended_at.is_none()) {
        let state = serde_json::from_str::<usher_engine::Session>(&session.row.state).map(|session| session.state);
        left.push(format!("session at {} expires {:?}: {state:?}", session.key.address, session.row.expires_at));
    }
    for letter in post.letters().values().filter(|letter| letter.acknowledged.is_none()) {
        left.push(format!("a message of {} is not acknowledged", letter.key.address));
    }
    left.truncate(12);
    left.join("; ")
}

/// Checks everything that can be checked in the end.
pub fn check(world: &World, store: &MemoryStore, provider: &Provider, post: &Post) {
    let tables = store.tables();
    let seen = provider.seen();
    let journal = Journal::read(&tables);
    let away = world.away();
    let mut broken = Vec::new();
    every_accepted_message_is_handled_once(&journal, post, &mut broken);
    every_event_is_handled_once(&journal, &mut broken);
    turns_stand_on_each_other(&journal, &mut broken);
    messages_of_a_contact_are_handled_in_order(&journal, post, &mut broken);
    transcripts_are_whole(&tables, &journal, &mut broken);
    no_effect_is_lost(&tables, &journal, &seen, &mut broken);
    sends_arrive_in_order(&journal, &seen, &mut broken);
    the_same_send_is_the_same(&tables, &seen, &mut broken);
    replies_are_right(&seen, &mut broken);
    timers_are_neither_early_nor_lost(&journal, &away, &mut broken);
    sessions_last_as_long_as_they_should(&journal, &away, &mut broken);
    nobody_waits_for_what_has_come(&tables, &mut broken);
    statuses_are_kept(&tables, &seen, &mut broken);
    statistics_add_up(&tables, &journal, &mut broken);
    drop((tables, seen));
    for what in broken {
        world.violated(what);
    }
}

type Broken = Vec<String>;

/// The committed turns, read.
struct Journal {
    turns: Vec<(Entry, EventKind)>,
}

impl Journal {
    fn read(tables: &Tables) -> Self {
        let read = |entry: &Arc<Entry>| {
            let event: usher_engine::Event = serde_json::from_str(&entry.event).expect("the runner wrote it");
            (Entry::clone(entry), event.kind)
        };
        Self { turns: tables.journal.iter().map(read).collect() }
    }

    /// Returns the turns of each session, in the order of their commits.
    fn sessions(&self) -> BTreeMap<&str, Vec<&(Entry, EventKind)>> {
        let mut sessions: BTreeMap<&str, Vec<&(Entry, EventKind)>> = BTreeMap::new();
        for turn in &self.turns {
            sessions.entry(&turn.0.session.id).or_default().push(turn);
        }
        sessions
    }

    fn effects(&self) -> impl Iterator<Item = (&Entry, &usher_store::EffectRow)> {
        self.turns.iter().flat_map(|(entry, _)| entry.effects.iter().map(move |effect| (entry, effect)))
    }
}

fn every_accepted_message_is_handled_once(journal: &Journal, post: &Post, broken: &mut Broken) {
    let mut handled: BTreeMap<&str, usize> = BTreeMap::new();
    for (entry, _) in &journal.turns {
        *handled.entry(&entry.event_id).or_default() += 1;
    }
    for (id, letter) in post.letters().iter().filter(|(_, letter)| letter.acknowledged.is_some()) {
        let times = handled.get(id.as_str()).copied().unwrap_or(0);
        if times != 1 {
            broken.push(format!(
                "the message {:?} of {} ({}) was acknowledged and handled {times} times",
                letter.words,
                letter.key.address,
                &id[..6]
            ));
        }
    }
}

fn every_event_is_handled_once(journal: &Journal, broken: &mut Broken) {
    let mut handled = BTreeSet::new();
    for (entry, kind) in &journal.turns {
        if !handled.insert(&entry.event_id) {
            broken.push(format!("a second turn was committed on {} ({kind:?})", &entry.event_id[..6]));
        }
    }
}

fn turns_stand_on_each_other(journal: &Journal, broken: &mut Broken) {
    for (session, turns) in journal.sessions() {
        let versions: Vec<i64> = turns.iter().map(|(entry, _)| entry.session.version).collect();
        if versions != (1..=versions.len() as i64).collect::<Vec<_>>() {
            broken.push(format!("the turns of session {session} are not one on top of the other: {versions:?}"));
        }
    }
}

/// What was acknowledged before the next was brought is handled before it.
fn messages_of_a_contact_are_handled_in_order(journal: &Journal, post: &Post, broken: &mut Broken) {
    let letters = post.letters();
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    for (entry, _) in &journal.turns {
        let Some(letter) = letters.get(&entry.event_id) else { continue };
        let brought = latest.entry(&entry.address_id).or_default();
        if letter.acknowledged.is_some_and(|acknowledged| acknowledged < *brought) {
            broken.push(format!("{:?} of {} was handled after one that came later", letter.words, letter.key.address));
        }
        *brought = letter.brought.max(*brought);
    }
}

fn transcripts_are_whole(tables: &Tables, journal: &Journal, broken: &mut Broken) {
    let mut next: BTreeMap<&str, i64> = BTreeMap::new();
    for (address, position) in tables.messages.keys() {
        let next = next.entry(address).or_insert(1);
        if position != next {
            broken.push(format!("the transcript at {address} has {position} where {next} should be"));
        }
        *next = position + 1;
    }
    let heard = tables.messages.values().filter(|message| !message.outbound).count();
    let told = journal.turns.iter().filter(|(_, kind)| matches!(kind, EventKind::MessageReceived { .. })).count();
    if heard != told {
        broken.push(format!("{told} messages were handled, and the transcripts hold {heard}"));
    }
}

/// Every effect of a committed turn was carried out, or given up for a reason that the provider gave.
fn no_effect_is_lost(tables: &Tables, journal: &Journal, seen: &Seen, broken: &mut Broken) {
    for (entry, effect) in journal.effects().filter(|(_, effect)| effect.kind == "send") {
        let message = tables.messages.get(&(entry.address_id.clone(), effect.position));
        let state = message.and_then(|message| message.state).unwrap_or(DeliveryState::Pending);
        let on_whatsapp = entry.session.channel_kind == "whatsapp";
        let was_taken = seen.taken.contains_key(&effect.id);
        let problem = match state {
            DeliveryState::Pending => Some("was never carried out"),
            DeliveryState::Failed if !was_taken && !seen.refused.contains(&effect.id) && on_whatsapp => {
                Some("was given up although nobody had refused it")
            }
            DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Read if on_whatsapp && !was_taken => {
                Some("counts as sent, and the provider never took it")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            broken.push(format!("the send {} {problem}", short(&effect.id)));
        }
    }
    let answered: BTreeSet<&str> = journal
        .turns
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::CallAnswered { effect, .. } => Some(effect.as_str()),
            _ => None,
        })
        .collect();
    for (entry, effect) in journal.effects().filter(|(_, effect)| effect.kind == "call") {
        let last = journal.turns.iter().rev().find(|(later, _)| later.session.id == entry.session.id);
        let was_ended = last.is_some_and(|(last, _)| last.session.end_reason == Some("not_delivered"));
        if !answered.contains(effect.id.as_str()) && !was_ended {
            broken.push(format!("the call {} never had an answer", short(&effect.id)));
        }
    }
}

/// What is not over never comes to the provider after what was asked for later at the same address. What is may come once
/// more: a lane goes on when the provider has taken a message or refused it, and the note of that may be lost.
fn sends_arrive_in_order(journal: &Journal, seen: &Seen, broken: &mut Broken) {
    let positions: BTreeMap<&str, i64> =
        journal.effects().map(|(_, effect)| (effect.id.as_str(), effect.position)).collect();
    let mut furthest: BTreeMap<&str, (i64, &Received)> = BTreeMap::new();
    let mut over: BTreeSet<&str> = BTreeSet::new();
    for request in &seen.requests {
        let Some(&position) = positions.get(request.effect.as_str()) else { continue };
        match furthest.get(request.address.as_str()) {
            Some(_) if over.contains(request.effect.as_str()) => {}
            Some((far, later)) if *far > position => broken.push(format!(
                "{} ({:?}) came to {} after {} ({:?}), which was asked for later",
                short(&request.effect),
                request.words,
                request.address,
                short(&later.effect),
                later.words
            )),
            _ => {
                furthest.insert(&request.address, (position, request));
            }
        }
        if request.taken || request.refused {
            over.insert(&request.effect);
        }
    }
}

/// What is sent twice under one id is the same, and nobody is at it again before what became of it could be known; but who
/// was buried alive may still be at it.
fn the_same_send_is_the_same(tables: &Tables, seen: &Seen, broken: &mut Broken) {
    let mut before: BTreeMap<&str, &Received> = BTreeMap::new();
    for request in &seen.requests {
        if let Some(first) = before.get(request.effect.as_str()) {
            if (&first.address, &first.words) != (&request.address, &request.words) {
                broken.push(format!(
                    "{} was sent as {:?} and as {:?}",
                    short(&request.effect),
                    first.words,
                    request.words
                ));
            }
            let waited = request.left_at - first.at;
            let is_buried = first.owner.as_ref().is_some_and(|owner| tables.buried.contains(owner));
            if first.taken && waited < 4_000 && !is_buried {
                broken
                    .push(format!("{} was sent again {waited} ms after the provider took it", short(&request.effect)));
            }
        }
        before.insert(&request.effect, request);
    }
}

/// An answer tells of the order that was asked for.
fn replies_are_right(seen: &Seen, broken: &mut Broken) {
    for request in &seen.requests {
        let Some(told) = request.words.strip_prefix("Order ") else { continue };
        let Some((order, status)) = told.split_once(" is ") else { continue };
        if status.trim_end_matches('.') != status_of(order) {
            broken.push(format!("{} was told that {:?}", request.address, request.words));
        }
    }
}

fn timers_are_neither_early_nor_lost(journal: &Journal, away: &Away, broken: &mut Broken) {
    for (session, turns) in journal.sessions() {
        // The generation, and from when it was set for when.
        let mut set: Option<(u32, i64, i64)> = None;
        for (entry, kind) in &turns {
            if let EventKind::TimerFired { generation, .. } = kind {
                if let Some((newest, since, due)) = set
                    && newest == *generation
                {
                    let early = away.due(since, due) - entry.committed_at.min(entry.at);
                    if early > 0 {
                        broken.push(format!("a timer of session {session} fired {early} ms early"));
                    }
                }
            } else if let Some((_, since, due)) = set
                && let late = away.lateness(due, entry.at)
                && late > LATE
            {
                let set = entry.at - since;
                broken.push(format!("a timer of session {session} was {late} ms late, {set} ms after it was set"));
            }
            if let Some(timer) = entry.timers.values().last() {
                set = timer.as_ref().map(|timer| (timer.generation, entry.committed_at, timer.due));
            }
            if let EventKind::TimerFired { generation, .. } = kind
                && set.is_some_and(|(newest, ..)| newest == *generation)
            {
                set = None;
            }
        }
    }
}

/// A session ends by silence only when the customer was silent for its whole length, time without Usher left out.
fn sessions_last_as_long_as_they_should(journal: &Journal, away: &Away, broken: &mut Broken) {
    for (session, turns) in journal.sessions() {
        let mut heard = 0;
        for (entry, kind) in turns {
            match kind {
                EventKind::MessageReceived { .. } => heard = entry.at,
                // One that came too late, after a message that was sent in time, changes nothing.
                EventKind::SessionExpired if entry.session.ended_at.is_some() => {
                    let due = away.due(heard, heard + SESSION_SECONDS * 1_000);
                    let early = due - TARDY - entry.at;
                    if early > 0 || entry.committed_at < entry.at {
                        broken
                            .push(format!("session {session} expired {early} ms too early (heard {heard}, {away:?})"));
                    }
                }
                _ => {}
            }
        }
    }
}

fn nobody_waits_for_what_has_come(tables: &Tables, broken: &mut Broken) {
    for session in tables.sessions.values().filter(|session| session.row.ended_at.is_none()) {
        let read: usher_engine::Session = serde_json::from_str(&session.row.state).expect("the runner wrote it");
        if let State::Waiting { wait: Wait::Answer { effect } } = read.state {
            let is_open = tables.effects.get(effect.as_str()).is_some_and(|row| row.due_at.is_some());
            if !is_open && !tables.own_events.values().any(|(own, _)| own.session.as_str() == session.row.id) {
                broken.push(format!(
                    "{} waits for an answer that came: {}",
                    session.key.address,
                    short(effect.as_str())
                ));
            }
        }
    }
}

/// A status that was acknowledged is in the transcript, or one that tells more. A message that was taken twice goes by the
/// name of one of the two, and may not be known by the other.
fn statuses_are_kept(tables: &Tables, seen: &Seen, broken: &mut Broken) {
    let states: BTreeMap<&str, Option<DeliveryState>> =
        tables.messages.values().filter_map(|message| Some((message.effect.as_deref()?, message.state))).collect();
    let once =
        |effect: &str| seen.requests.iter().filter(|request| request.taken && request.effect == effect).count() == 1;
    for (effect, told) in seen.told.iter().filter(|(effect, _)| once(effect)) {
        let Some(Some(state)) = states.get(effect.as_str()) else { continue };
        if *told != DeliveryState::Failed && *state != DeliveryState::Failed && state < told {
            broken.push(format!("a status told {told:?} of {}, which stands as {state:?}", short(effect)));
        }
    }
    for (effect, row) in tables.effects.iter().filter(|(_, row)| row.state == EffectState::Dead) {
        if row.due_at.is_some() {
            broken.push(format!("the dead letter {} is due", short(effect)));
        }
    }
}

/// The counters tell what the committed turns counted; and whoever came to a node left it, or is still there, or ended there.
fn statistics_add_up(tables: &Tables, journal: &Journal, broken: &mut Broken) {
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    let name = |key: &usher_store::StatisticKey| format!("{} of node {} {}", key.what, key.place.node, key.exit);
    for (key, count) in journal.turns.iter().flat_map(|(entry, _)| &entry.statistics) {
        *counted.entry(name(key)).or_default() += count;
    }
    let mut kept: BTreeMap<String, i64> = BTreeMap::new();
    let mut balance: BTreeMap<u32, i64> = BTreeMap::new();
    for ((_, key), count) in &tables.statistics {
        *kept.entry(name(key)).or_default() += count;
        match key.what {
            "entered" => *balance.entry(key.place.node).or_default() += count,
            "left" => *balance.entry(key.place.node).or_default() -= count,
            _ => {}
        }
    }
    for session in tables.sessions.values() {
        let read: usher_engine::Session = serde_json::from_str(&session.row.state).expect("the runner wrote it");
        let stayed = !matches!(&read.state, State::Ended { ending } if ending.reason.as_str() == "completed");
        if let Some(place) = read.place.filter(|_| stayed) {
            *balance.entry(place.node).or_default() -= 1;
        }
    }
    if counted != kept {
        broken.push(format!("the statistics say {kept:?}, the turns {counted:?}"));
    }
    for (node, balance) in balance.into_iter().filter(|(_, balance)| *balance != 0) {
        broken.push(format!("node {node}: {balance} more came in than left, stayed or ended"));
    }
}
