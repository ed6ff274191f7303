//! The server: command line, HTTP API, runner, dispatcher, timers, bus and the embedded editor.
//!
//! It alone knows axum, configuration and the process. [`actions`] holds what a person or a script can do to a
//! workspace, once, for the HTTP API ([`api`]) and the command line ([`cli`]) alike; [`runner`] and its
//! neighbours run the conversations.

pub mod actions;
pub mod api;
pub mod app;
pub mod auth;
pub mod bus;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod dispatcher;
pub mod documents;
pub mod editor;
pub mod gather;
pub mod ids;
mod listen;
pub mod live;
pub mod metrics;
pub mod preview;
pub mod problem;
pub mod roles;
pub mod runner;
pub mod secrets;
pub mod serve;
mod shares;
pub mod spans;
mod starting;
mod supervise;
pub mod timers;
pub mod web_chat;
