//! Values with expressions in their texts: what is filled in can never break out of the text that it stands in.

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::advance::Step;
use crate::expr::Template;
use crate::settings::Unfit;
use crate::value::Value;

/// A value as it was written. A text that is one expression and nothing else, such as `{{ quantity }}`, becomes what
/// the expression gives: a number stays a number.
#[derive(Debug, Clone)]
pub(crate) enum Filling {
    Text(Template),
    Fixed(Value),
    List(Vec<Filling>),
    Map(IndexMap<String, Filling>),
}

impl Filling {
    /// Reads a value that stands at `pointer`.
    pub fn read(pointer: &str, written: &Json) -> Result<Self, Unfit> {
        match written {
            Json::String(text) => match Template::parse(text) {
                Ok(template) => Ok(Self::Text(template)),
                Err(problem) => Err(Unfit::new(pointer, &problem)),
            },
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| Self::read(&format!("{pointer}/{index}"), item))
                .collect::<Result<_, _>>()
                .map(Self::List),
            Json::Object(fields) => fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), Self::read(&format!("{pointer}/{name}"), field)?)))
                .collect::<Result<_, _>>()
                .map(Self::Map),
            fixed => Ok(Self::Fixed(Value::from_serde_json(fixed))),
        }
    }

    /// Fills it in.
    pub fn fill(&self, step: &mut Step<'_, '_>) -> Value {
        match self {
            Self::Text(template) => step.fill(template),
            Self::Fixed(value) => value.clone(),
            Self::List(items) => Value::list(items.iter().map(|item| item.fill(step)).collect::<Vec<_>>()),
            Self::Map(fields) => {
                let filled: Vec<_> = fields.iter().map(|(name, field)| (name.clone(), field.fill(step))).collect();
                Value::map(filled)
            }
        }
    }
}
