use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::{Group, Next, Node, NodeType, Step};
use crate::settings::{Expression, VariableName};

/// Compares, or calculates and keeps the result.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calculate {
    /// A comparison, such as `order.total > 100`, or a calculation, such as `price * quantity`.
    pub expression: Expression,
    /// Keeps the result. Without a name, a comparison decides between YES and NO and keeps nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<VariableName>,
}

impl Node for Calculate {
    const TYPE: NodeType =
        NodeType::action("calculate", "Calculate", Group::Logic).summary("{expression}").sets("variable");

    fn fresh() -> Self {
        Self { expression: Expression::constant("1 < 2"), variable: None }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let result = step.evaluate(&self.expression);
        let yes = result.as_yes_no().unwrap_or(!result.is_unset());
        if let Some(variable) = &self.variable {
            step.set(variable.as_str(), result);
        }
        Next::answer(yes)
    }
}
