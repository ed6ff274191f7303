//! The bench itself, in small: it runs, on loopback, and its checker agrees with the floor.

use std::process::Command;

#[test]
fn the_floor_is_measured_and_answers_rightly() {
    let results = std::env::temp_dir().join(format!("usher-bench-test.{}.json", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_usher-bench"))
        .args(["--only", "disk,floor,floor-states", "--seconds", "0.4", "--at-once", "8", "--results"])
        .arg(&results)
        .output()
        .expect("the bench was built for this test");
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let written = std::fs::read_to_string(&results).unwrap_or_else(|_| panic!("nothing was written: {printed}{told}"));
    std::fs::remove_file(&results).expect("it was there a moment ago");
    let written: serde_json::Value = serde_json::from_str(&written).expect("the results are JSON");
    assert!(written["disk"]["flushes"].as_u64() > Some(0), "{written}");

    for name in ["floor", "floor-states"] {
        let servers = written["servers"].as_array().expect("servers are listed");
        let floor = servers.iter().find(|server| server["name"] == name).unwrap_or_else(|| panic!("no {name}: {told}"));
        let checks = &floor["checks"];
        assert_eq!([&checks["wrong"], &checks["unexpected"], &checks["refused"]], [0, 0, 0], "{name}: {checks}");
        assert!(checks["answers"].as_u64() > Some(0), "{name}");
        // Every conversation leaves its rows, whole.
        let rows = &floor["written"]["rows"];
        for (table, count) in [("contacts", 1.0), ("sessions", 1.0), ("journal", 3.0), ("messages", 4.0)] {
            assert_eq!(rows[table], count, "{name}: {rows}");
        }
    }
    let states = written["servers"][1]["states"].clone();
    assert_eq!((&states["lost"], &states["read"]), (&serde_json::json!(0), &states["sent"]), "{states}");
}
