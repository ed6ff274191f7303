//! What leaves after its time, and what stays.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher_engine::change::Change;
use usher_engine::environment::Environment::{Production, Sandbox};
use usher_store::{
    Actor, ChannelNote, Committed, Entry, Hot, Kept, Outcome, Pruned, Settlement, Store, WorkspaceChange,
};

use super::people::{at, workspace};
use super::stage::{DONE, Play, key, lease, load};

fn day(days: i64) -> Timestamp {
    at(0) + SignedDuration::from_hours(24 * days)
}

/// Removes all that is over its time; the events that are forgotten are another matter.
async fn prune(store: &Store, now: Timestamp) -> Pruned {
    let mut all = Pruned::default();
    loop {
        let pruned = store.prune(now).await.unwrap();
        all += pruned;
        if !pruned.more {
            return Pruned { more: false, events: 0, ..all };
        }
    }
}

async fn keep(store: &Store, retention: serde_json::Value) {
    let mut tx = store.begin().await.unwrap();
    let settings = json!({ "retention": retention });
    tx.workspaces().set_environment("id-shop", Production, &settings).await.unwrap();
    tx.commit().await.unwrap();
}

/// A conversation of one turn that ended.
async fn ended(store: &Store, address: &str, seconds: i64) -> Play {
    let play = Play::written(store, address, &format!("{address} at {seconds}"), seconds).await.sends("Bye").ends();
    assert_eq!(play.commit(store).await, DONE);
    play
}

pub(crate) async fn conversations_leave_after_their_days(store: &Store) {
    workspace(store, "shop").await;
    let old = ended(store, "ann", 10).await;
    let young = ended(store, "ben", 3600).await;
    Play::written(store, "cid", "hi", 10).await.named("Cid").commit(store).await;

    assert_eq!(prune(store, day(7)).await, Pruned::default());
    assert_eq!(prune(store, day(7) + SignedDuration::from_mins(1)).await, Pruned { traces: 1, ..Pruned::default() });
    let conversations = || store.conversations();
    let kept = conversations().get("id-shop", Production, old.session.id.as_str(), 10).await.unwrap().unwrap();
    assert_eq!((kept.messages.len(), kept.journal.len()), (2, 0), "the transcript outlives the steps");
    let other = conversations().get("id-shop", Production, young.session.id.as_str(), 10).await.unwrap().unwrap();
    assert_eq!((other.messages.len(), other.journal.len()), (2, 1));

    let pruned = prune(store, day(30) + SignedDuration::from_mins(1)).await;
    assert_eq!(pruned, Pruned { conversations: 1, contacts: 1, traces: 1, ..Pruned::default() });
    assert!(conversations().get("id-shop", Production, old.session.id.as_str(), 10).await.unwrap().is_none());
    assert!(conversations().messages(&old.session.id, 0, 10).await.unwrap().is_empty());
    assert!(conversations().get("id-shop", Production, young.session.id.as_str(), 10).await.unwrap().is_some());
    // What runs stays, however old.
    assert!(prune(store, day(900)).await.conversations == 1 && load(store, "cid").await.running().is_some());
}

pub(crate) async fn whom_we_know_stays_and_goes_on_where_it_was(store: &Store) {
    workspace(store, "shop").await;
    let known = Play::written(store, "ann", "hi", 10).await.named("Ann").sends("Bye").ends();
    assert_eq!(known.commit(store).await, DONE);
    let tier = Change::ContactAttribute { name: "tier".to_owned(), value: "gold".into() };
    let marked = Play::written(store, "ben", "hi", 10).await.changes(tier).ends();
    assert_eq!(marked.commit(store).await, DONE);
    ended(store, "cid", 10).await;
    let stale = Play::written(store, "cid", "late", 20).await;

    let pruned = prune(store, day(31)).await;
    assert_eq!((pruned.conversations, pruned.contacts), (3, 1));
    let ann = load(store, "ann").await;
    assert_eq!((ann.known, ann.contact.name.as_deref(), ann.position), (true, Some("Ann"), 2));
    assert!(matches!(ann.present, usher_store::Present::None));
    assert_eq!(load(store, "ben").await.contact.attributes["tier"], "gold".into());
    assert!(!load(store, "cid").await.known);

    // A turn that was under way finds that its ground is gone; taken again, it stands.
    assert_eq!(stale.commit(store).await, Committed::Conflict);
    assert_eq!(Play::written(store, "cid", "late", 20).await.commit(store).await, DONE);
    let next = Play::written(store, "ann", "again", 30).await.sends("Hi");
    assert_eq!(next.commit(store).await, DONE);
    let messages = store.conversations().messages_at(&key("ann"), 2, 10).await.unwrap();
    assert_eq!(messages.iter().map(|message| message.position).collect::<Vec<_>>(), [3, 4]);
}

pub(crate) async fn nothing_leaves_that_is_kept_for_ever(store: &Store) {
    workspace(store, "shop").await;
    keep(store, json!({ "transcript_days": null, "trace_days": null, "problem_days": null })).await;
    ended(store, "ann", 10).await;
    assert_eq!(prune(store, day(4000)).await, Pruned::default());
    keep(store, json!({ "transcript_days": null, "trace_days": 1 })).await;
    assert_eq!(prune(store, day(4000)).await, Pruned { traces: 1, ..Pruned::default() });
    keep(store, json!({ "transcript_days": 0 })).await;
    assert_eq!(prune(store, day(4000)).await.conversations, 1);
}

pub(crate) async fn more_than_fits_leaves_in_parts(store: &Store) {
    workspace(store, "shop").await;
    keep(store, json!({ "transcript_days": 1, "trace_days": null })).await;
    let mut plays = Vec::new();
    for customer in 0..450 {
        // All at the same time, as after an outage.
        let play = Play::written(store, &format!("c{customer}"), "hi", 10).await.sends("Bye").ends();
        plays.push(play.record());
    }
    store.commit(plays, None).await.unwrap();
    let first = store.prune(day(2)).await.unwrap();
    assert_eq!((first.conversations, first.contacts, first.more), (200, 200, true));
    assert_eq!(prune(store, day(2)).await.conversations, 250);

    keep(store, json!({ "transcript_days": null, "trace_days": 1 })).await;
    let mut plays = Vec::new();
    for customer in 0..450 {
        let play = Play::written(store, &format!("c{customer}"), "again", 20).await.ends();
        plays.push(play.record());
    }
    store.commit(plays, None).await.unwrap();
    assert_eq!(prune(store, day(3)).await.traces, 450);
    assert_eq!(prune(store, day(3)).await.traces, 0);
}

pub(crate) async fn an_ended_session_remembers_no_variables(store: &Store) {
    workspace(store, "shop").await;
    let first = Play::written(store, "ann", "hi", 10).await;
    first.commit(store).await;
    assert!(!load(store, "ann").await.running().unwrap().variables.is_empty());
    let mut last = Play::written(store, "ann", "bye", 11).await.ends();
    last.session.deployment = 1;
    assert_eq!(last.commit(store).await, DONE);
    let usher_store::Present::Session { session, .. } = load(store, "ann").await.present else { panic!("it is there") };
    assert_eq!(*session, last.session.remains());
    assert!(session.variables.is_empty() && session.has_ended());
    // What a replay needs is in the journal: each event, its time and its chance.
    let kept = store.conversations().get("id-shop", Production, session.id.as_str(), 10).await.unwrap().unwrap();
    assert_eq!(kept.journal.iter().map(|turn| &turn.event).collect::<Vec<_>>(), [&first.event, &last.event]);
}

pub(crate) async fn problems_and_changes_have_limits_of_their_own(store: &Store) {
    let shop = workspace(store, "shop").await;
    let play = Play::written(store, "ann", "hi", 10).await.sends("Hello");
    assert_eq!(play.commit_leased(store, &lease("one", 60)).await, Committed::Done { sends_leased: true });
    let dead = Outcome::Dead { error: "no".to_owned(), provider: None, event: None, at: at(20) };
    store.settle(vec![Settlement { effect: play.effect(0), outcome: dead }], at(20)).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    for (id, environment) in [("1", Production), ("2", Sandbox)] {
        let webhook = Kept {
            id: id.to_owned(),
            workspace: shop.clone(),
            environment,
            channel: "main".to_owned(),
            at: at(20),
            problem: "no JSON".to_owned(),
            body: vec![0],
            bytes: 1,
            event: None,
        };
        tx.kept().keep(&webhook).await.unwrap();
    }
    let note = ChannelNote {
        id: "1".to_owned(),
        workspace: shop.clone(),
        environment: Production,
        channel: "main".to_owned(),
        at: at(20),
        level: "error".to_owned(),
        text: "no".to_owned(),
    };
    tx.channel_log().add(&note).await.unwrap();
    for (id, workspace) in [("1", Some(shop.clone())), ("2", None)] {
        let entry = Entry {
            id: id.to_owned(),
            workspace,
            at: at(20),
            actor: Actor { kind: "user".to_owned(), name: "ann".to_owned() },
            action: "workspace.changed".to_owned(),
            subject: "workspace shop".to_owned(),
            details: json!({}),
        };
        tx.audit().append(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    keep(store, json!({ "problem_days": 3 })).await;

    assert_eq!(prune(store, day(3)).await, Pruned::default());
    let gone = Pruned { dead_letters: 1, kept: 1, channel_notes: 1, ..Pruned::default() };
    assert_eq!(prune(store, day(4)).await, gone);
    let left = store.kept().list(&shop, Sandbox, Some("main"), None, 10).await.unwrap();
    assert_eq!(left.items.len(), 1, "the other environment keeps what it is told to");

    let change = WorkspaceChange { settings: Some(json!({ "audit_days": 365 })), ..WorkspaceChange::default() };
    let mut tx = store.begin().await.unwrap();
    tx.workspaces().change(&shop, &change).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(prune(store, day(360)).await.audit_entries, 0);
    assert_eq!(prune(store, day(366)).await.audit_entries, 1);
}
