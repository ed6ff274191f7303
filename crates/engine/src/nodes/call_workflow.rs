use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::settings::{Expression, VariableName};
use crate::value::Value;

/// Enters another workflow and comes back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallWorkflow {
    /// The workflow to enter; it comes back at an exit that leads to *return*.
    #[schemars(extend("x-widget" = "workflow"))]
    pub workflow: String,
    /// The node to enter at; without one, at its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-widget" = "node"))]
    pub node: Option<u32>,
    /// What the called workflow finds set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-widget" = "list"))]
    pub hand_over: Vec<HandOver>,
    /// What is kept of the called workflow's variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-widget" = "list"))]
    pub take_back: Vec<TakeBack>,
}

/// A variable of the called workflow, set from this one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Its name in the called workflow.
    pub variable: VariableName,
    /// What it is there.
    pub value: Expression,
}

/// A variable of this workflow, set from the called one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBack {
    /// Its name in this workflow.
    pub variable: VariableName,
    /// Its name in the called workflow.
    pub from: VariableName,
}

impl Node for CallWorkflow {
    const TYPE: NodeType =
        NodeType::action("call_workflow", "Call workflow", Group::Flow).summary("{workflow}").sets("take_back");

    fn fresh() -> Self {
        Self { workflow: String::new(), node: None, hand_over: Vec::new(), take_back: Vec::new() }
    }

    fn check(&self, report: &mut Report) {
        if self.workflow.is_empty() {
            report.error("/workflow", "choose the workflow to call");
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let variables = self
            .hand_over
            .iter()
            .map(|HandOver { variable, value }| (variable.as_str().to_owned(), step.evaluate(value)))
            .filter(|(_, value)| !value.is_unset())
            .collect();
        Next::Call { workflow: self.workflow.clone(), node: self.node, variables }
    }

    fn returned(&self, step: &mut Step<'_, '_>, mut callee: BTreeMap<String, Value>) {
        for TakeBack { variable, from } in &self.take_back {
            let value = callee.remove(from.as_str()).unwrap_or(Value::UNSET);
            step.set(variable.as_str(), value);
        }
    }
}
