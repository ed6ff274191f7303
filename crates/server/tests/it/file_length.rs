//! Files stay short enough to be read whole.

use std::path::{Path, PathBuf};

use crate::repository;

/// The habit is 400; this is where a file is two.
const MOST_LINES: usize = 800;

/// Written by a program, read by nobody.
const GENERATED: &[&str] = &["web/src/api/schema.ts"];

/// Folders whose content is not ours or not source.
const NOT_SOURCE: &[&str] = &["node_modules", "target", "dist", "data", ".git", "test-results"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !path.is_symlink() {
            if !NOT_SOURCE.contains(&name) {
                sources(&path, found);
            }
        } else if matches!(path.extension().and_then(|extension| extension.to_str()), Some("rs" | "ts" | "tsx")) {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["crates", "web", "bench"] {
        let folder = repository().join(folder);
        if folder.is_dir() {
            sources(&folder, &mut found);
        }
    }
    assert!(found.iter().any(|path| path.ends_with("crates/engine/src/lib.rs")), "the search finds the engine");
    found
}

#[test]
fn no_file_is_too_long() {
    let mut too_long = Vec::new();
    for path in all_sources() {
        let shown = path.strip_prefix(repository()).expect("the search starts there").display().to_string();
        let lines = std::fs::read_to_string(&path).expect("a source is text").lines().count();
        if lines > MOST_LINES && !GENERATED.contains(&shown.as_str()) {
            too_long.push(format!("{shown}: {lines} lines"));
        }
    }
    assert!(too_long.is_empty(), "over {MOST_LINES} lines; each is more than one file: {too_long:#?}");
}

/// A test binary runs only the files that its `main.rs`, or the `mod.rs` of a folder, names.
#[test]
fn no_test_file_is_forgotten() {
    let mut forgotten = Vec::new();
    for path in all_sources() {
        let shown = path.strip_prefix(repository()).expect("the search starts there");
        let mut parts = shown.components().map(|part| part.as_os_str().to_string_lossy());
        if !(parts.any(|part| part == "tests") && parts.next().is_some_and(|part| part == "it")) {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder = path.parent().expect("a file is in a folder");
        let (name, declaring) = match stem {
            "main" => continue,
            "mod" => {
                let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                (name, folder.parent().expect("a module's folder is in another"))
            }
            _ => (stem, folder),
        };
        // A folder's modules are named by its `main.rs`, its `mod.rs`, or the file of its name beside it.
        let declaring_files = [declaring.join("main.rs"), declaring.join("mod.rs"), declaring.with_extension("rs")];
        let declared = declaring_files.iter().any(|file| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            text.lines().any(|line| line.split_whitespace().rev().take(2).eq([&*format!("{name};"), "mod"]))
        });
        if !declared {
            forgotten.push(shown.display().to_string());
        }
    }
    assert!(forgotten.is_empty(), "no `mod` line names these, so their tests never run: {forgotten:#?}");
}
