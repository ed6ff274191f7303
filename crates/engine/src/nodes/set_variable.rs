use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::settings::{Expression, VariableName};
use crate::trace::Level;

/// Sets one or more variables, or attributes of the contact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetVariable {
    /// Each is worked out and kept, in this order.
    #[schemars(length(min = 1, max = 50), extend("x-widget" = "list"))]
    pub assignments: Vec<Assignment>,
}

/// One variable and what it becomes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The variable's name.
    pub variable: VariableName,
    /// What it becomes.
    pub value: Expression,
    /// Keep it with the contact, as an attribute that outlives the session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Keep with the contact")]
    pub of_contact: bool,
}

impl Node for SetVariable {
    const TYPE: NodeType =
        NodeType::action("set_variable", "Set variable", Group::Data).summary("{assignments}").sets("assignments");

    fn fresh() -> Self {
        let greeting = VariableName::constant("greeting");
        let value = Expression::constant("'Hello'");
        Self { assignments: vec![Assignment { variable: greeting, value, of_contact: false }] }
    }

    fn check(&self, report: &mut Report) {
        if self.assignments.is_empty() {
            report.error("/assignments", "there is no variable to set; add one");
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let mut all_set = true;
        for Assignment { variable, value, of_contact } in &self.assignments {
            let result = step.evaluate(value);
            if result.is_unset() {
                all_set = false;
                step.note(
                    Level::Warning,
                    format!("`{}` gave nothing to keep in `{}`", value.source(), variable.as_str()),
                );
            }
            if *of_contact {
                step.set_attribute(variable.as_str(), result);
            } else {
                step.set(variable.as_str(), result);
            }
        }
        Next::answer(all_set)
    }
}
