//! Who may import whom: the boundaries for which the crates exist.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::repository;

/// What each crate may import of ours, outside its tests.
const LADDER: &[(&str, &[&str])] = &[
    ("usher-engine", &[]),
    ("usher-connect", &["usher-engine"]),
    ("usher-store", &["usher-engine"]),
    ("usher-server", &["usher-connect", "usher-engine", "usher-store"]),
    // The bench speaks to the built server from outside; its floor must not share code with what it is compared to.
    ("usher-bench", &[]),
    // Stands in for the outside in tests alone, so it shares no code with what calls it.
    ("usher-stand-ins", &[]),
    // Stands in for a disk, in tests alone.
    ("usher-power-cut", &[]),
];

/// Which of our crates may import one from outside that stands for a layer, outside their tests.
const LAYERS: &[(&str, &[&str])] = &[
    ("axum", &["usher-server", "usher-bench", "usher-stand-ins"]),
    ("async-nats", &["usher-server"]),
    ("clap", &["usher-server", "usher-bench"]),
    ("toml", &["usher-server"]),
    ("reqwest", &["usher-connect", "usher-bench"]),
    ("sqlx", &["usher-store", "usher-bench"]),
    ("libsqlite3-sys", &["usher-power-cut"]),
];

/// What the engine, which does no I/O and has no clock, may never import.
const NOT_IN_THE_ENGINE: &[&str] = &["async-trait", "futures-util", "getrandom", "rand", "tokio", "tracing", "uuid"];

/// Reads which crates each crate of the workspace imports, from `cargo metadata`, development dependencies aside.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])
        .current_dir(repository())
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");

    let packages = metadata["packages"].as_array().expect("the metadata lists packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("a package lists its dependencies");
            let imported = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
            (text(&package["name"]), imported.map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("a name is a string").to_owned()
}

#[test]
fn crates_import_only_downwards() {
    let imports = imports();
    let named: BTreeSet<&str> = LADDER.iter().map(|(name, _)| *name).collect();
    let unnamed: Vec<_> = imports.keys().filter(|name| !named.contains(name.as_str())).collect();
    assert!(unnamed.is_empty(), "crates without a place on the ladder: {unnamed:?}");

    for (name, allowed) in LADDER {
        let Some(imported) = imports.get(*name) else {
            continue;
        };
        let ours: Vec<_> = imported.iter().map(String::as_str).filter(|other| named.contains(other)).collect();
        let wrong: Vec<_> = ours.iter().filter(|other| !allowed.contains(other)).collect();
        assert!(wrong.is_empty(), "{name} imports {wrong:?}; of ours it may import only {allowed:?}");
    }
    for name in ["usher-engine", "usher-connect", "usher-store", "usher-server"] {
        assert!(imports.contains_key(name), "{name} is no member of the workspace");
    }
}

#[test]
fn layers_stay_in_their_crates() {
    for (name, imported) in imports() {
        for (layer, allowed) in LAYERS {
            let may = allowed.contains(&name.as_str());
            assert!(may || !imported.contains(*layer), "{name} imports {layer}, which belongs to {allowed:?}");
        }
        if name == "usher-engine" {
            let wrong: Vec<_> = NOT_IN_THE_ENGINE.iter().filter(|other| imported.contains(**other)).collect();
            assert!(wrong.is_empty(), "the engine is pure and imports no {wrong:?}");
        }
    }
}

/// Clippy reads the configuration nearest to a crate and merges nothing, so the engine's own repeats the workspace's.
#[test]
fn engine_lints_repeat_those_of_the_workspace() {
    let read = |path: &str| {
        let text = std::fs::read_to_string(repository().join(path)).expect("the file is there");
        text.parse::<toml::Table>().expect("the file is TOML")
    };
    let (workspace, engine) = (read("clippy.toml"), read("crates/engine/clippy.toml"));
    for (key, value) in &workspace {
        let Some(entries) = value.as_array() else {
            assert_eq!(engine.get(key), Some(value), "{key} differs in crates/engine/clippy.toml");
            continue;
        };
        let repeated = engine.get(key).and_then(|value| value.as_array()).map_or(&[][..], Vec::as_slice);
        for entry in entries {
            assert!(repeated.contains(entry), "{key} of crates/engine/clippy.toml lacks {entry}");
        }
    }
}
