//! What filters and tests take, and how what was written is put into that order.

use super::ast::Node;
use super::error::{Span, SyntaxError};

/// An argument that a filter or test takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Param {
    /// What it is called, in `name=value`.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Whether it has to be given.
    pub required: bool,
}

impl Param {
    pub(super) const fn required(name: &'static str, doc: &'static str) -> Param {
        Param { name, doc, required: true }
    }

    pub(super) const fn optional(name: &'static str, doc: &'static str) -> Param {
        Param { name, doc, required: false }
    }
}

/// An argument as it was written, `value` or `name=value`.
pub(super) struct Argument<'s> {
    pub name: Option<(&'s str, Span)>,
    pub value: Node,
}

/// Puts the arguments in the order of the parameters.
pub(super) fn bind(
    of: &str,
    params: &[Param],
    arguments: Vec<Argument<'_>>,
    span: Span,
) -> Result<Vec<Option<Node>>, SyntaxError> {
    let mut bound: Vec<Option<Node>> = params.iter().map(|_| None).collect();
    for (position, Argument { name, value }) in arguments.into_iter().enumerate() {
        let at = name.map_or(value.span, |(_, span)| span);
        let slot = match name {
            None => position,
            Some((name, _)) => params.iter().position(|param| param.name == name).unwrap_or(params.len()),
        };
        match bound.get_mut(slot) {
            Some(free @ None) => *free = Some(value),
            Some(Some(_)) => {
                return Err(SyntaxError::at(at, format!("`{}` of `{of}` is given twice", params[slot].name)));
            }
            None => return Err(SyntaxError::at(at, format!("`{of}` takes {}", listed(params)))),
        }
    }
    match params.iter().zip(&bound).find(|(param, value)| param.required && value.is_none()) {
        Some((param, _)) => Err(SyntaxError::at(span, format!("`{of}` needs its `{}`: {}", param.name, param.doc))),
        None => Ok(bound),
    }
}

fn listed(params: &[Param]) -> String {
    match params {
        [] => "no arguments".to_owned(),
        params => {
            format!("only {}", params.iter().map(|param| format!("`{}`", param.name)).collect::<Vec<_>>().join(", "))
        }
    }
}
