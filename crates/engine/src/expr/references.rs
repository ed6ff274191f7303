//! Which variables an expression reads: for the checker, rename, find and completion.

use super::ast::{Expr, Node};
use super::error::Span;
use crate::value::Path;

/// A variable, or a part of one, that an expression reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As much of the path as is known without evaluating: `order.items` of `order.items[n].title`.
    pub path: Path,
    /// Where the path stands in the source.
    pub span: Span,
    /// Where the variable's name stands in the source.
    pub name: Span,
}

pub(super) fn collect(node: &Node, references: &mut Vec<Reference>) {
    let mut covered = None;
    node.walk(&mut |node: &Node| {
        // The name at the start of a path comes right after the path itself.
        let Some((path, span)) = node.path() else { return };
        let name = if let Expr::Path(base, _) = &node.expr { base.span } else { node.span };
        if covered != Some(name) {
            references.push(Reference { path, span, name });
        }
        covered = matches!(node.expr, Expr::Path(..)).then_some(name);
    });
}

/// The source with a variable renamed.
pub(super) fn renamed(source: &str, references: &[Reference], from: &str, to: &str) -> String {
    let mut renamed = String::with_capacity(source.len());
    let mut copied = 0;
    for reference in references.iter().filter(|reference| reference.path.root() == Some(from)) {
        renamed.push_str(&source[copied..reference.name.start]);
        renamed.push_str(to);
        copied = reference.name.end;
    }
    renamed.push_str(&source[copied..]);
    renamed
}
