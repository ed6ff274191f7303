//! What a node type is: its place in the palette, its settings, and how it acts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::advance::Step;
use crate::event::EventKind;
use crate::exits::ExitRule;
use crate::session::Wait;
use crate::value::Value;
pub use crate::workflow::Report;

/// A node type. The implementor is the node's settings, described, validated and parsed when the workflow is compiled.
pub trait Node: Debug + Send + Sync + Serialize + DeserializeOwned + JsonSchema + 'static {
    const TYPE: NodeType;

    /// Makes the settings of a new node: filled in, so that it can be previewed at once.
    fn fresh() -> Self;

    /// Reports what can be wrong with settings that are well-formed.
    fn check(&self, _report: &mut Report) {}

    /// Acts when a session comes in.
    fn enter(&self, step: &mut Step<'_, '_>) -> Next;

    /// Acts when what the node waited for has happened.
    fn resume(&self, step: &mut Step<'_, '_>, _event: &EventKind) -> Next {
        self.enter(step)
    }

    /// Acts when the workflow that the node called comes back, with the callee's variables.
    fn returned(&self, _step: &mut Step<'_, '_>, _callee: BTreeMap<String, Value>) {}
}

/// What a node wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Leave by an exit.
    Leave(Cow<'static, str>),
    /// Wait here.
    Wait(Wait),
    /// Enter another workflow and come back.
    Call { workflow: String, node: Option<u32>, variables: BTreeMap<String, Value> },
    /// End the session, with a label for the statistics.
    End { outcome: Option<String> },
}

impl Next {
    /// Leaves by YES or NO.
    pub fn answer(yes: bool) -> Self {
        Self::leave(if yes { crate::exits::YES } else { crate::exits::NO })
    }

    /// Leaves by an exit with a fixed name.
    pub fn leave(exit: &'static str) -> Self {
        Self::Leave(Cow::Borrowed(exit))
    }
}

/// A node type as the catalogue and the palette know it.
#[derive(Debug, Clone, Copy)]
pub struct NodeType {
    pub name: &'static str,
    pub title: &'static str,
    pub family: Family,
    pub group: Group,
    pub icon: &'static str,
    pub exits: &'static [ExitRule],
    /// What the card says, with `{setting}` in place of a setting.
    pub summary: &'static str,
    /// The setting that names the variable it sets.
    pub sets: Option<&'static str>,
    /// Whether it waits for the customer.
    pub waits: bool,
}

/// The three families of nodes; each is a tab of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Customers see it.
    UserFacing,
    /// Customers never see it; leaves by YES or NO, or says more by its nature.
    Action,
    /// An operation of a connected system.
    Integration,
}

/// The headings within a tab of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Display,
    Input,
    Branch,
    Commerce,
    Data,
    Logic,
    Flow,
    Systems,
}

impl NodeType {
    const fn new(name: &'static str, title: &'static str, family: Family, group: Group) -> Self {
        Self { name, title, family, group, icon: name, exits: &[], summary: "", sets: None, waits: false }
    }

    /// Makes a type that customers see.
    pub const fn user_facing(name: &'static str, title: &'static str, group: Group) -> Self {
        Self::new(name, title, Family::UserFacing, group)
    }

    /// Makes a type that acts unseen, and leaves by YES or NO unless it says otherwise.
    pub const fn action(name: &'static str, title: &'static str, group: Group) -> Self {
        Self::new(name, title, Family::Action, group).exits(&[crate::exits::BY_YES, crate::exits::BY_NO])
    }

    pub const fn exits(mut self, exits: &'static [ExitRule]) -> Self {
        self.exits = exits;
        self
    }

    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    pub const fn sets(mut self, setting: &'static str) -> Self {
        self.sets = Some(setting);
        self
    }

    pub const fn waits(mut self) -> Self {
        self.waits = true;
        self
    }
}

/// A compiled node, whatever its type.
pub(crate) trait Act: Debug + Send + Sync {
    fn check(&self, report: &mut Report);
    fn enter(&self, step: &mut Step<'_, '_>) -> Next;
    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next;
    fn returned(&self, step: &mut Step<'_, '_>, callee: BTreeMap<String, Value>);
}

impl<N: Node> Act for N {
    fn check(&self, report: &mut Report) {
        Node::check(self, report);
    }

    fn enter(&self, step: &mut Step<'_, '_>) -> Next {
        Node::enter(self, step)
    }

    fn resume(&self, step: &mut Step<'_, '_>, event: &EventKind) -> Next {
        Node::resume(self, step, event)
    }

    fn returned(&self, step: &mut Step<'_, '_>, callee: BTreeMap<String, Value>) {
        Node::returned(self, step, callee);
    }
}
