//! The client against addresses it may not call and servers that misbehave.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use url::Url;
use usher_connect::http::{Client, Failure, FailureKind, Method, Request, Rules};

use crate::client;
use crate::raw::{Behaviour, Raw};

fn get(url: Url) -> Request {
    Request::new(Method::Get, url).timeout(Duration::from_secs(5))
}

async fn refused(client: &Client, address: &str) -> Failure {
    let url = Url::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    let failure = client.send(get(url)).await.expect_err(address);
    assert_eq!((failure.kind, failure.sent), (FailureKind::Refused, false), "{address}: {failure}");
    failure
}

#[tokio::test]
async fn an_address_inside_is_refused_however_it_is_written() {
    let door = Raw::start(Behaviour::says("200 OK", "inside")).await;
    let port = door.address.port();
    let client = Client::new(Rules { allow_http: true, ..Rules::default() }).expect("TLS can be set up");
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "１２７.０.０.１",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "localhost",
        "LOCALHOST",
    ] {
        for scheme in ["http", "https"] {
            let failure = refused(&client, &format!("{scheme}://{host}:{port}/secret")).await;
            assert!(!failure.message.contains("secret"), "{failure}");
        }
    }
    assert_eq!(door.connections(), 0, "nothing was even connected to");
}

#[tokio::test]
async fn a_name_of_this_machine_is_called_only_if_its_network_is_allowed() {
    let door = Raw::start(Behaviour::says("200 OK\r\ncontent-type: text/plain", "inside")).await;
    let address = format!("http://localhost:{}/", door.address.port());
    let answer = client().send(get(Url::parse(&address).expect("a URL"))).await.expect("loopback is allowed");
    assert_eq!((answer.status, &answer.body[..], answer.content_type()), (200, &b"inside"[..], Some("text/plain")));
    let other = Client::new(Rules::allowing(["10.0.0.0/8".parse().expect("a network")])).expect("TLS can be set up");
    refused(&other, &address).await;
}

#[tokio::test]
async fn a_client_for_one_origin_calls_no_other() {
    let own = Raw::start(Behaviour::says("200 OK", "own")).await;
    let other = Raw::start(Behaviour::says("200 OK", "other")).await;
    let client = client().with_rules(Rules::only(own.url("/"))).expect("TLS can be set up");
    assert!(client.send(get(own.url("/demo/orders/1"))).await.is_ok());
    refused(&client, other.url("/").as_str()).await;
    refused(&client, "https://example.com/").await;
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn public_hosts_are_not_called_in_the_clear() {
    let client = Client::new(Rules::default()).expect("TLS can be set up");
    let failure = refused(&client, "http://8.8.8.8/").await;
    assert_eq!(failure.message, "8.8.8.8 is at 8.8.8.8, where only https may be called");
}

#[tokio::test]
async fn requests_that_cannot_be_made_are_refused() {
    let client = client();
    refused(&client, "ftp://127.0.0.1/").await;
    refused(&client, "http://user:pass@127.0.0.1/").await;
    for (name, value) in [("bad header", "x"), ("x-a", "line\r\nbreak"), ("Host", "inside"), ("Content-Length", "1")] {
        let request = get(Url::parse("http://127.0.0.1/").expect("a URL")).header(name, value);
        let failure = client.send(request).await.expect_err(name);
        assert_eq!((failure.kind, failure.sent), (FailureKind::Refused, false), "{name}: {failure}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let inside = Raw::start(Behaviour::says("200 OK", "inside")).await;
    let head = format!("302 Found\r\nlocation: {}", inside.url("/"));
    let door = Raw::start(Behaviour::says(&head, "")).await;
    let answer = client().send(get(door.url("/"))).await.expect("it answers");
    assert_eq!((answer.status, answer.header("location")), (302, Some(inside.url("/").as_str())));
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn an_answer_of_fifty_megabytes_is_left_unread() {
    let bytes = 50 * 1024 * 1024;
    for head in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let door = Raw::start(Behaviour::Pours { head, bytes }).await;
        let failure = client().send(get(door.url("/"))).await.expect_err("it is too large");
        assert_eq!((failure.kind, failure.sent), (FailureKind::TooLarge, true));
        assert_eq!(failure.message, "the answer of 127.0.0.1 is larger than 256 KiB");
    }
}

#[tokio::test]
async fn an_answer_as_large_as_the_limit_fits() {
    let bytes = 256 * 1024;
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned();
    let door = Raw::start(Behaviour::Pours { head: head.clone(), bytes }).await;
    assert_eq!(client().send(get(door.url("/"))).await.expect("it fits").body.len(), bytes);
    let door = Raw::start(Behaviour::Pours { head, bytes: bytes + 1 }).await;
    assert_eq!(client().send(get(door.url("/"))).await.expect_err("one too many").kind, FailureKind::TooLarge);
}

#[tokio::test]
async fn nothing_is_unpacked_so_that_nothing_small_becomes_large() {
    // The first bytes of a gzip stream; what matters is that they come as they are.
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xed\xc1";
    let door = Raw::start(Behaviour::says("200 OK\r\ncontent-encoding: gzip", packed)).await;
    let answer = client().send(get(door.url("/"))).await.expect("it answers");
    assert_eq!((&answer.body[..], answer.header("content-encoding")), (&packed[..], Some("gzip")));
}

#[tokio::test]
async fn the_time_counts_for_the_whole_answer() {
    let drips = Behaviour::Drips {
        head: "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_owned(),
        pause: Duration::from_millis(20),
    };
    for behaviour in [Behaviour::Hangs, drips] {
        let door = Raw::start(behaviour.clone()).await;
        let begun = Instant::now();
        let request = get(door.url("/")).timeout(Duration::from_millis(300));
        let failure = client().send(request).await.expect_err("it is too slow");
        assert_eq!((failure.kind, failure.sent), (FailureKind::Timeout, true), "{behaviour:?}");
        assert_eq!(failure.message, "127.0.0.1 did not answer within 0.3 s");
        assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_carried_the_request() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "no HTTP at all\r\n\r\n"] {
        let door = Raw::start(Behaviour::Says(answer.into())).await;
        let failure = client().send(get(door.url("/"))).await.expect_err("it broke");
        assert_eq!((failure.kind, failure.sent), (FailureKind::Unreachable, true), "{answer:?}: {failure}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_carried_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let url = Url::parse(&format!("http://{address}/")).expect("a URL");
    let failure = client().send(get(url)).await.expect_err("nobody listens");
    assert_eq!((failure.kind, failure.sent), (FailureKind::Unreachable, false), "{failure}");
    assert!(failure.message.starts_with("127.0.0.1 could not be connected to"), "{failure}");
    let url = Url::parse("https://no-such-host.invalid/").expect("a URL");
    let failure = client().send(get(url)).await.expect_err("there is no such host");
    assert!(!failure.sent, "{failure}");
}

#[tokio::test]
async fn any_page_of_any_status_is_an_answer() {
    for (head, status) in [("404 Not Found", 404), ("500 Oops", 500), ("204 No Content", 204), ("418 Teapot", 418)] {
        let door = Raw::start(Behaviour::says(&format!("{head}\r\ncontent-type: text/html"), "")).await;
        assert_eq!(client().send(get(door.url("/"))).await.expect("it answers").status, status);
    }
}
