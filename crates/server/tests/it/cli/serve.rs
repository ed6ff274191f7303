use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::Usher;
use crate::ports;
use crate::server::{ADMIN, Client, PASSWORD, shop};

/// A started program; killed when the test is over.
pub struct Serving {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(usher: &Usher, port: u16, more: &[&str]) -> Serving {
    start_with(usher, port, more, Stdio::null())
}

/// Starts the program with a place for its log.
pub fn start_with(usher: &Usher, port: u16, more: &[&str], log: Stdio) -> Serving {
    let listen = format!("127.0.0.1:{port}");
    let mut arguments = vec!["serve", "--listen", &listen];
    arguments.extend(more);
    let mut child = usher.command(&arguments).stderr(log).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Serving { child, lines }
}

impl Serving {
    pub fn line_with(&mut self, word: &str) -> String {
        self.lines.by_ref().map(Result::unwrap).find(|line| line.contains(word)).expect("it prints this")
    }

    pub fn terminate(&mut self) {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(20), "it stops when it is told to");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(self.child.wait().unwrap().success());
    }
}

#[tokio::test]
async fn a_demo_begins_with_a_link_and_an_example_that_is_live() {
    let usher = Usher::bare();
    let port = ports::free();
    let mut serving = start(&usher, port, &["--demo"]);
    let link = serving.line_with("/setup?token=").trim().to_owned();
    let base = format!("http://127.0.0.1:{port}");
    assert!(link.starts_with(&format!("http://localhost:{port}/setup?token=")), "{link}");

    let mut admin = Client::new(&base);
    let token = link.rsplit('=').next().unwrap();
    let body = json!({ "token": token, "name": "Ann", "email": ADMIN, "password": PASSWORD, "workspace": "Shop" });
    assert_eq!(admin.post("/api/v1/setup", body).await.expect(200)["demo"], true);
    let list = admin.get(&shop("/workflows")).await.expect(200);
    let told: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            format!("{} {} v{}", item["key"].as_str().unwrap(), item["state"].as_str().unwrap(), item["live_version"])
        })
        .collect();
    assert_eq!(told, ["order-status live v1", "support live v1"]);
    for environment in ["sandbox", "production"] {
        let routes = admin.get(&shop(&format!("/environments/{environment}/routes"))).await.expect(200);
        assert_eq!(routes["items"][0]["key"], "orders", "{environment}");
    }
    let order = admin.get("/demo/orders/1001").await.expect(200);
    assert_eq!(order["order"]["status"], "shipped");
    let tried = admin.post(&shop("/apis/shop/try"), json!({ "path": "/orders/1002" })).await.expect(200);
    assert_eq!((&tried["answered"], &tried["status"]), (&json!(true), &json!(200)), "{tried}");

    let visitor = "a-visitor-of-the-test-0001";
    admin.post("/chat/orders/open", json!({ "visitor": visitor })).await;
    let said = json!({ "visitor": visitor, "id": "1", "text": "order" });
    admin.post("/chat/orders/messages", said).await.expect(202);
    let list = usher.run(&["conversation", "--search", visitor]);
    let row = list.lines().nth(1).expect("the conversation is listed");
    assert!(row.contains("order-status") && row.contains("running"), "{list}");
    let told = usher.run(&["conversation", row.split_whitespace().next().unwrap()]);
    assert!(told.contains("> order\n") && told.contains("< Your order number?"), "{told}");
    assert!(told.contains("order-status v1 1 menu -> order") && told.contains("2 request_input waits"), "{told}");
    assert!(usher.fails(&["conversation", "nothing"]).contains("no conversation nothing in production"));

    // Commands work while the server runs, and it sees what they change.
    usher.run(&["workspace", "set", "shop", "--name", "The Shop"]);
    assert_eq!(admin.get(&shop("")).await.expect(200)["name"], "The Shop");
    serving.terminate();
}

#[tokio::test]
async fn without_a_demo_there_is_no_shop_and_a_restart_prints_no_link() {
    let usher = Usher::bare();
    let port = ports::free();
    let mut serving = start(&usher, port, &[]);
    serving.line_with("/setup?token=");
    let mut anybody = Client::new(&format!("http://127.0.0.1:{port}"));
    anybody.get("/demo/orders/1001").await.problem(404, "not_found");
    serving.terminate();

    usher.run_with_input(&["user", "add", ADMIN, "--password-stdin"], PASSWORD);
    let mut serving = start(&usher, port, &[]);
    serving.line_with("Usher runs on");
    let mut anybody = Client::new(&format!("http://127.0.0.1:{port}"));
    assert_eq!(anybody.get("/api/v1/setup").await.expect(200), json!({ "needed": false }));
    let output = usher.fails(&["serve", "--listen", &format!("127.0.0.1:{port}")]);
    assert!(output.contains("cannot listen"), "{output}");
    serving.terminate();
    let rest: Vec<String> = serving.lines.by_ref().map(Result::unwrap).collect();
    assert!(!rest.iter().any(|line| line.contains("setup")), "{rest:?}");
}
