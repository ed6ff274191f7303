//! Moves over the tokens: looks at the next one, takes it if it fits, or says what was expected.

use super::super::ast::Operator;
use super::super::error::{Span, SyntaxError};
use super::super::token::{Lexeme, Token};
use super::{COMPARISON, Parsed, Parser, Power};

impl<'s> Parser<'_, 's> {
    /// The operator that comes next, how tight it binds, and how many tokens it is.
    pub fn operator(&self) -> Option<(Operator, Power, usize)> {
        let (operator, power) = match &self.tokens.get(self.next)?.token {
            Token::Name("or") => (Operator::Or, 1),
            Token::Name("and") => (Operator::And, 2),
            Token::Name("in") => (Operator::In, COMPARISON),
            Token::Name("not") => match self.tokens.get(self.next + 1)?.token {
                Token::Name("in") => return Some((Operator::NotIn, COMPARISON, 2)),
                _ => return None,
            },
            Token::Symbol(symbol) => match *symbol {
                "==" => (Operator::Equal, COMPARISON),
                "!=" => (Operator::NotEqual, COMPARISON),
                "<" => (Operator::Less, COMPARISON),
                "<=" => (Operator::LessOrEqual, COMPARISON),
                ">" => (Operator::Greater, COMPARISON),
                ">=" => (Operator::GreaterOrEqual, COMPARISON),
                "+" => (Operator::Add, 4),
                "-" => (Operator::Subtract, 4),
                "~" => (Operator::Concat, 5),
                "*" => (Operator::Multiply, 6),
                "/" => (Operator::Divide, 6),
                "//" => (Operator::FloorDivide, 6),
                "%" => (Operator::Modulo, 6),
                "**" => (Operator::Power, 7),
                _ => return None,
            },
            _ => return None,
        };
        Some((operator, power, 1))
    }

    pub fn word(&mut self, what: &str) -> Parsed<(&'s str, Span)> {
        match self.tokens.get(self.next) {
            Some(Lexeme { token: Token::Name(name), span }) => {
                self.next += 1;
                Ok((name, *span))
            }
            _ => Err(self.expected(what)),
        }
    }

    pub fn open(&mut self) -> Span {
        let span = self.span();
        self.next += 1;
        span
    }

    pub fn close(&mut self, symbol: &'static str) -> Parsed<Span> {
        let span = self.span();
        if self.skip_symbol(symbol) { Ok(span) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    pub fn at_symbol(&self, symbol: &'static str) -> bool {
        self.tokens.get(self.next).is_some_and(|lexeme| lexeme.token == Token::Symbol(symbol))
    }

    pub fn skip_symbol(&mut self, symbol: &'static str) -> bool {
        let found = self.at_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    pub fn at_name(&self, name: &str) -> bool {
        self.tokens.get(self.next).is_some_and(|lexeme| lexeme.token == Token::Name(name))
    }

    pub fn skip_name(&mut self, name: &str) -> bool {
        let found = self.at_name(name);
        self.next += usize::from(found);
        found
    }

    pub fn span(&self) -> Span {
        self.tokens.get(self.next).map_or(self.end, |lexeme| lexeme.span)
    }

    pub fn expected(&self, what: &str) -> SyntaxError {
        let found = self
            .tokens
            .get(self.next)
            .map_or("the end of the expression".to_owned(), |lexeme| described(&lexeme.token));
        SyntaxError::at(self.span(), format!("expected {what}, but found {found}"))
    }
}

pub fn described(token: &Token<'_>) -> String {
    match token {
        Token::Name(name) => format!("`{name}`"),
        Token::Text(_) => "a text".to_owned(),
        Token::Number(number) => format!("`{number}`"),
        Token::Symbol(symbol) => format!("`{symbol}`"),
    }
}
