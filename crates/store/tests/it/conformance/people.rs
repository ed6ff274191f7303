//! Users, memberships, log-ins, links, API keys, the log of changes.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher_store::{
    Actor, Entry, Error, Link, LinkKind, Login, Membership, NewApiKey, NewWorkspace, Store, User, WorkspaceChange,
};

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

pub(crate) async fn workspace(store: &Store, key: &str) -> String {
    let id = format!("id-{key}");
    let mut tx = store.begin().await.unwrap();
    let new = NewWorkspace { id: id.clone(), key: key.to_owned(), name: key.to_uppercase(), created_at: at(1) };
    tx.workspaces().create(&new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        email: format!("{id}@example.com"),
        name: id.to_owned(),
        password_hash: None,
        disabled: false,
        created_at: at(1),
        last_login_at: None,
    }
}

pub(crate) async fn members_log_in_and_leave(store: &Store) {
    let shop = workspace(store, "shop").await;
    assert_eq!(store.users().count().await.unwrap(), 0);
    let mut ann = user("ann");
    let mut tx = store.begin().await.unwrap();
    tx.users().create(&ann).await.unwrap();
    let mut place =
        Membership { workspace: shop.clone(), user_id: "ann".to_owned(), role: "viewer".to_owned(), created_at: at(2) };
    tx.memberships().put(&place).await.unwrap();
    place.role = "admin".to_owned();
    tx.memberships().put(&place).await.unwrap();
    let login = |token: &str| Login {
        token_hash: token.to_owned(),
        user_id: "ann".to_owned(),
        created_at: at(3),
        last_seen_at: at(3),
        expires_at: at(100),
    };
    tx.logins().create(&login("one")).await.unwrap();
    tx.logins().create(&login("two")).await.unwrap();
    tx.users().note_login("ann", at(3)).await.unwrap();
    tx.logins().note_seen("one", at(5)).await.unwrap();
    tx.commit().await.unwrap();

    let members = store.memberships().of_workspace(&shop).await.unwrap();
    assert_eq!((members.len(), members[0].role.as_str(), members[0].since), (1, "admin", at(2)));
    assert_eq!(store.memberships().get(&shop, "ann").await.unwrap(), Some(place));
    ann.last_login_at = Some(at(3));
    let (found, whose) = store.logins().get("one").await.unwrap().unwrap();
    assert_eq!((found.last_seen_at, whose), (at(5), ann.clone()));

    let mut tx = store.begin().await.unwrap();
    ann.disabled = true;
    ann.password_hash = Some("hash".to_owned());
    assert!(tx.users().update(&ann).await.unwrap());
    tx.logins().delete_of_user("ann", Some("two")).await.unwrap();
    assert!(tx.memberships().delete(&shop, "ann").await.unwrap());
    tx.commit().await.unwrap();
    assert!(store.logins().get("one").await.unwrap().is_none());
    assert_eq!(store.logins().get("two").await.unwrap().unwrap().1, ann);
    assert_eq!(store.memberships().of_user("ann").await.unwrap(), []);
    assert_eq!(store.users().by_email("ann@example.com").await.unwrap(), Some(ann));
}

pub(crate) async fn a_taken_address_is_said_so(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    tx.users().create(&user("ann")).await.unwrap();
    let twin = User { id: "bob".to_owned(), ..user("ann") };
    let refused = tx.users().create(&twin).await.unwrap_err();
    assert!(matches!(&refused, Error::Taken { what } if what.contains("ann@example.com")), "{refused}");
    drop(tx);
    assert_eq!(store.users().count().await.unwrap(), 0, "what was dropped is rolled back");
}

pub(crate) async fn a_link_opens_once_and_not_after_its_time(store: &Store) {
    let shop = workspace(store, "shop").await;
    let link = |token: &str| Link {
        token_hash: token.to_owned(),
        kind: LinkKind::Invitation,
        workspace: Some(shop.clone()),
        user_id: None,
        email: Some("bob@example.com".to_owned()),
        role: Some("builder".to_owned()),
        created_by: Some("Ann".to_owned()),
        created_at: at(1),
        expires_at: at(10),
        used_at: None,
    };
    let mut tx = store.begin().await.unwrap();
    tx.links().create(&link("one")).await.unwrap();
    tx.links().create(&link("two")).await.unwrap();
    assert!(tx.links().claim("one", at(9)).await.unwrap());
    assert!(!tx.links().claim("one", at(9)).await.unwrap());
    assert!(!tx.links().claim("two", at(10)).await.unwrap());
    assert!(!tx.links().claim("three", at(9)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.links().get("two").await.unwrap(), Some(link("two")));
    let mut tx = store.begin().await.unwrap();
    tx.links().delete_invitations(&shop, "bob@example.com").await.unwrap();
    tx.commit().await.unwrap();
    let left = store.links().invitations(&shop).await.unwrap();
    assert_eq!(left, [Link { used_at: Some(at(9)), ..link("one") }]);
}

pub(crate) async fn api_keys_are_found_by_their_hash(store: &Store) {
    let shop = workspace(store, "shop").await;
    let new = NewApiKey {
        id: "k1".to_owned(),
        workspace: shop.clone(),
        name: "Robot".to_owned(),
        key_hash: "hash".to_owned(),
        hint: "ush_abc".to_owned(),
        role: "builder".to_owned(),
        permissions: Some(vec!["workflows.read".to_owned()]),
        created_by: None,
        created_at: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.api_keys().create(&new).await.unwrap();
    tx.api_keys().note_used("k1", at(7)).await.unwrap();
    tx.commit().await.unwrap();
    let found = store.api_keys().by_hash("hash").await.unwrap().unwrap();
    assert_eq!((found.last_used_at, &found.permissions), (Some(at(7)), &new.permissions));
    assert_eq!(store.api_keys().list(&shop).await.unwrap(), [found]);
    let mut tx = store.begin().await.unwrap();
    assert!(!tx.api_keys().delete("elsewhere", "k1").await.unwrap());
    assert!(tx.api_keys().delete(&shop, "k1").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.api_keys().by_hash("hash").await.unwrap(), None);
}

pub(crate) async fn the_log_is_read_a_page_at_a_time(store: &Store) {
    let shop = workspace(store, "shop").await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=5 {
        let entry = Entry {
            id: format!("{number}"),
            workspace: Some(shop.clone()),
            at: at(number),
            actor: Actor { kind: "user".to_owned(), name: "Ann".to_owned() },
            action: "workflow.changed".to_owned(),
            subject: "workflow a".to_owned(),
            details: json!({ "number": number }),
        };
        tx.audit().append(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let first = store.audit().list(&shop, None, 3).await.unwrap();
    let numbers = |page: &usher_store::Page<Entry>| page.items.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    assert_eq!((numbers(&first), first.next.as_deref()), (vec!["5".into(), "4".into(), "3".into()], Some("3")));
    let second = store.audit().list(&shop, first.next.as_deref(), 3).await.unwrap();
    assert_eq!((numbers(&second), second.next), (vec!["2".into(), "1".into()], None));
}

pub(crate) async fn a_workspace_is_changed_in_what_is_given(store: &Store) {
    let shop = workspace(store, "shop").await;
    let before = store.workspaces().by_key("shop").await.unwrap().unwrap();
    let mut tx = store.begin().await.unwrap();
    let change = WorkspaceChange { approval_required: Some(true), ..WorkspaceChange::default() };
    assert!(tx.workspaces().change(&shop, &change).await.unwrap());
    assert!(!tx.workspaces().change("elsewhere", &change).await.unwrap());
    let settings = json!({ "session_seconds": 60 });
    let sandbox = usher_engine::Environment::Sandbox;
    assert!(tx.workspaces().set_environment(&shop, sandbox, &settings).await.unwrap());
    let twin = NewWorkspace { id: "other".to_owned(), key: "shop".to_owned(), name: String::new(), created_at: at(1) };
    tx.commit().await.unwrap();
    let after = store.workspaces().get(&shop).await.unwrap().unwrap();
    assert_eq!((after.name.as_str(), after.approval_required), ("SHOP", true));
    assert!(after.revision > before.revision);
    assert_eq!(store.workspaces().environment(&shop, sandbox).await.unwrap().unwrap().settings, settings);
    let mut tx = store.begin().await.unwrap();
    assert!(matches!(tx.workspaces().create(&twin).await, Err(Error::Taken { .. })));
}
