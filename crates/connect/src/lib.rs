//! The outside of Usher: channels, connected systems, APIs of the business's own, and the one safe HTTP client.
//!
//! Everything here translates: a webhook to what a customer said ([`channels`]), a message to the request that
//! sends it, an effect's call to the request that makes it ([`call`], [`api`], [`integrations`]), and what
//! comes back to an outcome. Nothing here remembers or decides; the caller stores, orders and retries. All
//! requests leave through [`http`].

pub mod api;
pub mod call;
pub mod channels;
pub mod http;
pub mod integrations;
pub mod secrets;
pub mod settings;

pub use secrets::Secrets;
pub use settings::SettingsError;
