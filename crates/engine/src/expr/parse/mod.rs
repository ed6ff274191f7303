//! Builds the tree of an expression from its tokens, by precedence climbing.
//!
//! From the loosest: `x if c else y`, `or`, `and`, `not`, comparisons (one, not chained), `+ -`, `~`,
//! `* / // %`, `**`, unary `-`, paths and filters and tests. As in Jinja, a filter binds tighter than
//! an operator but looser than `-`: `-1 | abs` is 1, `1 + -1 | abs` is 2.

mod cursor;

use cursor::described;

use super::MAX_DEPTH;
use super::arguments::{Argument, bind};
use super::ast::{Choice, Expr, Node, Step};
use super::error::{Span, SyntaxError};
use super::filters::{self, FilterSpec};
use super::predicates::{self, TestSpec};
use super::token::{Lexeme, Token};
use crate::value::{Number, Value};

type Parsed<T> = Result<T, SyntaxError>;

/// Parses all tokens as one expression that stands at `span`.
pub(super) fn parse(tokens: &[Lexeme<'_>], span: Span) -> Parsed<Node> {
    let mut parser = Parser { tokens, next: 0, depth: 0, end: Span { start: span.end, end: span.end } };
    if tokens.is_empty() {
        return Err(SyntaxError::at(span, "an expression is missing here"));
    }
    let node = parser.expression()?;
    match parser.tokens.get(parser.next) {
        None => Ok(node),
        Some(lexeme) => Err(SyntaxError::at(lexeme.span, left_over(&lexeme.token))),
    }
}

struct Parser<'t, 's> {
    tokens: &'t [Lexeme<'s>],
    next: usize,
    depth: u8,
    /// Where the expression ends, to point at when something is missing.
    end: Span,
}

/// How tight an operator binds.
type Power = u8;
const COMPARISON: Power = 3;

impl<'s> Parser<'_, 's> {
    fn expression(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::at(self.span(), format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let mut node = self.binary(1)?;
        while self.skip_name("if") {
            let condition = self.binary(1)?;
            let otherwise = if self.skip_name("else") { Some(self.expression()?) } else { None };
            let end = otherwise.as_ref().unwrap_or(&condition).span;
            let span = node.span.to(end);
            node = Node::new(Expr::If(Box::new(Choice { then: node, condition, otherwise })), span)?;
        }
        self.depth -= 1;
        Ok(node)
    }

    fn binary(&mut self, loosest: Power) -> Parsed<Node> {
        let mut left = if loosest <= COMPARISON { self.negation()? } else { self.unary()? };
        while let Some((operator, power, tokens)) = self.operator().filter(|(_, power, _)| *power >= loosest) {
            self.next += tokens;
            let right = self.binary(power + 1)?;
            let span = left.span.to(right.span);
            left = Node::new(Expr::Binary(operator, Box::new((left, right))), span)?;
            if power == COMPARISON && self.operator().is_some_and(|(_, next, _)| next == COMPARISON) {
                return Err(SyntaxError::at(self.span(), "comparisons cannot be chained; join them with `and`"));
            }
        }
        Ok(left)
    }

    /// `not not x`, where it may stand.
    fn negation(&mut self) -> Parsed<Node> {
        let mut nots = Vec::new();
        while self.at_name("not") {
            nots.push(self.span());
            self.next += 1;
        }
        if nots.is_empty() {
            return self.unary();
        }
        let operand = self.binary(COMPARISON)?;
        nots.into_iter().rev().try_fold(operand, |node, not| {
            let span = not.to(node.span);
            Node::new(Expr::Not(Box::new(node)), span)
        })
    }

    /// `-x`, then filters and tests of that.
    fn unary(&mut self) -> Parsed<Node> {
        let node = self.negative()?;
        self.filtered(node)
    }

    fn negative(&mut self) -> Parsed<Node> {
        let mut minuses = Vec::new();
        while self.at_symbol("-") {
            minuses.push(self.span());
            self.next += 1;
        }
        let operand = self.primary()?;
        let operand = self.stepped(operand)?;
        minuses.into_iter().rev().try_fold(operand, |node, minus| {
            let span = minus.to(node.span);
            let negated = match &node.expr {
                Expr::Literal(value) => value.as_number().and_then(Number::negated),
                _ => None,
            };
            match negated {
                Some(number) => Node::new(Expr::Literal(number.into()), span),
                None => Node::new(Expr::Negate(Box::new(node)), span),
            }
        })
    }

    fn primary(&mut self) -> Parsed<Node> {
        let Some(lexeme) = self.tokens.get(self.next) else { return Err(self.expected("a value")) };
        let span = lexeme.span;
        let literal = |value: Value| Node::new(Expr::Literal(value), span);
        let node = match &lexeme.token {
            Token::Number(number) => literal((*number).into()),
            Token::Text(text) => literal(text.as_str().into()),
            Token::Name("true" | "True") => literal(true.into()),
            Token::Name("false" | "False") => literal(false.into()),
            Token::Name("none" | "None" | "null") => literal(Value::UNSET),
            Token::Name(name) if !is_keyword(name) => Node::new(Expr::Name((*name).into()), span),
            Token::Symbol("(") => return self.parenthesised(),
            Token::Symbol("[") => return self.list(),
            Token::Symbol("{") => return self.map(),
            _ => return Err(self.expected("a value")),
        };
        self.next += 1;
        node
    }

    fn parenthesised(&mut self) -> Parsed<Node> {
        self.next += 1;
        let node = self.expression()?;
        if self.at_symbol(",") {
            return Err(SyntaxError::at(self.span(), "write a list in square brackets: [a, b]"));
        }
        self.close(")")?;
        Ok(node)
    }

    fn list(&mut self) -> Parsed<Node> {
        let open = self.open();
        let mut items = Vec::new();
        while !self.at_symbol("]") {
            items.push(self.expression()?);
            if !self.skip_symbol(",") {
                break;
            }
        }
        let close = self.close("]")?;
        Node::new(Expr::List(items), open.to(close))
    }

    fn map(&mut self) -> Parsed<Node> {
        let open = self.open();
        let mut entries = Vec::new();
        while !self.at_symbol("}") {
            let key = self.expression()?;
            if matches!(key.expr, Expr::Name(_)) {
                return Err(SyntaxError::at(key.span, "write keys in quotes: {\"key\": value}"));
            }
            self.close(":")?;
            entries.push((key, self.expression()?));
            if !self.skip_symbol(",") {
                break;
            }
        }
        let close = self.close("}")?;
        Node::new(Expr::Map(entries), open.to(close))
    }

    /// `.key`, `.0`, `[index]` and `[from:to:by]` after a value.
    fn stepped(&mut self, base: Node) -> Parsed<Node> {
        let mut steps = Vec::new();
        loop {
            let start = self.span();
            if self.skip_symbol(".") {
                steps.push(self.key(start)?);
            } else if self.skip_symbol("[") {
                steps.push(self.subscript(start)?);
            } else if self.at_symbol("(") {
                return Err(SyntaxError::at(start, "nothing can be called; use a filter: `value | filter(…)`"));
            } else {
                break;
            }
        }
        match steps.last() {
            None => Ok(base),
            Some(last) => {
                let span = base.span.to(last.span());
                Node::new(Expr::Path(Box::new(base), steps), span)
            }
        }
    }

    fn key(&mut self, start: Span) -> Parsed<Step> {
        let span = start.to(self.span());
        let step = match self.tokens.get(self.next).map(|lexeme| &lexeme.token) {
            Some(Token::Name(name)) => Step::Key((*name).into(), span),
            Some(Token::Number(index)) if index.as_whole().is_some() => {
                Step::Index(Node::new(Expr::Literal((*index).into()), self.span())?, span)
            }
            _ => return Err(self.expected("a name after `.`")),
        };
        self.next += 1;
        Ok(step)
    }

    fn subscript(&mut self, open: Span) -> Parsed<Step> {
        let mut bounds = [None, None, None];
        let mut colons = 0;
        while !self.at_symbol("]") {
            if colons < 2 && self.skip_symbol(":") {
                colons += 1;
            } else if bounds[colons].is_none() {
                bounds[colons] = Some(self.expression()?);
            } else {
                break;
            }
        }
        let span = open.to(self.close("]")?);
        match bounds {
            [Some(index), None, None] if colons == 0 => Ok(Step::Index(index, span)),
            _ if colons == 0 => Err(SyntaxError::at(span, "an index or key is missing between the brackets")),
            bounds => Ok(Step::Slice(Box::new(bounds), span)),
        }
    }

    /// `| filter(…)` and `is test` after a value.
    fn filtered(&mut self, mut node: Node) -> Parsed<Node> {
        loop {
            if self.skip_symbol("|") {
                let (name, span) = self.word("the name of a filter")?;
                let filter = filters::find(name)
                    .ok_or_else(|| unknown("filter", name, span, filters::filters().iter().map(|f| f.name)))?;
                node = self.filter(node, filter, span)?;
            } else if self.skip_name("is") {
                let negated = self.skip_name("not");
                let (name, span) = self.word("the name of a test")?;
                let test = predicates::find(name)
                    .ok_or_else(|| unknown("test", name, span, predicates::tests().iter().map(|t| t.name)))?;
                node = self.test(node, test, span)?;
                if negated {
                    let span = node.span;
                    node = Node::new(Expr::Not(Box::new(node)), span)?;
                }
            } else {
                return Ok(node);
            }
        }
    }

    fn filter(&mut self, input: Node, filter: &'static FilterSpec, name: Span) -> Parsed<Node> {
        let (arguments, end) = if self.at_symbol("(") { self.arguments()? } else { (Vec::new(), name) };
        let arguments = bind(filter.name, filter.params, arguments, name)?;
        let span = input.span.to(end);
        Node::new(Expr::Filter(filter, Box::new(input), arguments), span)
    }

    fn test(&mut self, input: Node, test: &'static TestSpec, name: Span) -> Parsed<Node> {
        let (arguments, end) = if self.at_symbol("(") {
            self.arguments()?
        } else if test.params.is_empty() {
            (Vec::new(), name)
        } else {
            let operand = self.negative()?;
            let end = operand.span;
            (vec![Argument { name: None, value: operand }], end)
        };
        let arguments = bind(test.name, test.params, arguments, name)?;
        let span = input.span.to(end);
        Node::new(Expr::Test(test, Box::new(input), arguments), span)
    }

    fn arguments(&mut self) -> Parsed<(Vec<Argument<'s>>, Span)> {
        self.open();
        let mut arguments = Vec::new();
        while !self.at_symbol(")") {
            let name = match self.tokens.get(self.next..self.next + 2) {
                Some([Lexeme { token: Token::Name(name), span }, Lexeme { token: Token::Symbol("="), .. }]) => {
                    Some((*name, *span))
                }
                _ => None,
            };
            self.next += if name.is_some() { 2 } else { 0 };
            arguments.push(Argument { name, value: self.expression()? });
            if !self.skip_symbol(",") {
                break;
            }
        }
        let close = self.close(")")?;
        Ok((arguments, close))
    }
}

/// Whether a name has a meaning of its own and so cannot be that of a variable.
pub(super) fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "and"
            | "or"
            | "not"
            | "in"
            | "is"
            | "if"
            | "else"
            | "true"
            | "false"
            | "none"
            | "True"
            | "False"
            | "None"
            | "null"
    )
}

fn left_over(token: &Token<'_>) -> String {
    match token {
        Token::Symbol("=") => "a variable cannot be set here; compare with `==`".to_owned(),
        token => format!("{} does not belong here; an operator is missing before it", described(token)),
    }
}

fn unknown<'n>(what: &str, name: &str, span: Span, known: impl Iterator<Item = &'n str>) -> SyntaxError {
    let known: Vec<&str> = known.collect();
    let nearest = known.iter().map(|known| (distance(name, known), known)).min().filter(|(distance, _)| *distance <= 2);
    let hint = match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None => format!("there are {}", known.join(", ")),
    };
    SyntaxError::at(span, format!("there is no {what} `{name}`; {hint}"))
}

/// How many letters have to be put in, taken out or changed to make one name of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate().take(MAX_NAME) {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()] + a.len().saturating_sub(MAX_NAME)
}

/// Names that are longer are like none of ours.
const MAX_NAME: usize = 40;

#[cfg(test)]
mod tests;
