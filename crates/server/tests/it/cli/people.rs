use super::Usher;

#[test]
fn a_script_sets_up_a_workspace_with_its_people_and_keys() {
    let usher = Usher::new().with("USHER_PUBLIC_URL", "https://chat.example.com");
    usher.run(&["workspace", "create", "shop", "--name", "The Shop"]);
    assert!(usher.fails(&["workspace", "create", "shop"]).contains("taken"));
    assert!(usher.fails(&["workspace", "create", "The Shop"]).contains("no key"));
    usher.run(&["workspace", "set", "shop", "--approval-required", "true", "--session-seconds", "300"]);
    let short = ["workspace", "set", "shop", "--session-seconds", "5", "--environment", "sandbox"];
    assert!(usher.fails(&short).contains("60 to 604800 seconds"));
    let list = usher.run(&["workspace", "list"]);
    assert!(list.contains("shop  The Shop  yes"), "{list}");
    let days = ["--transcript-days", "90", "--trace-days", "for-ever", "--audit-days", "365"];
    usher.run(&[&["workspace", "set", "shop", "--environment", "production"], &days[..]].concat());
    assert!(usher.fails(&["workspace", "set", "shop", "--problem-days", "0"]).contains("1 to 3650 days"));
    assert!(usher.fails(&["workspace", "set", "shop", "--trace-days", "never"]).contains("`for-ever`"));

    let told = usher.run(&["user", "add", "ann@example.com", "--workspace", "shop"]);
    assert!(told.contains("https://chat.example.com/password-resets/"), "{told}");
    let add = ["user", "add", "bob@example.com", "--workspace", "shop", "--role", "builder", "--password-stdin"];
    usher.run_with_input(&add, "a good long one\n");
    let list = usher.run(&["user", "list"]);
    assert!(list.contains("ann@example.com  ann") && list.contains("shop (builder)"), "{list}");
    usher.run(&["user", "disable", "bob@example.com"]);
    assert!(usher.run(&["user", "list"]).contains("disabled"));
    usher.run_with_input(&["password", "ann@example.com", "--stdin"], "another good one\n");
    assert!(usher.fails(&["password", "eve@example.com"]).contains("usher user list"));

    let key = usher.run(&["api-key", "create", "nightly", "--role", "viewer"]);
    assert!(key.starts_with("ush_") && key.trim().len() > 40, "{key}");
    let list = usher.run(&["api-key", "list"]);
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(list.contains("nightly") && !list.contains(key.trim()), "{list}");
    usher.run(&["api-key", "revoke", &id]);
    assert_eq!(usher.run(&["api-key", "list"]).lines().count(), 1);
}

#[test]
fn without_a_workspace_or_among_several_the_command_says_what_to_do() {
    let usher = Usher::new();
    assert!(usher.fails(&["api-key", "list"]).contains("usher workspace create"));
    usher.run(&["workspace", "create", "one"]);
    usher.run(&["workspace", "create", "two"]);
    assert!(usher.fails(&["api-key", "list"]).contains("--workspace; there are: one, two"));
    assert!(usher.fails(&["api-key", "list", "--workspace", "three"]).contains("there are: one, two"));
}
