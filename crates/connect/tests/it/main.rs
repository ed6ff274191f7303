//! Whole exchanges over loopback: the client against servers that misbehave, and each adapter against a strict
//! stand-in of its system.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod api;
mod http;
mod raw;
mod whatsapp;
mod zendesk;

use usher_connect::http::{Client, Rules};

/// Makes a client that may call this machine.
fn client() -> Client {
    let loopback = ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network"));
    Client::new(Rules::allowing(loopback)).expect("TLS can be set up")
}
