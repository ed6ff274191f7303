//! What must hold for every node type, however many there are.

use usher_engine::catalogue::{Catalogue, Described};
use usher_engine::exits;
use usher_engine::workflow::document::Node;
use usher_engine::workflow::{Document, Kind, Severity, compile};

fn catalogue() -> Catalogue {
    Catalogue::new([])
}

fn with_one_node(described: &Described) -> Document {
    let mut document = Document::new("sample", "Sample", Kind::Standard);
    let node = Node {
        r#type: described.r#type.to_owned(),
        title: None,
        note: None,
        settings: described.new.clone(),
        exits: Default::default(),
    };
    document.nodes.insert(1, node);
    document.start = Some(1);
    document.next_number = 2;
    document
}

#[test]
fn every_type_is_described_for_the_palette() {
    for described in catalogue().types() {
        let name = described.r#type;
        assert!(!described.title.is_empty() && !described.icon.is_empty(), "{name} has a title and an icon");
        assert!(described.tooltip.ends_with('.'), "{name} says what it does in a sentence: {:?}", described.tooltip);
        assert!(described.schema["properties"].is_object(), "{name} describes its settings");
        for (field, schema) in described.schema["properties"].as_object().expect("properties") {
            assert!(field.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}.{field} is snake case");
            assert!(schema.get("description").is_some(), "{name}.{field} says what it is for");
        }
    }
}

#[test]
fn every_type_has_a_conversation_that_shows_it() {
    let conversations = super::conversations::all();
    for described in catalogue().types() {
        let used = conversations.iter().any(|conversation| conversation.uses(described.r#type));
        assert!(used, "no conversation under tests/it/scenarios or examples uses `{}`", described.r#type);
    }
}

#[test]
fn a_new_node_needs_nothing_but_what_only_the_builder_can_choose() {
    for described in catalogue().types() {
        let (_, problems) = compile(&with_one_node(described), 0, &catalogue());
        let unexpected: Vec<_> = problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error && problem.exit.is_none())
            .filter(|problem| !matches!(problem.pointer.as_deref(), Some("/api" | "/workflow" | "/connection")))
            .collect();
        assert!(unexpected.is_empty(), "a new {} has problems: {unexpected:?}", described.r#type);
    }
}

#[test]
fn every_exit_rule_gives_names_that_differ() {
    for described in catalogue().types() {
        let exits = exits::of(&described.exits, &described.new);
        let mut names: Vec<_> = exits.iter().map(|exit| &exit.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), exits.len(), "{} gives an exit twice", described.r#type);
        assert!(exits.iter().all(|exit| !exit.label.is_empty()));
    }
}

#[test]
fn a_setting_that_no_type_knows_is_refused_with_its_place() {
    for described in catalogue().types() {
        let mut document = with_one_node(described);
        let node = document.nodes.get_mut(&1).expect("the node");
        node.settings.insert("no_such_setting".to_owned(), true.into());
        let (_, problems) = compile(&document, 0, &catalogue());
        let found = problems.iter().any(|problem| problem.message.contains("no_such_setting"));
        assert!(found, "{} takes an unknown setting: {problems:?}", described.r#type);
    }
}
