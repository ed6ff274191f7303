//! What a run measured, as tables and plots: on the terminal, and in `docs/performance.md`, whose figures are all
//! written from one file of results.

mod goals;
mod plot;
mod tables;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::results::Results;

/// A part of the page that is written from the results.
type Section = (&'static str, fn(&Results) -> String);

const SECTIONS: [Section; 9] = [
    ("machine", tables::machine),
    ("servers", tables::servers),
    ("goals", goals::table),
    ("cluster", tables::cluster),
    ("held", tables::held),
    ("stored", tables::stored),
    ("states", tables::states),
    ("disk", tables::disk),
    ("written", tables::written),
];

const PLOTS: [Section; 3] = [
    ("performance.svg", plot::servers),
    ("performance-held.svg", plot::held),
    ("performance-stored.svg", plot::stored),
];

/// All tables, one under the other.
pub fn overview(results: &Results) -> String {
    let sections = SECTIONS.iter().map(|(_, write)| write(results)).filter(|section| !section.starts_with(MISSING));
    sections.collect::<Vec<_>>().join("\n")
}

/// What stands where nothing was measured.
const MISSING: &str = "*This was not measured.*\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documented() -> PathBuf {
    root().join("bench/results/documented.json")
}

/// Makes these results the ones that the page tells of.
pub fn document(path: &Path) -> Result<()> {
    let results = Results::read(path)?;
    results.write(&documented())?;
    let page = root().join("docs/performance.md");
    let text = std::fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    std::fs::write(&page, fill(&text, &results)?)?;
    for (name, draw) in PLOTS {
        std::fs::write(root().join("docs/pictures").join(name), draw(&results))?;
    }
    Ok(())
}

/// Writes each section anew between its marks.
fn fill(text: &str, results: &Results) -> Result<String> {
    let mut text = text.to_owned();
    for (name, write) in SECTIONS {
        let (begins, ends) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let from = text.find(&begins).with_context(|| format!("the page has no mark {begins}"))? + begins.len();
        let to = text[from..].find(&ends).with_context(|| format!("the page has no mark {ends}"))? + from;
        ensure!(!text[from..to].contains("<!--"), "the marks of {name} are not in order");
        text.replace_range(from..to, &write(results));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[test]
    fn the_page_tells_what_its_results_tell() {
        let results = Results::read(&documented()).unwrap();
        let page = read("docs/performance.md");
        assert_eq!(page, fill(&page, &results).unwrap(), "run `scripts/bench document bench/results/documented.json`");
        for (name, draw) in PLOTS {
            assert_eq!(read(&format!("docs/pictures/{name}")), draw(&results), "{name} was drawn from other results");
        }
    }

    #[test]
    fn a_run_of_nothing_is_told_too() {
        let nothing = Results::default();
        for (name, write) in SECTIONS.into_iter().chain(PLOTS) {
            assert!(!write(&nothing).is_empty(), "{name}");
        }
    }
}
