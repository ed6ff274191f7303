//! The catalogue: every node type with its settings described, from which compile step, editor and docs work.

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::exits::{BY_NO, BY_YES, ExitRule};
use crate::node::{Act, Family, Group, Node};
use crate::nodes::{self, Integration};
use crate::operation::Operation;
use crate::settings::{self, Unfit};

/// All the node types that a workflow may use: the engine's own, and the operations of the systems that can be connected.
#[derive(Debug)]
pub struct Catalogue {
    entries: IndexMap<&'static str, Entry>,
}

/// One node type.
#[derive(Debug)]
pub(crate) struct Entry {
    described: Described,
    pub exits: &'static [ExitRule],
    reader: Reader,
}

/// Reads the settings of a node of one type.
type Read = fn(&Map<String, Json>) -> Result<Arc<dyn Act>, Unfit>;

#[derive(Debug)]
enum Reader {
    Own(Read),
    Operation(Arc<dyn Operation>),
}

/// What the catalogue says of a node type, to the editor and to people.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    pub r#type: &'static str,
    pub title: &'static str,
    pub family: Family,
    pub group: Group,
    pub icon: &'static str,
    /// The first line of the node's description.
    pub tooltip: String,
    /// JSON Schema of the settings; `x-widget` says which field the editor shows.
    pub schema: Json,
    /// The settings that a new node starts with.
    pub new: Map<String, Json>,
    pub exits: Vec<ExitRule>,
    /// What the card says, with `{setting}` in place of a setting.
    pub summary: &'static str,
    /// The setting that names the variable it sets.
    pub sets: Option<&'static str>,
    /// Whether it waits for the customer.
    pub waits: bool,
    /// The connected system that it belongs to, and that system's name.
    pub system: Option<&'static str>,
    pub system_title: Option<&'static str>,
}

impl Catalogue {
    /// Makes the catalogue of the engine's own node types and these operations.
    pub fn new(operations: impl IntoIterator<Item = Arc<dyn Operation>>) -> Self {
        let own = nodes::entries().into_iter();
        let integrations = operations.into_iter().map(Entry::of_operation);
        Self { entries: own.chain(integrations).map(|entry| (entry.described.r#type, entry)).collect() }
    }

    /// Returns what is said of every type, in the palette's order.
    pub fn types(&self) -> impl Iterator<Item = &Described> {
        self.entries.values().map(|entry| &entry.described)
    }

    /// Returns what is said of one type.
    pub fn get(&self, r#type: &str) -> Option<&Described> {
        self.entries.get(r#type).map(|entry| &entry.described)
    }

    pub(crate) fn entry(&self, r#type: &str) -> Option<&Entry> {
        self.entries.get(r#type)
    }
}

impl Entry {
    /// Describes one of the engine's own node types.
    pub fn of<N: Node>() -> Self {
        let kind = N::TYPE;
        let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        let schema = generator.root_schema_for::<N>().to_value();
        let tooltip = schema["description"].as_str().unwrap_or_default().split("\n\n").next().unwrap_or_default();
        let new = match serde_json::to_value(N::fresh()) {
            Ok(Json::Object(settings)) => settings,
            _ => Map::new(),
        };
        Self {
            described: Described {
                r#type: kind.name,
                title: kind.title,
                family: kind.family,
                group: kind.group,
                icon: kind.icon,
                tooltip: tooltip.replace('\n', " "),
                new,
                exits: kind.exits.to_vec(),
                summary: kind.summary,
                sets: kind.sets,
                waits: kind.waits,
                system: None,
                system_title: None,
                schema,
            },
            exits: kind.exits,
            reader: Reader::Own(read_own::<N>),
        }
    }

    fn of_operation(operation: Arc<dyn Operation>) -> Self {
        const EXITS: &[ExitRule] = &[BY_YES, BY_NO];
        let spec = operation.spec();
        let described = Described {
            r#type: spec.r#type,
            title: spec.title,
            family: Family::Integration,
            group: Group::Systems,
            icon: spec.icon,
            tooltip: spec.tooltip.to_owned(),
            schema: Integration::schema(spec),
            new: spec.new.clone(),
            exits: EXITS.to_vec(),
            summary: spec.summary,
            sets: Some("variable"),
            waits: false,
            system: Some(spec.system),
            system_title: Some(spec.system_title),
        };
        Self { described, exits: EXITS, reader: Reader::Operation(operation) }
    }

    /// Reads a node's settings.
    pub fn read(&self, settings: &Map<String, Json>) -> Result<Arc<dyn Act>, Unfit> {
        match &self.reader {
            Reader::Own(read) => read(settings),
            Reader::Operation(operation) => {
                Integration::read(operation.clone(), settings).map(|node| Arc::new(node) as Arc<dyn Act>)
            }
        }
    }
}

fn read_own<N: Node>(settings: &Map<String, Json>) -> Result<Arc<dyn Act>, Unfit> {
    let settings = json!(settings);
    match serde_path_to_error::deserialize::<_, N>(&settings) {
        Ok(node) => Ok(Arc::new(node)),
        Err(problem) => Err(Unfit::new(settings::pointer(problem.path()), problem.inner())),
    }
}
