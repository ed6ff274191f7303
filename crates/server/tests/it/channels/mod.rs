//! The doors of providers.

mod bad_webhooks;
mod verification;
mod whatsapp;
