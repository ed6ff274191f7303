//! Random histories of turns, against a model small enough to be believed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use usher_store::{Committed, Hot, Loaded, Outcome, Present, Settlement, Store};

use crate::conformance::people::at;
use crate::conformance::stage::{Play, key, lease, load, written};
use crate::database::Database;

const ADDRESSES: [&str; 3] = ["ann", "ben", "cat"];

/// Something that one of several processes does.
#[derive(Debug, Clone)]
enum Step {
    /// Reads an address and keeps what it read.
    Read { who: usize },
    /// Takes a turn on an event, on top of what was read last or of what is there, and adds it to the batch.
    Turn { who: usize, event: u8, fresh: bool, sends: u8, ends: bool },
    /// Commits the batch.
    Commit { leased: bool },
    /// Takes what is due and settles some of it.
    Dispatch { settles: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..ADDRESSES.len()).prop_map(|who| Step::Read { who }),
        6 => (0..ADDRESSES.len(), 0..12_u8, any::<bool>(), 0..3_u8, prop::bool::weighted(0.2))
            .prop_map(|(who, event, fresh, sends, ends)| Step::Turn { who, event, fresh, sends, ends }),
        4 => any::<bool>().prop_map(|leased| Step::Commit { leased }),
        2 => any::<u8>().prop_map(|settles| Step::Dispatch { settles }),
    ]
}

/// What ought to be there.
#[derive(Debug, Default)]
struct Model {
    /// By address: the turns that count, as event and words sent.
    turns: BTreeMap<&'static str, Vec<Play>>,
    seen: BTreeSet<String>,
    /// Every send, in the order of its lane, and whether it was settled.
    lanes: BTreeMap<&'static str, Vec<(String, bool)>>,
}

impl Model {
    fn version(&self, who: &str) -> (Option<String>, i64) {
        let turns = self.turns.get(who).map(Vec::as_slice).unwrap_or_default();
        let session = turns.last().map(|play| play.session.id.to_string());
        let version = turns.iter().filter(|play| Some(play.session.id.to_string()) == session).count();
        (session, i64::try_from(version).unwrap())
    }

    /// Decides what must become of a batch.
    fn commit(&mut self, batch: &[(&'static str, Play)]) -> Vec<&'static str> {
        let mut broken = BTreeSet::new();
        let mut verdicts = Vec::new();
        for (who, play) in batch {
            let basis = match &play.loaded.present {
                Present::None => (None, 0),
                Present::Session { session, version } => (Some(session.id.to_string()), *version),
                Present::Unreadable { .. } => unreachable!("nobody wrote one"),
            };
            let event = play.event.id.to_string();
            let verdict = if self.seen.contains(&event) {
                "duplicate"
            } else if broken.contains(who) || basis != self.version(who) {
                "conflict"
            } else {
                "done"
            };
            if verdict == "done" {
                self.seen.insert(event);
                let lane = self.lanes.entry(who).or_default();
                lane.extend(play.effects.iter().map(|effect| (effect.id.to_string(), false)));
                self.turns.entry(who).or_default().push(play.clone());
            } else {
                broken.insert(*who);
            }
            verdicts.push(verdict);
        }
        verdicts
    }
}

async fn play(store: &Store, steps: &[Step]) {
    let mut model = Model::default();
    let mut read: BTreeMap<&'static str, Loaded> = BTreeMap::new();
    let mut batch: Vec<(&'static str, Play)> = Vec::new();
    for (time, step) in steps.iter().enumerate() {
        let now = i64::try_from(time).unwrap() + 10;
        match step {
            Step::Read { who } => {
                read.insert(ADDRESSES[*who], load(store, ADDRESSES[*who]).await);
            }
            Step::Turn { who, event, fresh, sends, ends } => {
                let who = ADDRESSES[*who];
                let loaded = match read.get(who).filter(|_| !fresh) {
                    Some(loaded) => loaded.clone(),
                    None => load(store, who).await,
                };
                let mut play = Play::on(&loaded, written(who, &format!("words {event}")), at(now));
                for number in 0..*sends {
                    play = play.sends(&number.to_string());
                }
                if *ends {
                    play = play.ends();
                }
                read.insert(who, play.after());
                batch.push((who, play));
            }
            Step::Commit { leased } => {
                let lease = lease("one", now + 5);
                let records = batch.iter().map(|(_, play)| play.record()).collect();
                let committed = store.commit(records, leased.then_some(&lease)).await.unwrap();
                let said = committed.iter().map(|committed| match committed {
                    Committed::Done { .. } => "done",
                    Committed::Duplicate => "duplicate",
                    Committed::Conflict => "conflict",
                });
                assert_eq!(said.collect::<Vec<_>>(), model.commit(&batch));
                batch.clear();
                read.clear();
            }
            Step::Dispatch { settles } => dispatch(store, &mut model, now, *settles).await,
        }
    }
    compare(store, &model).await;
    // In the end everything goes out, once and in order.
    for round in 0..200 {
        dispatch(store, &mut model, 1_000_000 + round * 1_000, u8::MAX).await;
    }
    for lane in model.lanes.values() {
        assert!(lane.iter().all(|(_, settled)| *settled), "{lane:?}");
    }
}

/// Takes what is due, checks that no send is taken before those in front of it are settled or taken with it, and settles
/// some.
async fn dispatch(store: &Store, model: &mut Model, now: i64, settles: u8) {
    let due = store.due_effects(at(now), 10, &lease("two", now + 5)).await.unwrap();
    let mut settlements = Vec::new();
    for who in ADDRESSES {
        let taken: Vec<String> =
            due.iter().filter(|due| due.key.address == who).map(|due| due.effect.id.to_string()).collect();
        let Some(lane) = model.lanes.get_mut(who).filter(|_| !taken.is_empty()) else {
            assert_eq!(taken, Vec::<String>::new());
            continue;
        };
        let open: Vec<&String> = lane.iter().filter(|(_, settled)| !settled).map(|(id, _)| id).collect();
        assert!(taken.len() <= open.len(), "{taken:?} of {open:?}");
        assert_eq!(taken.iter().collect::<Vec<_>>(), open[..taken.len()], "{lane:?}");
        for (place, id) in taken.iter().enumerate() {
            if settles & (1 << (place % 8)) == 0 {
                break;
            }
            let entry = lane.iter_mut().find(|(effect, _)| effect == id).unwrap();
            entry.1 = true;
            let outcome = Outcome::Sent { provider_id: None, provider: None };
            settlements.push(Settlement { effect: id.as_str().into(), outcome });
        }
    }
    store.settle(settlements, at(now)).await.unwrap();
}

async fn compare(store: &Store, model: &Model) {
    for who in ADDRESSES {
        let loaded = load(store, who).await;
        let turns = model.turns.get(who).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(loaded.known, !turns.is_empty());
        let state = match loaded.present {
            Present::Session { session, version } => Some((*session, version)),
            _ => None,
        };
        assert_eq!(state, turns.last().map(|play| (play.session.clone(), model.version(who).1)));
        // The transcript is what was said, without a gap.
        let messages = store.conversations().messages_at(&key(who), 0, 1_000).await.unwrap();
        let expected = turns.iter().flat_map(|play| {
            let sent = play.effects.iter().map(|effect| Some(effect.id.clone()));
            std::iter::once(None).chain(sent)
        });
        let found: Vec<_> = messages.iter().map(|message| message.effect.clone()).collect();
        assert_eq!(found, expected.collect::<Vec<_>>());
        let positions: Vec<i64> = messages.iter().map(|message| message.position).collect();
        assert_eq!(positions, (1..=i64::try_from(messages.len()).unwrap()).collect::<Vec<_>>());
    }
}

/// Plays random histories, each on a database of its own.
fn histories(cases: u32, database: fn() -> std::pin::Pin<Box<dyn Future<Output = Database>>>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let histories = prop::collection::vec(step(), 1..40);
    runner
        .run(&histories, |steps| {
            runtime.block_on(async {
                let database = database().await;
                play(&database.store, &steps).await;
                database.remove().await;
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn random_histories_come_out_as_the_model_says_on_sqlite() {
    histories(48, || Box::pin(Database::sqlite()));
}

#[test]
fn random_histories_come_out_as_the_model_says_on_postgres() {
    histories(12, || Box::pin(Database::postgres()));
}
