//! The outside checker: compares what was acknowledged with what was handled and sent, by the providers' records and
//! the database alone. It knows nothing of how Usher works but what its tables mean.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use serde_json::Value as Json;

use super::bounds::Bounds;
use super::database::Database;
use super::load::phone_of;
use super::providers::Providers;
use super::witness::{Seen, Violation};

/// What the run came to.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Messages of customers that were acknowledged, and turns in the journal, those on answers included.
    pub acknowledged: usize,
    pub handled: usize,
    /// Different messages that arrived at customers.
    pub sent: usize,
    /// Messages that arrived twice: no status had come in time.
    pub sent_twice: usize,
    /// Of these, how many came again when a status was acknowledged already, and not read yet by who sent.
    pub sent_twice_told: usize,
    pub calls: usize,
    pub calls_twice: usize,
    pub tickets: usize,
}

/// A message of the transcript.
struct Message {
    effect: String,
    provider_id: String,
    state: String,
    is_in: bool,
}

/// Compares; gives what was found.
pub async fn check(
    seen: &Seen,
    providers: &Providers,
    database: &mut Database,
    bounds: Bounds,
) -> (Figures, Vec<Violation>) {
    let mut checker = Checker { seen, bounds, figures: Figures::default(), violations: Vec::new() };
    let transcripts = transcripts(database).await;
    checker.messages(&transcripts);
    checker.sends(&transcripts);
    let visits = checker.journal(database, &transcripts).await;
    checker.statistics(database, &visits).await;
    checker.nothing_left(database).await;
    checker.calls(providers);
    checker.waits();
    (checker.figures, checker.violations)
}

/// Returns how much there is left to do, as the database has it.
pub async fn left_to_do(database: &mut Database) -> u64 {
    database
        .count("SELECT CAST((SELECT COUNT(*) FROM effects WHERE due_at IS NOT NULL) + (SELECT COUNT(*) FROM own_events) AS TEXT)")
        .await
}

/// The messages of each address in their order, by the address.
async fn transcripts(database: &mut Database) -> BTreeMap<String, Vec<Message>> {
    let rows = database
        .rows::<5>(
            "SELECT s.address, m.direction, COALESCE(m.effect, ''), COALESCE(m.provider_id, ''), COALESCE(m.state, '')
            FROM messages m JOIN sessions s ON s.id = m.session AND s.address_id = m.address_id
            ORDER BY s.address, m.position",
        )
        .await;
    let mut transcripts: BTreeMap<String, Vec<Message>> = BTreeMap::new();
    for [address, direction, effect, provider_id, state] in rows {
        let message = Message { effect, provider_id, state, is_in: direction == "in" };
        transcripts.entry(address).or_default().push(message);
    }
    transcripts
}

struct Checker<'a> {
    seen: &'a Seen,
    bounds: Bounds,
    figures: Figures,
    violations: Vec<Violation>,
}

impl Checker<'_> {
    fn violation(&mut self, contact: Option<u32>, what: String) {
        self.violations.push(Violation { contact, what });
    }

    /// Every message that was acknowledged was handled once, and in the order in which they were acknowledged.
    fn messages(&mut self, transcripts: &BTreeMap<String, Vec<Message>>) {
        for (contact, said) in &self.seen.said.clone() {
            let said: Vec<&str> =
                said.iter().filter(|said| said.acknowledged.is_some()).map(|said| said.id.as_str()).collect();
            let transcript = transcripts.get(&phone_of(*contact)).map(Vec::as_slice).unwrap_or_default();
            let handled: Vec<&str> =
                transcript.iter().filter(|message| message.is_in).map(|message| message.provider_id.as_str()).collect();
            self.figures.acknowledged += said.len();
            if said != handled {
                let place = said.iter().zip(&handled).take_while(|(said, handled)| said == handled).count();
                let (said, handled) = (said.get(place), handled.get(place));
                self.violation(Some(*contact), format!("message {place}: acknowledged {said:?}, handled {handled:?}"));
            }
        }
    }

    /// Every message that was asked for arrived, in order; one that came twice came so because nobody had told in time
    /// that it had arrived.
    fn sends(&mut self, transcripts: &BTreeMap<String, Vec<Message>>) {
        let seen = self.seen;
        let mut arrived: HashMap<&str, Vec<(&str, Duration)>> = HashMap::new();
        for arrival in &seen.arrivals {
            arrived.entry(&arrival.phone).or_default().push((&arrival.effect, arrival.at));
        }
        for contact in seen.said.keys() {
            let phone = phone_of(*contact);
            let arrived = arrived.get(phone.as_str()).map(Vec::as_slice).unwrap_or_default();
            let transcript = transcripts.get(&phone).map(Vec::as_slice).unwrap_or_default();
            let asked = transcript.iter().filter(|message| !message.is_in);
            for message in asked.clone().filter(|message| !["sent", "delivered"].contains(&message.state.as_str())) {
                self.violation(Some(*contact), format!("send {} ended as `{}`", message.effect, message.state));
            }
            let asked: Vec<&str> = asked.map(|message| message.effect.as_str()).collect();
            let mut known = HashSet::new();
            let (firsts, again): (Vec<_>, Vec<_>) =
                arrived.iter().copied().partition(|(effect, _)| known.insert(*effect));
            let firsts: Vec<&str> = firsts.into_iter().map(|(effect, _)| effect).collect();
            if firsts != asked {
                let place = firsts.iter().zip(&asked).take_while(|(first, asked)| first == asked).count();
                let (first, asked) = (firsts.get(place), asked.get(place));
                self.violation(Some(*contact), format!("send {place}: asked for {asked:?}, arrived {first:?}"));
            }
            self.figures.sent += asked.len();
            self.figures.sent_twice += again.len();
            for (effect, at) in again {
                let Some(told) = seen.told.get(effect).filter(|told| **told < at) else { continue };
                self.figures.sent_twice_told += 1;
                let kills = u32::try_from(seen.kills_between(*told, at)).expect("kills are few");
                let takes = self.bounds.status + self.bounds.status_in_hand * kills;
                if *told + takes + seen.excused(*told, at) < at {
                    let what = format!("{effect} arrived again at {at:.1?}, though a status told of it at {told:.1?}");
                    self.violation(Some(*contact), what);
                }
            }
        }
    }

    /// Every event has one turn, the versions of each session count up without a gap, every session is over, and every
    /// send was asked for by a turn. Gives the visits.
    async fn journal(&mut self, database: &mut Database, transcripts: &BTreeMap<String, Vec<Message>>) -> Vec<Json> {
        let turns = database
            .rows::<5>(
                "SELECT session, CAST(version AS TEXT), event_id, visits, event FROM journal j ORDER BY session, j.version",
            )
            .await;
        self.figures.handled = turns.len();
        let mut events = BTreeSet::new();
        let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
        let mut visits = Vec::new();
        let mut received = 0;
        for [session, version, event, visited, what] in &turns {
            let what: Json = serde_json::from_str(what).expect("an event is an object");
            received += usize::from(what["kind"]["type"] == "message_received");
            if !events.insert(event.as_str()) {
                self.violation(None, format!("event {event} has two turns, one in session {session}"));
            }
            let last = versions.entry(session).or_default();
            if version.parse() != Ok(*last + 1) {
                self.violation(None, format!("session {session}: version {version} follows {last}"));
            }
            *last = version.parse().expect("a version is a number");
            let visited: Vec<Json> = serde_json::from_str(visited).expect("visits are a list");
            visits.extend(visited);
        }
        let said = transcripts.values().flatten().filter(|message| message.is_in).count();
        if received != said {
            self.violation(None, format!("{received} turns on messages, and {said} messages in the transcripts"));
        }
        let sessions = database
            .rows::<4>("SELECT id, CAST(version AS TEXT), COALESCE(end_reason, ''), address FROM sessions ORDER BY id")
            .await;
        for [session, version, ended, address] in sessions {
            let turns = versions.get(session.as_str()).copied().unwrap_or_default();
            if version.parse() != Ok(turns) {
                self.violation(None, format!("session {session} is at version {version} after {turns} turns"));
            }
            if ended != "completed" {
                self.violation(None, format!("session {session} of {address} is stuck, or ended as `{ended}`"));
            }
        }
        for message in transcripts.values().flatten().filter(|message| !message.is_in) {
            let event = message.effect.rsplit_once('-').map_or("", |(event, _)| event);
            if !events.contains(event) {
                self.violation(None, format!("no turn asked for send {}", message.effect));
            }
        }
        visits
    }

    /// The statistics, folded and not yet folded, are the sums of what the journal tells.
    async fn statistics(&mut self, database: &mut Database, visits: &[Json]) {
        let mut told: BTreeMap<[String; 3], u64> = BTreeMap::new();
        for visit in visits {
            let node = visit["node"].to_string();
            if visit["event"] == "entered" {
                *told.entry([node.clone(), "entered".to_owned(), String::new()]).or_default() += 1;
            }
            if let Some(exit) = visit["exit"].as_str() {
                *told.entry([node, "left".to_owned(), exit.to_owned()]).or_default() += 1;
            }
        }
        let counted = database
            .rows::<4>(
                "SELECT CAST(node AS TEXT), what, exit, CAST(SUM(count) AS TEXT)
                FROM (SELECT node, what, exit, count FROM statistics
                    UNION ALL SELECT node, what, exit, count FROM statistics_deltas) c
                GROUP BY node, what, exit ORDER BY node, what, exit",
            )
            .await;
        let counted: BTreeMap<[String; 3], u64> = counted
            .into_iter()
            .map(|[node, what, exit, count]| ([node, what, exit], count.parse().expect("a sum is a number")))
            .collect();
        if told != counted {
            self.violation(None, format!("the journal tells {told:?}, the statistics {counted:?}"));
        }
    }

    /// After a kill nobody waits long for a reply, beyond the time in which what it needs was away.
    fn waits(&mut self) {
        let seen = self.seen;
        for wait in &seen.waits {
            let kills = seen.kills_between(wait.from, wait.to);
            if wait.length() > seen.reasonable_wait(wait.from, wait.to) {
                let (length, from) = (wait.length(), wait.from);
                let what =
                    format!("from {from:.1?} on no reply came for {length:.1?}, with {kills} kills in that time");
                self.violation(Some(wait.contact), what);
            }
        }
    }

    async fn nothing_left(&mut self, database: &mut Database) {
        for (what, table) in [
            ("effects", "effects"),
            ("events of our own", "own_events"),
            ("timers", "timers"),
            ("things that came in and were set aside", "kept"),
        ] {
            let left = database.count(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")).await;
            if left > 0 {
                self.violation(None, format!("{left} {what} are left"));
            }
        }
    }

    /// Every call was made, and where the system takes an idempotency key, it came to one thing.
    fn calls(&mut self, providers: &Providers) {
        let seen = self.seen;
        let orders: BTreeSet<&str> = seen
            .said
            .values()
            .flatten()
            .map(|said| said.text.as_str())
            .filter(|text| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        let calls = providers.calls();
        self.figures.calls = calls.len();
        self.figures.calls_twice = calls.values().filter(|count| **count > 1).count();
        if !calls.keys().map(String::as_str).eq(orders.iter().copied()) {
            self.violation(None, format!("{} orders were asked for, of {} that were named", calls.len(), orders.len()));
        }
        let told: Vec<&str> = seen.arrivals.iter().map(|arrival| arrival.text.as_str()).collect();
        let told: BTreeSet<&str> = told.into_iter().filter(|text| text.starts_with("Ticket ")).collect();
        self.figures.tickets = providers.zendesk.tickets().len();
        if told.len() != self.figures.tickets {
            let what = format!("{} tickets were made, and {} told of", self.figures.tickets, told.len());
            self.violation(None, what);
        }
    }
}
