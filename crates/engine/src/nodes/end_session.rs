use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::{Group, Next, Node, NodeType, Step};
use crate::settings::Text;

/// Ends the session.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// A label for the statistics, such as `sale` or `handed over`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-widget" = "line"))]
    pub outcome: Option<Text>,
}

impl Node for EndSession {
    const TYPE: NodeType = NodeType::action("end_session", "End session", Group::Flow).exits(&[]).summary("{outcome}");

    fn fresh() -> Self {
        Self { outcome: None }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let outcome = self.outcome.as_ref().map(|outcome| step.text(outcome)).filter(|outcome| !outcome.is_empty());
        Next::End { outcome }
    }
}
