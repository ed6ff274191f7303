use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exits::ExitRule;
use crate::limits;
use crate::node::{Group, Next, Node, NodeType, Report, Step};
use crate::settings::{Expression, Text};

/// Goes on by the case whose value fits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchCase {
    /// What is compared with the cases.
    pub value: Expression,
    /// Each is an exit; the first that fits is taken.
    #[schemars(length(min = 1, max = 50), extend("x-widget" = "list"))]
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Names the case's exit.
    #[schemars(length(min = 1, max = 64), pattern("^[a-z0-9_]+$"))]
    pub name: String,
    /// The value that fits, in any case of letters.
    #[schemars(title = "Is", extend("x-widget" = "line"))]
    pub equals: Text,
}

const DEFAULT: &str = "default";
const EXITS: &[ExitRule] =
    &[ExitRule::Each { each: "cases", label: "equals" }, ExitRule::Always { name: DEFAULT, label: "Anything else" }];

impl Node for SwitchCase {
    const TYPE: NodeType = NodeType::action("switch_case", "Switch case", Group::Logic).exits(EXITS).summary("{value}");

    fn fresh() -> Self {
        let cases = vec![Case { name: "case_1".to_owned(), equals: Text::constant("en") }];
        Self { value: Expression::constant("contact.language"), cases }
    }

    fn check(&self, report: &mut Report) {
        if self.cases.is_empty() {
            report.error("/cases", "there is no case; add one");
        }
        for (index, case) in self.cases.iter().enumerate() {
            let at = format!("/cases/{index}/name");
            if case.name.is_empty() || case.name.len() > limits::NAME_CHARACTERS || case.name == DEFAULT {
                report.error(at, format!("`{}` cannot name a case; choose another name", case.name));
            } else if self.cases[..index].iter().any(|other| other.name == case.name) {
                report.error(at, format!("two cases are named `{}`", case.name));
            }
        }
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        let value = step.evaluate(&self.value).render().trim().to_lowercase();
        let fits = |case: &&Case| step.render(&case.equals).render().trim().to_lowercase() == value;
        match self.cases.iter().find(fits) {
            Some(case) => Next::Leave(Cow::Owned(case.name.clone())),
            None => Next::leave(DEFAULT),
        }
    }
}
