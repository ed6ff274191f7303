//! An event that fails every time is set aside, and the contact's later messages go on.

use serde_json::Value as Json;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::place::{Place, echoes};
use crate::room::{SOON, ann, hasty};
use crate::server::shop as path;

/// Lets the database refuse a turn as if it were busy, whenever it is about this.
const REFUSE: &str = "
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '53000'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON journal FOR EACH ROW
        WHEN (NEW.event LIKE '%poison%') EXECUTE FUNCTION refuse()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_every_time_is_set_aside_and_the_rest_goes_on() {
    let place = Place::new("poison").await;
    let mut shop = place.shop(hasty()).await;
    let mut database = PgConnection::connect(&place.database.address()).await.unwrap();
    database.execute(REFUSE).await.unwrap();
    for (n, said) in ["hello", "1", "poison", "2", "3"].into_iter().enumerate() {
        shop.webhook(ann().text(&format!("wamid.{n}"), said)).await.expect(200);
    }
    shop.graph.wait_for(7, SOON).await;
    assert_eq!(echoes(&shop.graph.sent(), &ann().phone), ["1", "2", "3"]);
    let at = path("/environments/production/kept");
    let kept = shop.admin.get(&at).await.expect(200);
    let kept = &kept["items"][0];
    assert_eq!((kept["tries"].as_u64(), kept["address"].as_str()), (Some(5), Some(ann().phone.as_str())), "{kept}");

    // Once it is mended, it can be tried again.
    database.execute("DROP TRIGGER refuse ON journal").await.unwrap();
    let retry = format!("{at}/{}/retry", kept["id"].as_str().unwrap());
    shop.admin.post(&retry, Json::Null).await;
    shop.until("it is answered", async |shop| {
        (echoes(&shop.graph.sent(), &ann().phone).last() == Some(&"poison")).then_some(())
    })
    .await;
    drop(database);
    drop(shop.close().await);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_on_the_stream_is_kept_and_the_rest_goes_on() {
    let place = Place::new("unread").await;
    let mut shop = place.shop(hasty()).await;
    let client = async_nats::connect(&place.nats.servers).await.unwrap();
    let stream = async_nats::jetstream::new(client);
    for partition in 0..64 {
        let subject = format!("{}.events.{partition}", place.nats.stream);
        let body = r#"{"v":7,"events":[{"environment":"production","channel":"whatsapp"}]}"#;
        stream.publish(subject.clone(), body.into()).await.unwrap().await.unwrap();
        stream.publish(subject, "\u{0} oops".into()).await.unwrap().await.unwrap();
    }
    stream.publish(format!("{}.statuses", place.nats.stream), "{}".into()).await.unwrap().await.unwrap();
    shop.webhook(ann().text("wamid.1", "hello")).await.expect(200);
    shop.graph.wait_for(1, SOON).await;
    shop.until("the stream is empty", async |_| (place.on_stream().await == 0).then_some(())).await;
    let mut database = PgConnection::connect(&place.database.address()).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&mut database).await.unwrap();
    assert_eq!(kept, 129);
    drop(database);
    drop(shop.close().await);
    place.remove().await;
}
