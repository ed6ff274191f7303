use serde_json::Value as Json;

use crate::room::Shop;
use crate::server::shop;

#[tokio::test]
async fn a_provider_that_knows_the_token_gets_its_challenge_back() {
    let mut running = Shop::open().await;
    let at = shop("/environments/production/channels/whatsapp");
    let channel = running.admin.get(&at).await.expect(200);
    let token = channel["verify_token"].as_str().unwrap().to_owned();
    let ask =
        |token: &str| format!("{}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}", running.door);

    let refused = running.browser().get(&ask("guess")).await;
    refused.problem(403, "not_verified");
    let answer = running.browser().get(&ask(&token)).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "1158201444"));
    let verified = running
        .until("the page tells", async |running| {
            let channel = running.admin.get(&at).await.expect(200);
            (channel["verified_at"] != Json::Null).then_some(channel)
        })
        .await;
    assert!(verified["last_error"]["message"].as_str().unwrap().contains("verify token"));
    running.browser().get("/in/whatsapp/nowhere").await.problem(404, "not_found");
    running.browser().get(&running.door).await.problem(403, "not_verified");
}
