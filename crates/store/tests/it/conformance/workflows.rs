//! Workflows, drafts, versions, deployments: numbers that are never given again, and nobody's change overwritten.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use usher_engine::Environment::{Production, Sandbox};
use usher_engine::workflow::{self, Document, Kind};
use usher_store::{
    Deletion, Deploy, Error, NewRoute, NewWorkflow, Pointer, Put, RouteChange, Store, Tx, WorkflowChange,
};

use super::people::{at, workspace};

fn document(key: &str, nodes: &[u32]) -> Document {
    let mut document = Document::new(key, key, Kind::Standard);
    for number in nodes {
        let node = json!({ "type": "text_display", "settings": { "body": "Hello" } });
        document.nodes.insert(*number, serde_json::from_value(node).unwrap());
    }
    document
}

fn targets(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

async fn create(tx: &mut Tx, workspace: &str, id: &str, document: Document, leads_to: &[&str]) {
    let new = NewWorkflow {
        id: id.to_owned(),
        workspace: workspace.to_owned(),
        folder: String::new(),
        targets: targets(leads_to),
        created_at: at(1),
        created_by: Some("Ann".to_owned()),
        document,
    };
    tx.workflows().create(&new).await.unwrap();
}

fn deploy(workspace: &str, environment: usher_engine::Environment, versions: &[(&str, u32)], second: i64) -> Deploy {
    Deploy {
        workspace: workspace.to_owned(),
        environment,
        versions: versions.iter().map(|(key, version)| ((*key).to_owned(), *version)).collect(),
        note: None,
        created_at: at(second),
        created_by: None,
    }
}

pub(crate) async fn a_draft_is_never_overwritten_unseen(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    create(&mut tx, &shop, "w1", document("a", &[1, 2]), &[]).await;
    let first = tx.drafts().get(&shop, "a").await.unwrap().unwrap();
    assert_eq!((first.revision, first.next_number), (1, 3), "a file's numbers are taken");
    let renamed = Document { name: "Orders".to_owned(), ..document("a", &[1]) };
    let none = BTreeSet::new();
    let put = tx.drafts().put(&shop, "a", 1, &renamed, &none, at(2), Some("Bob")).await.unwrap();
    assert_eq!(put, Put::Kept { revision: 2 });
    let put = tx.drafts().put(&shop, "a", 1, &renamed, &none, at(3), None).await.unwrap();
    assert_eq!(put, Put::Changed { revision: 2 });
    let put = tx.drafts().put(&shop, "b", 1, &renamed, &none, at(3), None).await.unwrap();
    assert_eq!(put, Put::Absent);
    tx.commit().await.unwrap();
    let list = store.workflows().list(&shop).await.unwrap();
    assert_eq!((list.len(), list[0].name.as_str(), list[0].draft_revision), (1, "Orders", 2));
    assert_eq!((list[0].draft_updated_at, list[0].draft_updated_by.as_deref()), (at(2), Some("Bob")));
    assert_eq!(store.drafts().revisions(&shop).await.unwrap(), [("a".to_owned(), 2)]);
    assert_eq!(store.drafts().all(&shop).await.unwrap().len(), 1);
}

pub(crate) async fn numbers_are_given_once(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    create(&mut tx, &shop, "w1", document("a", &[]), &[]).await;
    tx.commit().await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (store, shop) = (store.clone(), shop.clone());
        tasks.push(tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let first = tx.workflows().take_numbers(&shop, "a", 3).await.unwrap().unwrap();
            tx.commit().await.unwrap();
            first
        }));
    }
    let mut firsts = Vec::new();
    for task in tasks {
        firsts.push(task.await.unwrap());
    }
    firsts.sort_unstable();
    assert_eq!(firsts, [1, 4, 7, 10, 13, 16, 19, 22]);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.workflows().take_numbers(&shop, "nothing", 1).await.unwrap(), None);
    let none = BTreeSet::new();
    let put = tx.drafts().put(&shop, "a", 1, &document("a", &[24]), &none, at(2), None).await.unwrap();
    assert_eq!(put, Put::Kept { revision: 2 });
    let put = tx.drafts().put(&shop, "a", 2, &document("a", &[25]), &none, at(2), None).await.unwrap();
    assert_eq!(put, Put::NumbersNeverGiven { next_number: 25 });
    let text = tx.drafts().get(&shop, "a").await.unwrap().unwrap().document;
    assert_eq!(workflow::read(&text).unwrap().next_number, 25);
}

pub(crate) async fn a_version_is_what_the_draft_was(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    create(&mut tx, &shop, "w1", document("a", &[1]), &[]).await;
    assert_eq!(tx.versions().save(&shop, "a", Some("first"), at(2), Some("Ann")).await.unwrap(), Some(1));
    let other = document("a", &[]);
    let put = tx.drafts().put(&shop, "a", 1, &other, &BTreeSet::new(), at(3), None).await.unwrap();
    assert_eq!(put, Put::Kept { revision: 2 });
    assert_eq!(tx.versions().save(&shop, "a", None, at(4), None).await.unwrap(), Some(2));
    assert_eq!(tx.versions().save(&shop, "b", None, at(4), None).await.unwrap(), None);
    tx.commit().await.unwrap();
    let saved = store.versions().get(&shop, "a", 1).await.unwrap().unwrap();
    assert_eq!(workflow::read(&saved.document).unwrap().nodes.len(), 1);
    assert_eq!((saved.version.note.as_deref(), saved.version.created_at), (Some("first"), at(2)));
    let numbers: Vec<u32> =
        store.versions().list(&shop, "a").await.unwrap().iter().map(|found| found.version).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(store.versions().get(&shop, "a", 3).await.unwrap(), None);
    assert_eq!(store.workflows().list(&shop).await.unwrap()[0].latest_version, Some(2));
}

pub(crate) async fn deployments_are_numbered_and_stay(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    create(&mut tx, &shop, "w1", document("a", &[1]), &[]).await;
    create(&mut tx, &shop, "w2", Document { name: "B then".to_owned(), ..document("b", &[1]) }, &[]).await;
    for key in ["a", "a", "b"] {
        tx.versions().save(&shop, key, None, at(2), None).await.unwrap();
    }
    let renamed = document("b", &[1]);
    tx.drafts().put(&shop, "b", 1, &renamed, &BTreeSet::new(), at(3), None).await.map(|_| ()).unwrap();
    assert_eq!(tx.deployments().deploy(&deploy(&shop, Production, &[("a", 1), ("b", 1)], 10)).await.unwrap(), 1);
    assert_eq!(tx.deployments().deploy(&deploy(&shop, Production, &[("a", 2), ("b", 1)], 20)).await.unwrap(), 2);
    assert_eq!(tx.deployments().deploy(&deploy(&shop, Sandbox, &[("a", 1)], 30)).await.unwrap(), 1);
    tx.commit().await.unwrap();

    let live = store.deployments().live(&shop, Production).await.unwrap();
    let told: Vec<_> =
        live.iter().map(|live| (live.key.as_str(), live.name.as_str(), live.version, live.since)).collect();
    assert_eq!(told, [("a", "a", 2, at(20)), ("b", "B then", 1, at(10))]);
    let old = store.deployments().versions(&shop, Production, 1).await.unwrap();
    assert_eq!(old, BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 1)]));
    assert_eq!(store.deployments().documents(&shop, Production, 1).await.unwrap().len(), 2);
    assert_eq!(store.deployments().live_documents(&shop, Sandbox).await.unwrap()[0].version, 1);
    assert_eq!(store.workspaces().environment(&shop, Production).await.unwrap().unwrap().deployment, 2);
    assert_eq!(store.workflows().list(&shop).await.unwrap()[0].live_version, Some(2));
    let page = store.deployments().list(&shop, Production, None, 1).await.unwrap();
    assert_eq!((page.items[0].number, page.items[0].workflows["a"], page.next.as_deref()), (2, 2, Some("2")));
    let page = store.deployments().list(&shop, Production, Some("2"), 1).await.unwrap();
    assert_eq!((page.items[0].workflows["a"], page.next), (1, None));

    let mut tx = store.begin().await.unwrap();
    let refused = tx.deployments().deploy(&deploy(&shop, Production, &[("a", 9)], 40)).await;
    assert!(matches!(refused, Err(Error::Dangling { .. })));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.deployments().deploy(&deploy(&shop, Production, &[], 50)).await.unwrap(), 3);
    assert_eq!(tx.deployments().live(&shop, Production).await.unwrap(), []);
}

fn route(workspace: &str, id: &str, entry: &str) -> NewRoute {
    NewRoute {
        id: id.to_owned(),
        workspace: workspace.to_owned(),
        environment: Production,
        key: format!("key-{id}"),
        name: id.to_owned(),
        channel: "web".to_owned(),
        entry: entry.to_owned(),
        workflow: "a".to_owned(),
        node: Some(3),
        settings: json!({}),
        created_at: at(1),
    }
}

pub(crate) async fn a_workflow_that_something_points_at_stays(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    create(&mut tx, &shop, "w1", document("a", &[1]), &["a"]).await;
    create(&mut tx, &shop, "w2", document("b", &[1]), &["a"]).await;
    tx.versions().save(&shop, "b", None, at(2), None).await.unwrap();
    tx.versions().save(&shop, "a", None, at(2), None).await.unwrap();
    tx.deployments().deploy(&deploy(&shop, Sandbox, &[("a", 1), ("b", 1)], 3)).await.unwrap();
    tx.routes().create(&route(&shop, "r1", "")).await.unwrap();
    let live = |workflow: &str| Pointer::Live { environment: Sandbox, workflow: workflow.to_owned(), version: 1 };
    let refused = tx.workflows().delete(&shop, "a", at(4)).await.unwrap();
    let route = Pointer::Route { environment: Production, key: "key-r1".to_owned() };
    let draft = Pointer::Draft { workflow: "b".to_owned() };
    assert_eq!(refused, Deletion::PointedAt(vec![route, draft, live("a"), live("b")]));
    tx.routes().delete(&shop, Production, "r1").await.unwrap();
    tx.deployments().deploy(&deploy(&shop, Sandbox, &[], 5)).await.unwrap();
    assert_eq!(tx.workflows().delete(&shop, "b", at(6)).await.unwrap(), Deletion::Done);
    assert_eq!(tx.workflows().delete(&shop, "a", at(6)).await.unwrap(), Deletion::Done);
    assert_eq!(tx.workflows().delete(&shop, "a", at(6)).await.unwrap(), Deletion::Absent);
    tx.commit().await.unwrap();
    assert_eq!(store.workflows().list(&shop).await.unwrap(), []);
    assert_eq!(store.drafts().get(&shop, "a").await.unwrap(), None);
    let kept = store.deployments().documents(&shop, Sandbox, 1).await.unwrap();
    assert_eq!(kept.len(), 2, "sessions that run on it go on");

    let mut tx = store.begin().await.unwrap();
    create(&mut tx, &shop, "w3", document("a", &[]), &[]).await;
    assert_eq!(store.workflows().get(&shop, "nothing").await.unwrap(), None);
    assert_eq!(tx.drafts().get(&shop, "a").await.unwrap().unwrap().revision, 2, "no revision means two things");
    assert_eq!(tx.workflows().list(&shop).await.unwrap()[0].latest_version, None);
    assert_eq!(tx.versions().save(&shop, "a", None, at(7), None).await.unwrap(), Some(2), "nor does a version");
    let change = WorkflowChange { folder: Some("Shop".to_owned()), archived: Some(true), ..WorkflowChange::default() };
    assert!(tx.workflows().change(&shop, "a", &change).await.unwrap());
    let changed = tx.workflows().get(&shop, "a").await.unwrap().unwrap();
    assert_eq!((changed.name.as_str(), changed.folder.as_str(), changed.archived), ("a", "Shop", true));
}

pub(crate) async fn a_route_has_its_place_alone(store: &Store) {
    let shop = workspace(store, "shop").await;
    let before = store.workspaces().get(&shop).await.unwrap().unwrap().revision;
    let mut tx = store.begin().await.unwrap();
    tx.routes().create(&route(&shop, "r1", "")).await.unwrap();
    tx.routes().create(&route(&shop, "r2", "sale")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.workspaces().get(&shop).await.unwrap().unwrap().revision > before);
    for twin in [route(&shop, "r3", "sale"), NewRoute { key: "key-r1".to_owned(), ..route(&shop, "r4", "x") }] {
        let mut tx = store.begin().await.unwrap();
        let refused = tx.routes().create(&twin).await.unwrap_err().to_string();
        assert_eq!(refused.contains("key-r1"), twin.id == "r4", "{refused}");
        assert!(refused.contains("taken"), "{refused}");
    }
    let mut tx = store.begin().await.unwrap();
    let change = RouteChange {
        name: None,
        channel: None,
        entry: None,
        workflow: Some("b".to_owned()),
        node: Some(None),
        settings: Some(json!({ "closed_answer": "Closed" })),
        at: at(9),
    };
    assert!(tx.routes().change(&shop, Production, "r1", &change).await.unwrap());
    assert!(!tx.routes().change(&shop, Sandbox, "r1", &change).await.unwrap());
    tx.commit().await.unwrap();
    let found = store.routes().by_key(Production, "key-r1").await.unwrap().unwrap();
    assert_eq!((found.workflow.as_str(), found.node, found.updated_at), ("b", None, at(9)));
    assert_eq!(found.settings, json!({ "closed_answer": "Closed" }));
    assert_eq!(store.routes().list(&shop, Production).await.unwrap()[1].node, Some(3));
    assert_eq!(store.routes().by_key(Sandbox, "key-r1").await.unwrap(), None);
}
