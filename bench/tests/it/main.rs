//! The bench itself, in small: it runs, on loopback, and its checker agrees with the floor.

use std::process::Command;

#[test]
fn the_floor_is_measured_and_answers_rightly() {
    let output = Command::new(env!("CARGO_BIN_EXE_usher-bench"))
        .args(["--only", "floor", "--conversations", "60", "--at-once", "8", "--steady", "10", "--at-rest", "10"])
        .output()
        .expect("the bench was built for this test");
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the bench failed: {printed}{told}");
    let value = |label: &str| {
        let line =
            printed.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("no {label}: {printed}"));
        line[label.len()..].trim().to_owned()
    };
    // Three answers a conversation, one a session at rest.
    assert_eq!(value("answers checked"), "220");
    assert_eq!(value("conversations that went wrong"), "0");
    assert_eq!(value("sends that nobody waited for"), "0");
    assert_eq!(value("requests that the stand-ins refused"), "0");
    assert_eq!(value("  sessions at rest"), "10");
}
