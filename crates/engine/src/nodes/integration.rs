use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::effect::{Call, CallTarget};
use crate::event::EventKind;
use crate::filling::Filling;
use crate::limits;
use crate::node::{Act, Next, Report, Step};
use crate::operation::{Operation, Problem, Spec};
use crate::settings::{Unfit, VariableName};
use crate::trace::Level;
use crate::value::Value;

/// The settings that every operation has beside its own inputs.
const CONNECTION: &str = "connection";
const VARIABLE: &str = "variable";
const TIMEOUT: &str = "timeout_seconds";

/// Calls an operation of a connected system: YES with its outputs, NO with a structured error.
#[derive(Debug)]
pub(crate) struct Integration {
    operation: Arc<dyn Operation>,
    connection: String,
    variable: Option<VariableName>,
    timeout_ms: u64,
    inputs: IndexMap<String, Filling>,
}

impl Integration {
    /// Reads the settings of a node of this operation.
    pub fn read(operation: Arc<dyn Operation>, settings: &Map<String, Json>) -> Result<Self, Unfit> {
        let known = &operation.spec().inputs["properties"];
        let mut inputs = IndexMap::new();
        for (name, written) in settings {
            if [CONNECTION, VARIABLE, TIMEOUT].contains(&name.as_str()) || written.is_null() {
                continue;
            }
            let pointer = format!("/{name}");
            if known.get(name).is_none() {
                return Err(Unfit::new(pointer, &format!("`{}` has no setting `{name}`", operation.spec().title)));
            }
            inputs.insert(name.clone(), Filling::read(&pointer, written)?);
        }
        for required in operation.spec().inputs.get("required").and_then(Json::as_array).into_iter().flatten() {
            let name = required.as_str().unwrap_or_default();
            if !inputs.contains_key(name) {
                return Err(Unfit::new(format!("/{name}"), &format!("`{name}` is missing")));
            }
        }
        let connection = settings.get(CONNECTION).and_then(Json::as_str).unwrap_or_default().to_owned();
        let at = |name: &'static str| move |problem: serde_json::Error| Unfit::new(format!("/{name}"), &problem);
        let variable = settings.get(VARIABLE).map(Option::<VariableName>::deserialize).transpose();
        let timeout = settings.get(TIMEOUT).map(u64::deserialize).transpose().map_err(at(TIMEOUT))?;
        Ok(Self {
            connection,
            variable: variable.map_err(at(VARIABLE))?.flatten(),
            timeout_ms: timeout
                .map_or(limits::CALL_TIMEOUT_MS, |seconds| seconds.saturating_mul(1000))
                .clamp(1, limits::CALL_TIMEOUT_MAX_MS),
            inputs,
            operation,
        })
    }

    /// Describes the settings of a node of this operation: its inputs, and what every operation has.
    pub fn schema(spec: &Spec) -> Json {
        let mut schema = Json::Object(spec.inputs.clone());
        let mut properties = Map::new();
        properties.insert(
            CONNECTION.to_owned(),
            json!({
                "type": "string", "title": "Connection", "x-widget": "connection", "x-system": spec.system,
                "description": format!("The {} account to use.", spec.system_title)
            }),
        );
        if let Some(Json::Object(inputs)) = schema.get("properties") {
            properties.extend(inputs.clone());
        }
        properties.insert(
            VARIABLE.to_owned(),
            json!({
                "type": "string", "title": "Variable", "x-widget": "variable",
                "description": "Keeps what came back; on NO its `error` says why."
            }),
        );
        properties.insert(
            TIMEOUT.to_owned(),
            json!({
                "type": "integer", "title": "Time limit", "x-widget": "duration", "minimum": 1,
                "maximum": limits::CALL_TIMEOUT_MAX_MS / 1000, "default": limits::CALL_TIMEOUT_MS / 1000,
                "description": "How long the call may take, retries included."
            }),
        );
        schema["type"] = json!("object");
        schema["properties"] = Json::Object(properties);
        schema["additionalProperties"] = json!(false);
        schema
    }

    fn fail(&self, step: &mut Step<'_, '_>, problem: &Problem) -> Next {
        step.note(Level::Warning, format!("{}: {}", problem.kind, problem.message));
        self.keep(step, error_value(problem));
        Next::answer(false)
    }

    fn keep(&self, step: &mut Step<'_, '_>, value: Value) {
        let variable = step.own_variable(self.variable.as_ref()).into_owned();
        step.set(&variable, value);
    }
}

/// Makes what the next node reads of a failure: `{ error: { kind, status, message, retry_after } }`.
pub(super) fn error_value(problem: &Problem) -> Value {
    let error = json!({ "error": problem });
    Value::from_serde_json(&error)
}

impl Act for Integration {
    fn check(&self, report: &mut Report) {
        if self.connection.is_empty() {
            report.error("/connection", format!("choose the {} connection", self.operation.spec().system_title));
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let inputs: IndexMap<String, Value> =
            self.inputs.iter().map(|(name, input)| (name.clone(), input.fill(step))).collect();
        match self.operation.request(&inputs) {
            Ok(request) => {
                let operation = self.operation.spec().r#type.to_owned();
                let target = CallTarget::Operation { operation, connection: self.connection.clone() };
                step.call(Call { target, request, timeout_ms: self.timeout_ms })
            }
            Err(message) => {
                let problem = Problem { kind: "invalid".to_owned(), status: None, message, retry_after: None };
                self.fail(step, &problem)
            }
        }
    }

    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next {
        let EventKind::CallAnswered { answer, .. } = event else { return Next::answer(false) };
        match self.operation.answer(answer) {
            Ok(outputs) => {
                self.keep(step, outputs);
                Next::answer(true)
            }
            Err(problem) => self.fail(step, &problem),
        }
    }

    fn returned(&self, _: &mut Step<'_, '_>, _: std::collections::BTreeMap<String, Value>) {}
}
