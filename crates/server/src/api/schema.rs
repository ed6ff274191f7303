//! Types of the engine as the API's description names them: their schemas come from the engine itself.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Names a type of the engine in the description. Its schema is put in afterwards, by [`components`].
macro_rules! engine_types {
    ($($(#[$doc:meta])* $name:ident = $type:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new().into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*

        /// Returns the schemas of the engine's types, by the names of the description.
        pub fn components() -> Map<String, Json> {
            let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            });
            let mut generator = settings.into_generator();
            let mut components = Map::new();
            $(
                let schema = generator.root_schema_for::<$type>().to_value();
                let schema = without_definitions(schema, &mut components);
                components.insert(stringify!($name).to_owned(), schema);
            )*
            // Elsewhere its members stand beside others.
            if let Some(Json::Object(definition)) = components.get_mut("ApiDefinition") {
                definition.remove("additionalProperties");
            }
            components
        }
    };
}

engine_types! {
    /// A workflow as a document.
    WorkflowDocument = usher_engine::workflow::Document;
    /// Something to mend in a workflow.
    WorkflowProblem = usher_engine::workflow::Problem;
    /// A customer's message.
    Inbound = usher_engine::message::Inbound;
    /// A message to a customer.
    Outbound = usher_engine::message::Outbound;
    /// A new API of the business's own.
    ApiInput = crate::actions::apis::Input;
    /// A change of an API: all parts may be left out.
    ApiChange = Map<String, Json>;
    /// An API of the business's own.
    ApiDefinition = usher_connect::api::Definition;
}

/// Moves what a schema defines beside itself to the components.
fn without_definitions(mut schema: Json, components: &mut Map<String, Json>) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        for place in ["$defs", "components"] {
            match object.remove(place) {
                Some(Json::Object(definitions)) if place == "$defs" => components.extend(definitions),
                Some(Json::Object(mut parts)) => {
                    if let Some(Json::Object(definitions)) = parts.remove("schemas") {
                        components.extend(definitions);
                    }
                }
                _ => {}
            }
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_engines_types_leads_to_a_component() {
        let components = components();
        let text = serde_json::to_string(&components).unwrap();
        for part in text.split("\"$ref\":\"").skip(1) {
            let target = part.split('"').next().unwrap();
            let name = target.strip_prefix("#/components/schemas/").unwrap_or_else(|| panic!("{target}"));
            assert!(components.contains_key(name), "{target}");
        }
        assert!(!text.contains("$defs"));
    }
}
