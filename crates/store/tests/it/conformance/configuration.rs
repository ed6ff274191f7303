//! Channels, connections, APIs, and what is noted of them; previews and throttles.

use serde_json::json;
use usher_engine::Environment::{Production, Sandbox};
use usher_engine::id::{EventId, SessionId};
use usher_store::{
    AddressKey, ApiChange, ChannelChange, ChannelNote, ConnectionChange, ConnectionState, DeadLetterFilter, Error,
    Kept, KeptEvent, NewApi, NewChannel, NewConnection, Preview, Search, Store, Throttle,
};

use super::people::{at, workspace};

async fn revision(store: &Store, workspace: &str) -> u64 {
    store.workspaces().get(workspace).await.unwrap().unwrap().revision
}

pub(crate) async fn a_channel_is_changed_in_what_is_given(store: &Store) {
    let shop = workspace(store, "shop").await;
    let new = NewChannel {
        workspace: shop.clone(),
        environment: Production,
        key: "phone".to_owned(),
        door: "door".to_owned(),
        kind: "whatsapp".to_owned(),
        name: "Phone".to_owned(),
        settings: json!({ "number": "1" }),
        secrets: Some(vec![0, 159, 146, 150]),
        secret_names: vec!["token".to_owned()],
        created_at: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.channels().create(&new).await.unwrap();
    tx.commit().await.unwrap();
    let created = revision(store, &shop).await;

    let mut tx = store.begin().await.unwrap();
    tx.channels().webhook_came(&shop, Production, "phone", at(2)).await.unwrap();
    tx.channels().verified(&shop, Production, "phone", at(3)).await.unwrap();
    tx.channels().error(&shop, Production, "phone", "wrong token", at(4)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(revision(store, &shop).await, created, "what is noted is nothing that the runner must see");

    let mut tx = store.begin().await.unwrap();
    let change = ChannelChange { name: Some("Line".to_owned()), settings: None, secrets: None, at: at(5) };
    assert!(tx.channels().change(&shop, Production, "phone", &change).await.unwrap());
    assert!(!tx.channels().change(&shop, Sandbox, "phone", &change).await.unwrap());
    tx.commit().await.unwrap();
    assert!(revision(store, &shop).await > created);
    let found = store.channels().by_door("door").await.unwrap().unwrap();
    assert_eq!(
        (&found.secrets, &found.secret_names, &found.settings),
        (&new.secrets, &new.secret_names, &new.settings)
    );
    assert_eq!((found.name.as_str(), found.verified_at, found.last_webhook_at), ("Line", Some(at(3)), Some(at(2))));
    assert_eq!((found.last_error.as_deref(), found.last_error_at), (Some("wrong token"), Some(at(4))));

    let mut tx = store.begin().await.unwrap();
    let change = ChannelChange { name: None, settings: Some(json!({})), secrets: Some((None, Vec::new())), at: at(6) };
    tx.channels().change(&shop, Production, "phone", &change).await.unwrap();
    tx.commit().await.unwrap();
    let found = store.channels().get(&shop, Production, "phone").await.unwrap().unwrap();
    assert_eq!((found.secrets.as_ref(), found.secret_names.len(), found.settings.clone()), (None, 0, json!({})));
    assert_eq!(store.channels().list(&shop, Production).await.unwrap(), [found]);

    let mut tx = store.begin().await.unwrap();
    let twin = NewChannel { door: "other".to_owned(), ..new };
    assert!(matches!(tx.channels().create(&twin).await, Err(Error::Taken { what }) if what.contains("phone")));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.channels().delete(&shop, Production, "phone").await.unwrap());
    assert!(!tx.channels().delete(&shop, Production, "phone").await.unwrap());
}

pub(crate) async fn a_connection_keeps_what_its_test_said(store: &Store) {
    let shop = workspace(store, "shop").await;
    let new = NewConnection {
        workspace: shop.clone(),
        environment: Sandbox,
        key: "desk".to_owned(),
        system: "zendesk_support".to_owned(),
        name: "Desk".to_owned(),
        settings: json!({}),
        secrets: None,
        secret_names: Vec::new(),
        created_at: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.connections().create(&new).await.unwrap();
    let found = tx.connections().get(&shop, Sandbox, "desk").await.unwrap().unwrap();
    assert_eq!(found.state, ConnectionState::Untested);
    let failing = ConnectionState::Failing;
    tx.connections().note_state(&shop, Sandbox, "desk", failing, Some("401"), Some(at(2))).await.unwrap();
    let secrets = Some((Some(vec![1]), vec!["token".to_owned()]));
    let change = ConnectionChange { name: None, settings: None, secrets, at: at(3) };
    assert!(tx.connections().change(&shop, Sandbox, "desk", &change).await.unwrap());
    tx.commit().await.unwrap();
    let found = store.connections().list(&shop, Sandbox).await.unwrap().remove(0);
    assert_eq!((found.state, found.message.as_deref(), found.checked_at), (failing, Some("401"), Some(at(2))));
    assert_eq!((found.secrets, found.updated_at), (Some(vec![1]), at(3)));
    let mut tx = store.begin().await.unwrap();
    assert!(tx.connections().delete(&shop, Sandbox, "desk").await.unwrap());
}

pub(crate) async fn an_api_is_of_both_environments(store: &Store) {
    let shop = workspace(store, "shop").await;
    let before = revision(store, &shop).await;
    let new = NewApi {
        workspace: shop.clone(),
        key: "orders".to_owned(),
        name: "Orders".to_owned(),
        settings: json!({ "base_url": {} }),
        secrets: Some(b"sealed".to_vec()),
        secret_names: vec!["token".to_owned()],
        created_at: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.apis().create(&new).await.unwrap();
    let change = ApiChange { name: None, settings: Some(json!({ "x": 1 })), secrets: None, at: at(2) };
    assert!(tx.apis().change(&shop, "orders", &change).await.unwrap());
    tx.commit().await.unwrap();
    assert!(revision(store, &shop).await > before);
    let found = store.apis().get(&shop, "orders").await.unwrap().unwrap();
    assert_eq!((found.settings.clone(), found.secrets.clone()), (json!({ "x": 1 }), Some(b"sealed".to_vec())));
    assert_eq!(store.apis().list(&shop).await.unwrap(), [found]);
    let mut tx = store.begin().await.unwrap();
    assert!(matches!(tx.apis().create(&new).await, Err(Error::Taken { .. })));
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.apis().delete(&shop, "orders").await.unwrap());
    assert_eq!(tx.apis().get(&shop, "orders").await.unwrap(), None);
}

pub(crate) async fn what_happens_to_a_channel_is_read_newest_first(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=3_u8 {
        let note = ChannelNote {
            id: format!("{number}"),
            workspace: shop.clone(),
            environment: Production,
            channel: "phone".to_owned(),
            at: at(number.into()),
            level: "error".to_owned(),
            text: "the signature is wrong".to_owned(),
        };
        tx.channel_log().add(&note).await.unwrap();
    }
    tx.commit().await.unwrap();
    let notes = store.channel_log().list(&shop, Production, "phone", None, 2).await.unwrap();
    assert_eq!((notes.items[0].id.as_str(), notes.next.as_deref()), ("3", Some("2")));
    let notes = store.channel_log().list(&shop, Production, "phone", Some("2"), 2).await.unwrap();
    assert_eq!((notes.items.len(), notes.next), (1, None));
    assert!(store.channel_log().list(&shop, Sandbox, "phone", None, 2).await.unwrap().items.is_empty());
}

fn kept(workspace: &str, id: &str, event: Option<KeptEvent>) -> Kept {
    Kept {
        id: id.to_owned(),
        workspace: workspace.to_owned(),
        environment: Production,
        channel: "phone".to_owned(),
        at: at(1),
        problem: "not JSON".to_owned(),
        body: vec![0, 7, 255],
        bytes: 3,
        event,
    }
}

pub(crate) async fn what_is_kept_is_read_and_leaves(store: &Store) {
    let shop = workspace(store, "shop").await;
    let event = |tries| Some(KeptEvent { id: EventId::from("e"), address: "ann".to_owned(), tries });
    let mut tx = store.begin().await.unwrap();
    tx.kept().keep(&kept(&shop, "1", None)).await.unwrap();
    tx.kept().keep(&kept(&shop, "2", event(5))).await.unwrap();
    tx.kept().keep(&kept(&shop, "3", None)).await.unwrap();
    // The same event once more.
    let again = Kept { at: at(9), problem: "it panicked".to_owned(), ..kept(&shop, "4", event(2)) };
    tx.kept().keep(&again).await.unwrap();
    tx.commit().await.unwrap();

    let page = store.kept().list(&shop, Production, None, None, 2).await.unwrap();
    let ids = |page: &usher_store::Page<Kept>| page.items.iter().map(|kept| kept.id.clone()).collect::<Vec<_>>();
    assert_eq!((ids(&page), page.next.as_deref()), (vec!["3".to_owned(), "2".to_owned()], Some("2")));
    assert_eq!((page.items[0].body.len(), page.items[0].bytes), (0, 3), "lists hold no bodies");
    assert_eq!((&page.items[1].event, page.items[1].problem.as_str()), (&event(7), "it panicked"));
    let page = store.kept().list(&shop, Production, Some("phone"), Some("2"), 2).await.unwrap();
    assert_eq!((ids(&page), page.next), (vec!["1".to_owned()], None));
    assert!(store.kept().list(&shop, Production, Some("web"), None, 2).await.unwrap().items.is_empty());
    assert!(store.kept().list(&shop, Sandbox, None, None, 2).await.unwrap().items.is_empty());
    assert_eq!(store.kept().get(&shop, Production, "1").await.unwrap(), Some(kept(&shop, "1", None)));
    assert_eq!(store.kept().get(&shop, Sandbox, "1").await.unwrap(), None);

    let mut tx = store.begin().await.unwrap();
    assert!(!tx.kept().remove(&shop, Production, "2", Some(5)).await.unwrap(), "it was tried again since");
    assert!(!tx.kept().remove(&shop, Sandbox, "2", None).await.unwrap());
    assert!(tx.kept().remove(&shop, Production, "2", Some(7)).await.unwrap());
    assert!(tx.kept().remove(&shop, Production, "1", None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.kept().list(&shop, Production, None, None, 9).await.unwrap().items.len(), 1);
}

pub(crate) async fn previews_and_throttles_come_and_go(store: &Store) {
    let shop = workspace(store, "shop").await;
    let preview = Preview {
        id: "p1".to_owned(),
        workspace: shop.clone(),
        workflow: "a".to_owned(),
        settings: json!({ "look": "whatsapp" }),
        snapshot: json!({}),
        created_by: None,
        created_at: at(1),
        updated_at: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.previews().create(&preview).await.unwrap();
    tx.previews().note_used("p1", at(2)).await.unwrap();
    tx.throttles().fail("ann", at(1), at(0)).await.unwrap();
    tx.throttles().fail("ann", at(2), at(0)).await.unwrap();
    assert_eq!(tx.throttles().get("ann").await.unwrap(), Some(Throttle { failures: 2, since: at(1) }));
    tx.throttles().fail("ann", at(9), at(5)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.throttles().get("ann").await.unwrap(), Some(Throttle { failures: 1, since: at(9) }));
    assert_eq!(store.previews().get("p1").await.unwrap(), Some(Preview { updated_at: at(2), ..preview }));
    let mut tx = store.begin().await.unwrap();
    assert!(!tx.previews().delete("elsewhere", "p1").await.unwrap());
    assert!(tx.previews().delete(&shop, "p1").await.unwrap());
    tx.throttles().clear("ann").await.unwrap();
    assert_eq!(tx.throttles().get("ann").await.unwrap(), None);
}

pub(crate) async fn where_nothing_happened_nothing_is_found(store: &Store) {
    let shop = workspace(store, "shop").await;
    let search = Search {
        workspace: shop.clone(),
        environment: Production,
        text: "50%".to_owned(),
        without_kind: Some("preview".to_owned()),
    };
    assert!(store.conversations().list(&search, Some("x"), 10).await.unwrap().items.is_empty());
    assert_eq!(store.conversations().get(&shop, Production, "s1", 10).await.unwrap(), None);
    let key = AddressKey {
        workspace: shop.clone(),
        environment: Production,
        channel: "phone".to_owned(),
        address: "1".to_owned(),
    };
    assert_eq!(store.conversations().present(&key, 10).await.unwrap(), None);
    assert_eq!(store.conversations().messages_at(&key, 0, 10).await.unwrap(), []);
    assert_eq!(store.conversations().messages(&SessionId::from("s1"), 0, 10).await.unwrap(), []);
    assert_eq!(store.conversations().journal(&SessionId::from("s1"), 0, 10).await.unwrap(), []);
    let letters = DeadLetterFilter::all(&shop, Production);
    assert!(store.dead_letters().list(&letters, Some("5/x"), 10).await.unwrap().items.is_empty());
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.dead_letters().retry(&letters, at(1), 10).await.unwrap(), 0);
    assert!(!tx.dead_letters().delete(&shop, Production, "e1").await.unwrap());
}
