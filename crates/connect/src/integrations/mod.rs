//! Systems that a workspace can connect, and what can be done in each.
//!
//! A new system is a folder here and a line in [`systems`]; a new operation is a file in its system's folder.

pub mod zendesk_support;

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use usher_engine::effect::{Call, CallTarget, Request};
use usher_engine::event::Answer;
use usher_engine::id::EffectId;
use usher_engine::limits;
use usher_engine::operation::Operation;

use crate::call::{Caller, Target};
use crate::{Secrets, SettingsError};

/// A system that can be connected.
pub trait System: Debug + Send + Sync {
    /// Returns its word, such as `zendesk_support`.
    fn key(&self) -> &'static str;

    /// Returns its name, such as `Zendesk Support`.
    fn title(&self) -> &'static str;

    /// Returns the JSON Schema of a connection's settings, with `x-widget` hints.
    fn settings(&self) -> Map<String, Json>;

    /// Returns the JSON Schema of a connection's secrets, an object of texts.
    fn secrets(&self) -> Map<String, Json>;

    /// Checks a connection's settings before they are stored; secrets may still be missing.
    ///
    /// # Errors
    ///
    /// Says which setting does not fit and why.
    fn check(&self, settings: &Json) -> Result<(), SettingsError>;

    /// Makes the target of a connection's calls.
    ///
    /// # Errors
    ///
    /// A setting does not fit or a secret is missing.
    fn open(&self, settings: &Json, secrets: &Secrets) -> Result<Target, SettingsError>;

    /// Returns a harmless request that shows whether a connection works.
    fn test(&self) -> Request;

    /// Says in plain words what came of the test.
    ///
    /// # Errors
    ///
    /// The connection does not work; says why.
    fn tested(&self, answer: &Answer) -> Result<String, String>;

    /// Returns what can be done in the system.
    fn operations(&self) -> Vec<Arc<dyn Operation>>;
}

/// Returns every system.
pub fn systems() -> Vec<Arc<dyn System>> {
    vec![Arc::new(zendesk_support::ZendeskSupport)]
}

/// Returns every operation of every system, for the catalogue.
pub fn operations() -> Vec<Arc<dyn Operation>> {
    systems().iter().flat_map(|system| system.operations()).collect()
}

/// Returns the system of a word.
///
/// # Errors
///
/// There is none; says which there are.
pub fn system(key: &str) -> Result<Arc<dyn System>, SettingsError> {
    systems().into_iter().find(|system| system.key() == key).ok_or_else(|| SettingsError::UnknownType {
        what: "system",
        name: key.to_owned(),
        known: systems().iter().map(|system| system.key()).collect::<Vec<_>>().join(", "),
    })
}

/// Tries a connection out.
///
/// # Errors
///
/// The connection does not work; says why in plain words.
pub async fn test(
    system: &dyn System,
    settings: &Json,
    secrets: &Secrets,
    caller: &Caller,
    try_id: &EffectId,
) -> Result<String, String> {
    let target = system.open(settings, secrets).map_err(|error| error.to_string())?;
    let call = Call {
        target: CallTarget::Operation { operation: format!("{}.test", system.key()), connection: String::new() },
        request: system.test(),
        timeout_ms: limits::CALL_TIMEOUT_MS,
    };
    system.tested(&caller.execute(&call, &target, try_id).await)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_belongs_to_its_system_and_describes_itself() {
        let mut types = BTreeSet::new();
        for system in systems() {
            assert!(!system.operations().is_empty(), "{} does something", system.key());
            for operation in system.operations() {
                let spec = operation.spec();
                assert!(types.insert(spec.r#type), "{} is there once", spec.r#type);
                assert!(spec.r#type.starts_with(&format!("{}.", system.key())), "{}", spec.r#type);
                assert_eq!((spec.system, spec.system_title), (system.key(), system.title()));
                let properties = spec.inputs["properties"].as_object().expect("the inputs are an object");
                for name in spec.new.keys() {
                    assert!(properties.contains_key(name), "{} starts with `{name}`, which it has not", spec.r#type);
                }
                for name in ["connection", "variable", "timeout_seconds"] {
                    assert!(!properties.contains_key(name), "{}: every operation has `{name}` by itself", spec.r#type);
                }
                for (name, property) in properties {
                    assert!(property["title"].is_string(), "{}: `{name}` has a label", spec.r#type);
                }
            }
        }
    }

    #[test]
    fn an_unknown_system_is_refused_with_those_known() {
        let error = system("salesfarce").expect_err("there is none");
        assert_eq!(error.to_string(), "there is no system of the type `salesfarce`; use one of: zendesk_support");
    }
}
