//! Previews: the draft as it is now, in the looks of a channel.

use serde_json::json;

use crate::room::{Shop, workflow};
use crate::server::shop;
use crate::web_chat::stream::told_as;

#[tokio::test]
async fn a_preview_runs_on_the_draft_and_an_edit_is_live_at_once() {
    let mut running = Shop::open().await;
    let mut document = workflow();
    document["nodes"]["1"]["settings"]["body"] = json!("Drafted for {{ contact.name }}.");
    running.draft(document.clone()).await;
    let start = json!({ "workflow": "orders", "channel": "whatsapp", "contact": { "name": "Bo" } });
    let id = running.admin.post(&shop("/previews"), start).await.expect(201)["id"].as_str().unwrap().to_owned();
    let at = shop(&format!("/previews/{id}"));
    let now = running.admin.get(&at).await.expect(200);
    assert_eq!(now["messages"][0]["message"]["text"], "Drafted for Bo.");
    assert_eq!(
        (&now["messages"][0]["node"], &now["waiting_at"], &now["state"]),
        (&json!(1), &json!(1), &json!("running"))
    );
    assert_eq!(now["visits"][0]["version"], 0);

    document["nodes"]["2"]["settings"]["text"] = json!("Edited: which order?");
    running.draft(document).await;
    let button = now["messages"][0]["message"]["buttons"][0].clone();
    let say = shop(&format!("/previews/{id}/messages"));
    running.admin.post(&say, json!({ "tap": { "id": button["id"], "title": button["title"] } })).await.expect(202);
    let now = running.admin.get(&at).await.expect(200);
    assert_eq!(now["messages"][2]["message"]["text"], "Edited: which order?");

    let cookie = running.admin.cookie.clone().unwrap();
    let events = format!("{}{}/events", running.base(), at);
    let told = told_as(&events, &[("Cookie", &cookie)], |told| told.iter().any(|told| told.name == "variables")).await;
    let names: Vec<_> = told.iter().map(|told| told.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| **name == "message").count(), 3);
    assert!(names.contains(&"visit"));

    // The sandbox's API is down, so the call exits by NO, and the workflow ends.
    running.admin.post(&say, json!({ "text": "1001" })).await.expect(202);
    let ended = running
        .until("the call comes back", async |running| {
            let now = running.admin.get(&at).await.expect(200);
            (now["state"] == "ended").then_some(now)
        })
        .await;
    assert_eq!(ended["messages"].as_array().unwrap().last().unwrap()["message"]["text"], "Bye.");
    assert_eq!(ended["variables"]["number"], "1001");

    // Previews are nobody's conversations.
    let list = running.admin.get(&shop("/environments/sandbox/conversations")).await.expect(200);
    assert_eq!(list["items"], json!([]));
    running.admin.delete(&at).await.expect(204);
    running.admin.get(&at).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_preview_can_begin_at_a_node_and_shows_what_the_channel_can() {
    let mut running = Shop::open().await;
    let start = json!({ "workflow": "orders", "channel": "sms", "node": 1 });
    let id = running.admin.post(&shop("/previews"), start).await.expect(201)["id"].as_str().unwrap().to_owned();
    let now = running.admin.get(&shop(&format!("/previews/{id}"))).await.expect(200);
    assert_eq!(now["messages"][0]["message"]["kind"], "text", "an SMS has no buttons");
    let start = json!({ "workflow": "orders", "channel": "whatsapp", "node": 2 });
    let id = running.admin.post(&shop("/previews"), start).await.expect(201)["id"].as_str().unwrap().to_owned();
    let now = running.admin.get(&shop(&format!("/previews/{id}"))).await.expect(200);
    assert_eq!(now["messages"][0]["message"]["text"], "Your order number?");
}

#[tokio::test]
async fn what_cannot_be_previewed_is_said_with_its_place() {
    let mut running = Shop::open().await;
    for (body, pointer) in [
        (json!({ "workflow": "nowhere", "channel": "whatsapp" }), "/workflow"),
        (json!({ "workflow": "orders", "channel": "pigeon" }), "/channel"),
    ] {
        let problem = running.admin.post(&shop("/previews"), body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    running.admin.get(&shop("/previews/none")).await.problem(404, "not_found");
}
