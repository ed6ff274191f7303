//! Who watches at one process sees what others commit.

use usher_server::roles::Roles;

use super::place::Place;
use super::process::Process;
use crate::api::statistics;
use crate::room::{SOON, Shop, ann, hasty};
use crate::server::shop as path;
use crate::web_chat::stream::{Stream, Told};

/// Opens a shop that takes no turns itself, and a process that does.
async fn shop_and_other(place: &Place) -> (Shop, Process) {
    let mut settings = hasty();
    settings.roles = Roles { runner: false, ..Roles::ALL };
    let shop = place.shop(settings).await;
    let other = place.join(&shop).await;
    (shop, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_seen_while_another_process_has_it() {
    let place = Place::new("watched_conversation").await;
    let (mut shop, other) = shop_and_other(&place).await;
    other.webhook(ann().text("wamid.0", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;
    let conversations = path("/environments/production/conversations");
    let list = shop.admin.get(&conversations).await.expect(200);
    let id = list["items"][0]["id"].as_str().expect("there is a conversation");
    let url = format!("{}{conversations}/{id}/live", shop.base());
    let cookie = shop.admin.cookie.clone().expect("the admin is logged in");
    let mut stream = Stream::open(&url, &[("Cookie", &cookie)]).await;
    for (n, word) in ["one", "two", "three"].into_iter().enumerate() {
        other.webhook(ann().text(word, word)).await.expect(200);
        let answer = format!("You said {word}.");
        stream.until(|told| told.iter().any(|told| told.words() == answer)).await;
        let answers = |told: &Told| told.name == "visit" && told.data["node"] == 2;
        stream.until(|told| told.iter().filter(|told| answers(told)).count() == n + 1).await;
    }
    drop(stream);
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_are_seen_while_another_process_counts() {
    let place = Place::new("watched_statistics").await;
    let (shop, other) = shop_and_other(&place).await;
    let mut stream = statistics::watch(shop.base(), shop.admin.cookie.as_deref()).await;
    stream.until(|told| !told.is_empty()).await;
    assert_eq!(statistics::entered(&stream.told, 1), 0);
    for n in 0..3 {
        other.webhook(ann().text(&format!("wamid.{n}"), &n.to_string())).await.expect(200);
        // The first message opens the conversation, and every other is answered and brings the question again.
        stream.until(|told| (statistics::entered(told, 1), statistics::entered(told, 2)) == (n + 1, n)).await;
    }
    drop(stream);
    drop(other);
    drop(shop.close().await);
    place.remove().await;
}
