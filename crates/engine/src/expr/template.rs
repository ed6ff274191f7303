//! Sources that have been parsed: texts with expressions in them, and expressions alone.

use std::sync::{Arc, LazyLock};

use super::MAX_SOURCE_BYTES;
use super::ast::Node;
use super::error::{ParseError, Span, SyntaxError};
use super::evaluate::Evaluation;
use super::parse::parse;
use super::references::{self, Reference};
use super::token::{Until, tokens};
use crate::value::Value;

/// An expression, like `order.total > 100`.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Arc<str>,
    node: Node,
}

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// Tells the first place that cannot be read, and why.
    pub fn parse(source: &str) -> Result<Expression, ParseError> {
        let parsed = bounded(source).and_then(|()| {
            let (tokens, end) = tokens(source, 0, Until::End)?;
            parse(&tokens, Span { start: 0, end })
        });
        let node = parsed.map_err(|error| error.in_source(source))?;
        Ok(Expression { source: source.into(), node })
    }

    /// Returns it as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Computes the value; unset, if that is not possible.
    pub fn evaluate(&self, evaluation: &mut Evaluation<'_>) -> Value {
        evaluation.evaluate(&self.node).unwrap_or_default()
    }

    /// Returns the variables it reads, in the order of the source.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        references::collect(&self.node, &mut references);
        references.sort_by_key(|reference| reference.name.start);
        references
    }

    /// Returns the source with a variable renamed.
    pub fn renamed(&self, from: &str, to: &str) -> String {
        references::renamed(&self.source, &self.references(), from, to)
    }
}

/// A text with expressions in it, like `Hi {{ contact.name }}!`.
///
/// As in Jinja, `{{-` and `-}}` also take away the white space before and after, and `{{ "{{" }}` gives
/// the braces themselves. Statements (`{% … %}`) are refused.
#[derive(Debug, Clone)]
pub struct Template {
    source: Arc<str>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    /// A part of the source that stands for itself.
    Text(Span),
    Expression(Node),
}

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// Tells the first place that cannot be read, and why.
    pub fn parse(source: &str) -> Result<Template, ParseError> {
        let parts = bounded(source).and_then(|()| parts(source)).map_err(|error| error.in_source(source))?;
        Ok(Template { source: source.into(), parts })
    }

    /// Makes a text that stands for itself, whatever braces are in it.
    pub fn literal(text: &str) -> Template {
        Template { source: text.into(), parts: vec![Part::Text(Span { start: 0, end: text.len() })] }
    }

    /// Returns the empty text.
    pub fn empty() -> &'static Template {
        static EMPTY: LazyLock<Template> = LazyLock::new(|| Template::literal(""));
        &EMPTY
    }

    /// Returns it as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the text itself, if there are no expressions in it.
    pub fn as_constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(span)] => Some(&self.source[span.range()]),
            _ => None,
        }
    }

    /// Returns the text with every expression replaced by its value. It is sensitive if any of them is. When the
    /// budget is spent, the text ends there.
    pub fn render(&self, evaluation: &mut Evaluation<'_>) -> Value {
        self.render_each(evaluation, Value::render_to)
    }

    /// Returns the text as [`Template::render`] gives it, but each value written by a function, for texts in
    /// which values have to be escaped.
    pub fn render_each(&self, evaluation: &mut Evaluation<'_>, write: impl Fn(&Value, &mut String)) -> Value {
        if self.as_constant().is_some_and(|text| text.len() == self.source.len()) {
            return Arc::clone(&self.source).into();
        }
        let mut text = String::with_capacity(self.source.len());
        let mut mark = Value::UNSET;
        for part in &self.parts {
            match part {
                Part::Text(span) => text.push_str(&self.source[span.range()]),
                Part::Expression(node) => {
                    let Ok(value) = evaluation.evaluate(node) else { break };
                    if evaluation.charge(value.size(), node.span).is_err() {
                        break;
                    }
                    mark = mark.marked_like(&value);
                    write(&value, &mut text);
                }
            }
        }
        Value::from(text).marked_like(&mark)
    }

    /// Returns the value of the only expression, of its own kind, if there is nothing but one; otherwise the text. For
    /// settings that pass values on: `{{ order.items }}` stays a list.
    pub fn evaluate(&self, evaluation: &mut Evaluation<'_>) -> Value {
        match self.parts.as_slice() {
            [Part::Expression(node)] => evaluation.evaluate(node).unwrap_or_default(),
            _ => self.render(evaluation),
        }
    }

    /// Returns the variables it reads, in the order of the source.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        for part in &self.parts {
            if let Part::Expression(node) = part {
                references::collect(node, &mut references);
            }
        }
        references.sort_by_key(|reference| reference.name.start);
        references
    }

    /// Returns the source with a variable renamed.
    pub fn renamed(&self, from: &str, to: &str) -> String {
        references::renamed(&self.source, &self.references(), from, to)
    }
}

fn bounded(source: &str) -> Result<(), SyntaxError> {
    if source.len() <= MAX_SOURCE_BYTES {
        return Ok(());
    }
    Err(SyntaxError::at(0..0, format!("{} bytes are too long; at most {MAX_SOURCE_BYTES} are read", source.len())))
}

fn parts(source: &str) -> Result<Vec<Part>, SyntaxError> {
    let mut parts = Vec::new();
    let mut position = 0;
    let mut trim_next = false;
    loop {
        let open = source[position..].find("{{").map_or(source.len(), |found| position + found);
        let mut text = Span { start: position, end: open };
        no_statements(source, text)?;
        let trim_this = source[open..].starts_with("{{-");
        let range = &source[text.range()];
        if trim_this {
            text.end = text.start + range.trim_end().len();
        }
        if trim_next {
            text.start += (range.len() - range.trim_start().len()).min(text.end - text.start);
        }
        if text.start < text.end {
            parts.push(Part::Text(text));
        }
        if open == source.len() {
            return Ok(parts);
        }
        let start = open + if trim_this { 3 } else { 2 };
        let (tokens, end) = tokens(source, start, Until::Braces { open })?;
        parts.push(Part::Expression(parse(&tokens, Span { start, end })?));
        trim_next = source[end..].starts_with('-');
        position = end + if trim_next { 3 } else { 2 };
    }
}

fn no_statements(source: &str, text: Span) -> Result<(), SyntaxError> {
    match source[text.range()].find("{%") {
        Some(found) => {
            let start = text.start + found;
            Err(SyntaxError::at(start..start + 2, "there are no statements here; use `{{ x if condition else y }}`"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

    fn paths(references: &[Reference]) -> Vec<String> {
        references.iter().map(|reference| reference.path.to_string()).collect()
    }

    #[test]
    fn errors_point_at_the_place() {
        let error = Template::parse("Hi\nÄ {{ name | uper }}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 13));
        assert!(error.to_string().starts_with("line 2, column 13: there is no filter `uper`"), "{error}");
        assert_eq!(Template::parse("a {{ b").unwrap_err().span, Span { start: 2, end: 4 });
        assert!(Template::parse("{% if x %}").unwrap_err().message.contains("no statements"));
        assert!(Template::parse("{{ }}").unwrap_err().message.contains("missing"));
        assert!(Template::parse(&"x".repeat(MAX_SOURCE_BYTES + 1)).unwrap_err().message.contains("too long"));
    }

    #[test]
    fn references_are_found_with_their_places() {
        let source =
            "{{ order.items[0].title ~ order['items'][n].x | default(fallback) }} {{ [a, {'k': b}][c:] if d else -e }}";
        let template = Template::parse(source).unwrap();
        let references = template.references();
        let found = ["order.items[0].title", "order.items", "n", "fallback", "a", "b", "c", "d", "e"];
        assert_eq!(paths(&references), found);
        assert_eq!(&source[references[0].span.range()], "order.items[0].title");
        assert_eq!(&source[references[1].span.range()], "order['items']");
        assert_eq!(&source[references[1].name.range()], "order");
        assert!(Expression::parse("(order).total").unwrap().references()[0].path.root() == Some("order"));
    }

    #[test]
    fn renames_a_variable_and_nothing_else() {
        let template = Template::parse("x {{ x + y.x + x.x | default('x') + {'x': x}['x'] }} {{ xx }}").unwrap();
        assert_eq!(
            template.renamed("x", "longer"),
            "x {{ longer + y.x + longer.x | default('x') + {'x': longer}['x'] }} {{ xx }}"
        );
        assert_eq!(Expression::parse("a[a.a] + a").unwrap().renamed("a", "b"), "b[b.a] + b");
    }

    #[test]
    fn a_single_expression_keeps_its_kind() {
        let scope = Map::from_iter([("items".to_owned(), Value::list([1_i64.into()]))]);
        let evaluate = |source: &str| Template::parse(source).unwrap().evaluate(&mut Evaluation::new(&scope));
        assert_eq!(evaluate("{{ items }}"), Value::list([1_i64.into()]));
        assert_eq!(evaluate("{{ items }} "), "[1] ".into());
        assert_eq!(evaluate("1"), "1".into());
    }

    #[test]
    fn values_can_be_escaped_on_their_way_into_a_text() {
        let scope = Map::from_iter([("name".to_owned(), "a b".into())]);
        let template = Template::parse("/x y/{{ name }}").unwrap();
        let text = template
            .render_each(&mut Evaluation::new(&scope), |value, out| out.push_str(&value.render().replace(' ', "%20")));
        assert_eq!(text, "/x y/a%20b".into());
    }

    #[test]
    fn a_text_without_expressions_is_not_copied() {
        let template = Template::parse("Hello!").unwrap();
        let scope = Map::new();
        let rendered = template.render(&mut Evaluation::new(&scope));
        assert!(std::ptr::eq(rendered.as_text().unwrap(), template.source()));
        assert_eq!(template.as_constant(), Some("Hello!"));
    }
}
