//! Makes a document ready to run: settings read, texts and expressions parsed, exits checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::{self, Document, Kind, Target};
use crate::catalogue::Catalogue;
use crate::exits;
use crate::node::Act;
use crate::settings::Unfit;

/// A workflow, ready to run and shared by all the sessions in it.
#[derive(Debug)]
pub struct Workflow {
    pub key: String,
    pub version: u32,
    pub name: String,
    pub kind: Kind,
    pub languages: Vec<String>,
    pub start: Option<u32>,
    steps: BTreeMap<u32, Step>,
}

/// A node, ready to act.
#[derive(Debug)]
pub struct Step {
    pub r#type: String,
    pub title: Option<String>,
    /// Where its exits lead.
    pub exits: IndexMap<String, Target>,
    /// The exits that its settings give it.
    offered: Vec<exits::Exit>,
    /// The node, or why it cannot act.
    pub(crate) act: Result<Arc<dyn Act>, String>,
}

/// Something to mend in a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    pub severity: Severity,
    /// The node that it concerns; none when it is the workflow as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// The setting that it concerns, as a JSON pointer into the node's settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It works, but perhaps not as it is meant.
    Warning,
    /// A customer who comes here cannot go on.
    Error,
}

/// The problems of one node, gathered.
#[derive(Debug)]
pub struct Report<'a> {
    node: u32,
    problems: &'a mut Vec<Problem>,
}

impl Report<'_> {
    /// Reports a setting that leaves no way on.
    pub fn error(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Error, pointer.into(), message.into());
    }

    /// Reports a setting that may not do what is meant.
    pub fn warning(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Warning, pointer.into(), message.into());
    }

    fn add(&mut self, severity: Severity, pointer: String, message: String) {
        let pointer = (!pointer.is_empty()).then_some(pointer);
        self.problems.push(Problem { severity, node: Some(self.node), exit: None, pointer, message });
    }
}

impl Workflow {
    /// Returns the node of a number.
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.get(&number)
    }

    /// Returns the nodes, by number.
    pub fn steps(&self) -> impl Iterator<Item = (u32, &Step)> {
        self.steps.iter().map(|(number, step)| (*number, step))
    }
}

impl Step {
    /// Says whether the node's settings give it an exit of that name.
    pub fn has_exit(&self, name: &str) -> bool {
        self.offered.iter().any(|exit| exit.name == name)
    }
}

/// Makes a document ready to run as `version`, and lists what is to be mended.
///
/// A node with a mistake does not keep the others from running: a session that comes to it ends, with the reason.
pub fn compile(document: &Document, version: u32, catalogue: &Catalogue) -> (Workflow, Vec<Problem>) {
    let mut problems = Vec::new();
    let problem =
        |message: String| Problem { severity: Severity::Error, node: None, exit: None, pointer: None, message };
    match document.start {
        None => problems.push(problem("Start leads nowhere; connect it to the first step".to_owned())),
        Some(start) if !document.nodes.contains_key(&start) => {
            problems.push(problem(format!("Start leads to node {start}, which is not there")));
        }
        Some(_) => {}
    }
    let mut steps = BTreeMap::new();
    for (number, node) in &document.nodes {
        let step = compile_node(*number, node, document, catalogue, &mut problems);
        steps.insert(*number, step);
    }
    let workflow = Workflow {
        key: document.key.clone(),
        version,
        name: document.name.clone(),
        kind: document.kind,
        languages: document.languages.clone(),
        start: document.start,
        steps,
    };
    (workflow, problems)
}

fn compile_node(
    number: u32,
    node: &document::Node,
    document: &Document,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Step {
    let (offered, act) = match catalogue.entry(&node.r#type) {
        None => (Vec::new(), Err(Unfit::new("", &format!("there is no node type `{}` here", node.r#type)))),
        Some(entry) => (exits::of(entry.exits, &node.settings), entry.read(&node.settings)),
    };
    match &act {
        Ok(act) => act.check(&mut Report { node: number, problems }),
        Err(Unfit { pointer, message }) => Report { node: number, problems }.error(pointer, message),
    }
    check_exits(number, node, &offered, document, problems);
    Step {
        r#type: node.r#type.clone(),
        title: node.title.clone(),
        exits: node.exits.clone(),
        offered,
        act: act.map_err(
            |Unfit { pointer, message }| if pointer.is_empty() { message } else { format!("{pointer}: {message}") },
        ),
    }
}

fn check_exits(
    number: u32,
    node: &document::Node,
    offered: &[exits::Exit],
    document: &Document,
    problems: &mut Vec<Problem>,
) {
    let mut report = |severity, exit: &str, message| {
        let exit = Some(exit.to_owned());
        problems.push(Problem { severity, node: Some(number), exit, pointer: None, message });
    };
    for exit in offered {
        match node.exits.get(&exit.name) {
            None => report(
                Severity::Error,
                &exit.name,
                format!("`{}` leads nowhere; connect it to a step, a workflow or the end", exit.label),
            ),
            Some(Target::Node(target)) if !document.nodes.contains_key(target) => {
                report(
                    Severity::Error,
                    &exit.name,
                    format!("`{}` leads to node {target}, which is not there", exit.label),
                );
            }
            Some(_) => {}
        }
    }
}
