//! The measured server's own schema, as its migrations write it for SQLite.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// All migrations, one after the other.
pub fn read() -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/store/src/migrations");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    ensure!(!files.is_empty(), "{} holds no migrations", folder.display());
    let texts = files.into_iter().map(|file| Ok(for_sqlite(&std::fs::read_to_string(file)?)));
    Ok(texts.collect::<Result<Vec<_>>>()?.join("\n"))
}

/// Lines for the other database are left out, and what is written in marks is meant.
fn for_sqlite(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.ends_with("/*+ postgres */")).collect();
    lines.join("\n").replace("/*+ clustered */", "WITHOUT ROWID")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_may_be_clustered_and_a_line_be_for_the_other_database() {
        let text = "CREATE TABLE t (id TEXT) /*+ clustered */;\nVACUUM; /*+ postgres */\nSELECT 1; /*+ sqlite */";
        assert_eq!(for_sqlite(text), "CREATE TABLE t (id TEXT) WITHOUT ROWID;\nSELECT 1; /*+ sqlite */");
        assert!(read().unwrap().contains("CREATE TABLE sessions"));
    }
}
