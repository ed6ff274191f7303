//! Many at once on the same addresses: nothing is lost, nothing is taken twice, nobody waits for ever.

use std::collections::{BTreeMap, BTreeSet};

use usher_engine::id::EffectId;
use usher_store::{Committed, Hot, Outcome, Present, Settlement, Store};

use super::people::at;
use super::stage::{Play, key, lease, load, written};

/// A sequence of numbers that looks like chance and is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn sent(effect: EffectId) -> Settlement {
    Settlement { effect, outcome: Outcome::Sent { provider_id: None, provider: None } }
}

/// Takes turns on random addresses in random order, several in a batch, each event until it is committed. Says what of
/// it is leased, and how many events there were.
async fn commit_at_random(store: Store, number: u64, addresses: u64) -> (Vec<EffectId>, usize) {
    let mut dice = Dice(number);
    let (mut leased, mut events) = (Vec::new(), 0);
    let mut open: Vec<(String, String)> = Vec::new();
    for round in 0..25 {
        for _ in 0..=dice.roll(3) {
            let address = format!("c{}", dice.roll(addresses));
            open.push((address, format!("{number}-{round}-{}", open.len())));
            events += 1;
        }
        open = commit_once(&store, open, &mut leased).await;
    }
    while !open.is_empty() {
        open = commit_once(&store, open, &mut leased).await;
    }
    (leased, events)
}

/// Commits a turn on each event, and gives those that have to be taken again.
async fn commit_once(
    store: &Store,
    events: Vec<(String, String)>,
    leased: &mut Vec<EffectId>,
) -> Vec<(String, String)> {
    let mut begins = BTreeMap::new();
    let mut plays = Vec::new();
    for (address, words) in &events {
        let begin = match begins.remove(address) {
            Some(begin) => begin,
            None => load(store, address).await,
        };
        let mut play = Play::on(&begin, written(address, words), at(10)).sends("1").sends("2");
        if words.len() % 5 == 0 {
            play = play.ends();
        }
        begins.insert(address.clone(), play.after());
        plays.push(play);
    }
    let records = plays.iter().map(Play::record).collect();
    let committed = match store.commit(records, Some(&lease("one", 1_000))).await {
        // Two who make the same addresses may wait for each other, until PostgreSQL undoes one of them.
        Err(error) if error.is_transient() => return events,
        committed => committed.unwrap(),
    };
    let mut again = Vec::new();
    for ((event, play), committed) in events.into_iter().zip(&plays).zip(committed) {
        match committed {
            Committed::Done { sends_leased: true } => leased.extend([play.effect(0), play.effect(1)]),
            Committed::Done { sends_leased: false } => {}
            Committed::Conflict => again.push(event),
            Committed::Duplicate => panic!("{event:?} was given once"),
        }
    }
    again
}

pub(crate) async fn many_commit_on_the_same_addresses(store: &Store) {
    let committers: Vec<_> = (0..6).map(|number| tokio::spawn(commit_at_random(store.clone(), number, 7))).collect();
    let mut events = 0;
    for committer in committers {
        events += committer.await.unwrap().1;
    }
    let mut turns = 0;
    for number in 0..7 {
        let address = format!("c{number}");
        let messages = store.conversations().messages_at(&key(&address), 0, 10_000).await.unwrap();
        let positions: Vec<_> = messages.iter().map(|message| message.position).collect();
        assert_eq!(positions, (1..=i64::try_from(messages.len()).unwrap()).collect::<Vec<_>>(), "{address}");
        assert!(messages.is_empty() || !matches!(load(store, &address).await.present, Present::None));
        turns += messages.iter().filter(|message| !message.outbound).count();
    }
    assert_eq!(turns, events);
}

pub(crate) async fn sends_that_are_settled_beside_commits_leave_none_behind(store: &Store) {
    let asked: usize = {
        let works = (0..4).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { commit_and_settle(store, number).await })
        });
        let mut asked = 0;
        for work in works.collect::<Vec<_>>() {
            asked += work.await.unwrap();
        }
        asked
    };
    // What was put behind others was freed when those were settled: it is due now, not in some minutes.
    let mut settled = 0;
    loop {
        let due = store.due_effects(at(11), 1_000, &lease("two", 1_000)).await.unwrap();
        if due.is_empty() {
            break;
        }
        settled += due.len();
        store.settle(due.into_iter().map(|due| sent(due.effect.id)).collect(), at(11)).await.unwrap();
    }
    let mut messages = 0;
    for number in 0..4 {
        let found = store.conversations().messages_at(&key(&format!("lane{number}")), 0, 10_000).await.unwrap();
        messages += found.iter().filter(|message| message.outbound).count();
        let states: BTreeSet<_> = found.iter().filter_map(|message| message.state).collect();
        assert_eq!(states, BTreeSet::from([usher_store::DeliveryState::Sent]));
    }
    assert_eq!(messages, asked);
    assert!(settled <= asked, "{settled} of {asked}");
}

/// Takes turns on one address, each while the sends of the one before are settled. Gives how many sends there were.
async fn commit_and_settle(store: Store, number: u64) -> usize {
    let address = format!("lane{number}");
    let mut asked = 0;
    let mut leased: Vec<EffectId> = Vec::new();
    for round in 0..40 {
        let play = Play::on(&load(&store, &address).await, written(&address, &format!("{round}")), at(10));
        let play = play.sends("1").sends("2");
        let settling = {
            let (store, leased) = (store.clone(), std::mem::take(&mut leased));
            tokio::spawn(async move { store.settle(leased.into_iter().map(sent).collect(), at(11)).await.unwrap() })
        };
        let committed = store.commit(vec![play.record()], Some(&lease("one", 1_000))).await.unwrap();
        settling.await.unwrap();
        asked += 2;
        if committed == [(Committed::Done { sends_leased: true })] {
            leased.extend([play.effect(0), play.effect(1)]);
        } else {
            assert_eq!(committed, [Committed::Done { sends_leased: false }]);
            let due = store.due_effects(at(11), 100, &lease("one", 1_000)).await.unwrap();
            let (mine, others): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.key.address == address);
            leased.extend(mine.into_iter().map(|due| due.effect.id));
            store.settle(others.into_iter().map(|due| sent(due.effect.id)).collect(), at(11)).await.unwrap();
        }
    }
    store.settle(leased.into_iter().map(sent).collect(), at(11)).await.unwrap();
    asked
}
