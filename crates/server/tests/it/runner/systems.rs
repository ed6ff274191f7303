use std::time::Duration;

use serde_json::{Value as Json, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::room::{SOON, Shop, ann, hasty, workflow};
use crate::server::shop;

/// Has a conversation up to the call, and returns what `order.error` was when it came back by NO.
async fn failed(answer: Option<ResponseTemplate>) -> Json {
    let api = MockServer::start().await;
    let base = match answer {
        Some(answer) => {
            Mock::given(method("GET")).respond_with(answer).mount(&api).await;
            api.uri()
        }
        None => "http://127.0.0.1:9".to_owned(),
    };
    let mut running = Shop::open_with(hasty(), &base).await;
    let mut document = workflow();
    document["nodes"]["3"]["settings"]["timeout_seconds"] = json!(1);
    running.put_live(document).await;
    for (id, text) in [("wamid.1", "hello"), ("wamid.2", "1"), ("wamid.3", "1001")] {
        running.webhook(ann().text(id, text)).await.expect(200);
    }
    let sent = running.graph.wait_for(3, SOON).await;
    assert_eq!(sent.last().unwrap().text(), "Bye.", "the NO exit");
    let list = running.admin.get(&shop("/environments/production/conversations")).await.expect(200);
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let told = running.admin.get(&shop(&format!("/environments/production/conversations/{id}"))).await.expect(200);
    let visits = told["visits"].as_array().expect("the visits are listed").iter();
    let mut sets = visits.flat_map(|visit| visit["sets"].as_array().cloned().unwrap_or_default());
    sets.find(|set| set["name"] == "order").expect("the call set its variable")["value"]["error"].clone()
}

#[tokio::test]
async fn an_api_that_is_down_exits_by_no() {
    assert_eq!(failed(None).await["kind"], "unreachable");
}

#[tokio::test]
async fn an_api_that_is_slow_exits_by_no_in_the_time_set() {
    let began = std::time::Instant::now();
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    assert_eq!(failed(Some(slow)).await["kind"], "timeout");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn an_api_that_answers_an_error_exits_by_no() {
    assert_eq!(failed(Some(ResponseTemplate::new(404))).await["status"], 404);
}

#[tokio::test]
async fn an_api_that_answers_html_exits_by_no() {
    let html = ResponseTemplate::new(200).set_body_raw("<html>Sorry</html>", "text/html");
    let error = failed(Some(html)).await;
    assert!(error["kind"].is_string(), "{error}");
}

#[tokio::test]
async fn an_api_that_answers_50_mb_exits_by_no() {
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 50 * 1024 * 1024]);
    assert_eq!(failed(Some(huge)).await["kind"], "too_large");
}
