//! Where and why a source cannot be read.

use std::ops::Range;

/// A part of a source, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Span {
    /// Where it starts.
    pub start: usize,
    /// Where it has ended.
    pub end: usize,
}

impl Span {
    /// From the start of this one to the end of the other.
    pub(super) fn to(self, end: Span) -> Span {
        Span { start: self.start, end: end.end }
    }

    /// Returns it as the range of a text.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span { start: range.start, end: range.end }
    }
}

/// A text or expression that cannot be read: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// In bytes from the start of the source.
    pub span: Span,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and, where that is clear, what to do.
    pub message: String,
}

/// A [`ParseError`] before line and column are known.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub span: Span,
    pub message: String,
}

impl SyntaxError {
    pub fn at(span: impl Into<Span>, message: impl Into<String>) -> SyntaxError {
        SyntaxError { span: span.into(), message: message.into() }
    }

    pub fn in_source(self, source: &str) -> ParseError {
        let before = source.get(..self.span.start).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ParseError {
            span: self.span,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: self.message,
        }
    }
}
