//! Makes the folder of the built editor, so that the server also builds before the editor does.

use std::fs;
use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    if !folder.exists() {
        // Where it cannot be made, the embedding says so with the folder's name.
        let _ = fs::create_dir_all(&folder);
    }
    // A release holds the files; a debug build reads them from the folder when it runs.
    let embeds = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = if embeds { folder } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs") };
    println!("cargo::rerun-if-changed={}", watched.display());
}
