//! The filters: `value | name(arguments)`, each with its doc and a tested example.

mod list;
mod map;
mod number;
mod text;
mod time;

use jiff::tz::TimeZone;

use super::arguments::Param;
use crate::value::{Number, Value};

/// A filter: what it is called, takes and does.
#[derive(Debug, serde::Serialize)]
pub struct FilterSpec {
    /// What it is called.
    pub name: &'static str,
    /// What it does, as a sentence.
    pub doc: &'static str,
    /// What it takes, in this order or by name.
    pub params: &'static [Param],
    /// An expression, and what it gives as it is shown in a text.
    pub example: (&'static str, &'static str),
    /// Whether it does something with what is not set; the others give that on.
    #[serde(skip)]
    pub(super) takes_unset: bool,
    #[serde(skip)]
    pub(super) run: fn(&Call<'_>) -> Result<Value, Failure>,
}

/// Returns all filters, as completion and the reference show them.
pub fn filters() -> &'static [FilterSpec] {
    static FILTERS: std::sync::LazyLock<Vec<FilterSpec>> = std::sync::LazyLock::new(|| {
        let mut filters: Vec<FilterSpec> = Vec::new();
        filters.extend(text::FILTERS);
        filters.extend(number::FILTERS);
        filters.extend(list::FILTERS);
        filters.extend(map::FILTERS);
        filters.extend(time::FILTERS);
        filters
    });
    &FILTERS
}

/// Other names that Jinja has for some of them.
const ALIASES: [(&str, &str); 7] = [
    ("d", "default"),
    ("count", "length"),
    ("float", "number"),
    ("text", "string"),
    ("tojson", "json"),
    ("selectattr", "where"),
    ("rejectattr", "where_not"),
];

pub(super) fn find(name: &str) -> Option<&'static FilterSpec> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| *name);
    filters().iter().find(|filter| filter.name == name)
}

impl FilterSpec {
    const fn new(
        name: &'static str,
        doc: &'static str,
        params: &'static [Param],
        example: (&'static str, &'static str),
        run: fn(&Call<'_>) -> Result<Value, Failure>,
    ) -> FilterSpec {
        FilterSpec { name, doc, params, example, takes_unset: false, run }
    }

    const fn also_unset(mut self) -> FilterSpec {
        self.takes_unset = true;
        self
    }
}

/// Why a filter or operator gives nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was wrong, for the author; never with the content of a value.
    Invalid(String),
    /// The result would be larger than what is left of the budget.
    NoRoom,
}

impl Failure {
    pub fn invalid(message: impl Into<String>) -> Failure {
        Failure::Invalid(message.into())
    }
}

/// What a filter is given. Arguments that were left out are unset.
pub(super) struct Call<'c> {
    pub input: &'c Value,
    pub args: &'c [Value],
    pub params: &'static [Param],
    pub zone: &'c TimeZone,
    /// What is left of the budget.
    pub room: usize,
}

impl<'c> Call<'c> {
    /// Returns the text that goes in.
    fn text(&self) -> Result<&'c str, Failure> {
        self.input.as_text().ok_or_else(|| self.unfit("a text"))
    }

    fn list(&self) -> Result<&'c [Value], Failure> {
        self.input.as_list().ok_or_else(|| self.unfit("a list"))
    }

    fn number(&self) -> Result<Number, Failure> {
        self.input.as_number().ok_or_else(|| match self.input.as_text() {
            Some(_) => Failure::invalid("needs a number, not a text; `| number` makes one of it"),
            None => self.unfit("a number"),
        })
    }

    fn unfit(&self, wanted: &str) -> Failure {
        Failure::invalid(format!("needs {wanted}, not a {}", self.input.type_name()))
    }

    fn arg(&self, index: usize) -> Option<&'c Value> {
        self.args.get(index).filter(|arg| !arg.is_unset())
    }

    fn text_arg(&self, index: usize) -> Result<Option<&'c str>, Failure> {
        self.arg(index).map(|arg| arg.as_text().ok_or_else(|| self.unfit_arg(index, "a text", arg))).transpose()
    }

    fn whole_arg(&self, index: usize) -> Result<Option<i64>, Failure> {
        self.arg(index).map(|arg| arg.as_i64().ok_or_else(|| self.unfit_arg(index, "a whole number", arg))).transpose()
    }

    fn number_arg(&self, index: usize) -> Result<Option<Number>, Failure> {
        self.arg(index).map(|arg| arg.as_number().ok_or_else(|| self.unfit_arg(index, "a number", arg))).transpose()
    }

    fn flag(&self, index: usize) -> bool {
        self.arg(index).is_some_and(Value::truthy)
    }

    fn unfit_arg(&self, index: usize, wanted: &str, arg: &Value) -> Failure {
        let name = self.params.get(index).map_or("argument", |param| param.name);
        Failure::invalid(format!("`{name}` has to be {wanted}, not a {}", arg.type_name()))
    }

    /// Asks for room before something is built.
    fn fits(&self, bytes: usize) -> Result<(), Failure> {
        if bytes <= self.room { Ok(()) } else { Err(Failure::NoRoom) }
    }

    /// Builds a list for which there is room.
    fn collect(&self, items: impl IntoIterator<Item = Value>) -> Result<Value, Failure> {
        let mut size = 0_usize;
        let mut list = Vec::new();
        for item in items {
            size = size.saturating_add(item.size());
            self.fits(size)?;
            list.push(item);
        }
        Ok(list.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Evaluation, Expression};
    use crate::value::Map;

    #[test]
    fn every_example_gives_what_it_says() {
        for filter in filters() {
            let (source, result) = filter.example;
            let scope = Map::new();
            let mut evaluation = Evaluation::new(&scope);
            let value = Expression::parse(source).unwrap().evaluate(&mut evaluation);
            assert_eq!(value.render(), result, "{source}");
            assert_eq!(evaluation.problems(), [], "{source}");
            assert!(source.contains(&format!("| {}", filter.name)), "the example of {} does not show it", filter.name);
        }
    }

    #[test]
    fn names_are_unique_and_aliases_lead_somewhere() {
        for filter in filters() {
            assert_eq!(filters().iter().filter(|other| other.name == filter.name).count(), 1);
            assert!(
                filter.doc.ends_with('.') && filter.params.iter().all(|param| param.doc.ends_with('.')),
                "{}",
                filter.name
            );
        }
        for (alias, name) in ALIASES {
            assert_eq!(find(alias).unwrap().name, name);
            assert!(filters().iter().all(|filter| filter.name != alias));
        }
    }
}
