//! Whole conversations, as readable files. `UPDATE=1` writes them as they came to pass.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use usher_engine::catalogue::Catalogue;
use usher_engine::scenario::{Scenario, Stage, play};
use usher_engine::workflow::{Workflow, compile, read};

/// A conversation and the workflows that stand in the same folder.
pub struct Conversation {
    path: PathBuf,
    text: String,
    workflows: BTreeMap<String, Arc<Workflow>>,
}

impl Conversation {
    pub fn uses(&self, r#type: &str) -> bool {
        self.workflows.values().any(|workflow| workflow.steps().any(|(_, step)| step.r#type == r#type))
    }
}

/// Reads every conversation of the engine's own scenarios and of the examples.
pub fn all() -> Vec<Conversation> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(&here.join("tests/it/scenarios"), &mut found);
    collect(&here.join("../../examples"), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<Conversation>) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let catalogue = Catalogue::new([]);
    let workflows: BTreeMap<_, _> = paths
        .iter()
        .filter(|path| path.to_string_lossy().ends_with(".workflow.json"))
        .map(|path| {
            let text = fs::read_to_string(path).expect("a workflow");
            let document = read(&text).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
            let (workflow, _) = compile(&document, 1, &catalogue);
            (document.key, Arc::new(workflow))
        })
        .collect();
    for path in paths {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "conversation") {
            let text = fs::read_to_string(&path).expect("a conversation");
            found.push(Conversation { path, text, workflows: workflows.clone() });
        }
    }
}

#[test]
fn every_conversation_goes_as_written() {
    let mut wrong = Vec::new();
    for Conversation { path, text, workflows } in all() {
        let scenario: Scenario = text.parse().unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
        let played = play(&scenario, &Stage { workflows: &workflows, apis: BTreeMap::new() });
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &played).expect("written");
        } else if played != text {
            wrong.push(format!("{} went otherwise:\n{}", path.display(), difference(&text, &played)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(written: &str, played: &str) -> String {
    let (written, played): (Vec<_>, Vec<_>) = (written.lines().collect(), played.lines().collect());
    let same = written.iter().zip(&played).take_while(|(a, b)| a == b).count();
    let show = |lines: &[&str]| lines.iter().skip(same).take(4).copied().collect::<Vec<_>>().join("\n    ");
    format!("  line {}, written:\n    {}\n  played:\n    {}", same + 1, show(&written), show(&played))
}
