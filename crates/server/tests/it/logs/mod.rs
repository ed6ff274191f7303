//! What the log says at its most talkative, and what it must never say: the built program, through everything that people
//! and providers do, well and badly.

mod hidden;
mod house;

use serde_json::Value as Json;

use house::House;

/// Lives through everything and returns the log, once nothing in it gives anything away.
async fn log_of(format: &'static str) -> String {
    let mut house = House::open(format).await;
    house.people_come_in().await;
    house.conversations_go_well().await;
    house.conversations_go_badly().await;
    house.webhooks_are_refused().await;
    house.visitors_chat().await;
    house.scripts_call().await;
    let (log, hidden) = house.close().await;
    for (what, words) in hidden {
        assert!(words.len() > 5, "{what} is too short to be looked for");
        let leaking = log.lines().find(|line| line.contains(&words));
        assert!(leaking.is_none(), "the log tells {what}: {}", leaking.unwrap_or_default());
    }
    log
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_says_what_happened_and_gives_nobody_and_no_secret_away() {
    let log = log_of("text").await;
    for line in [
        r#"DEBUG answered method=POST route="/in/{kind}/{door}" status=200 millis="#,
        r#"DEBUG answered method=POST route="/in/{kind}/{door}" status=401 millis="#,
        r#"DEBUG answered method=POST route="/api/v1/login" status=401 millis="#,
        r#"DEBUG answered method=POST route="/api/v1/invitations/{token}" status=200 millis="#,
        r#"DEBUG answered method=POST route="/chat/{route}/messages" status=202 millis="#,
        "WARN spans could not be exported; they are dropped, and counted error=",
        "INFO stopping; what is under way is finished first",
        "INFO stopped",
    ] {
        assert!(log.lines().any(|told| told.contains(line)), "`{line}` is not in\n{log}");
    }
    assert!(!log.contains('\u{1b}'), "a file has no colours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_as_json_says_the_same_and_gives_nothing_away_either() {
    let log = log_of("json").await;
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let told = |route: &str, status: u16| {
        lines.iter().any(|line| {
            let fields = &line["fields"];
            line["level"] == "DEBUG"
                && line["target"] == "usher_server::serve"
                && fields["message"] == "answered"
                && fields["route"] == route
                && fields["status"] == status
                && fields["method"] == "POST"
        })
    };
    let webhook = "/in/{kind}/{door}";
    for (route, status) in [(webhook, 200), (webhook, 401), ("/api/v1/login", 401), ("/chat/{route}/messages", 202)] {
        assert!(told(route, status), "{route} {status} is not in\n{log}");
    }
    let lost = lines.iter().find(|line| line["fields"]["collector"] == "http://127.0.0.1:9").expect("it is told");
    assert_eq!((&lost["level"], &lost["target"]), (&"WARN".into(), &"usher_server::spans::export".into()));
    assert!(lines.iter().any(|line| line["level"] == "TRACE"), "the most talkative level was heard:\n{log}");
}
