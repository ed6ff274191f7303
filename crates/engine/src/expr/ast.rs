//! The tree of a parsed expression.

use super::MAX_DEPTH;
use super::error::{Span, SyntaxError};
use super::filters::FilterSpec;
use super::predicates::TestSpec;
use crate::value::{Kind, Path, Segment, Value};

/// A part of an expression and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub expr: Expr,
    pub span: Span,
    depth: u8,
}

#[derive(Debug, Clone)]
pub(super) enum Expr {
    Literal(Value),
    Name(Box<str>),
    /// `base.key[index][from:to]`.
    Path(Box<Node>, Vec<Step>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<(Node, Node)>),
    If(Box<Choice>),
    Filter(&'static FilterSpec, Box<Node>, Vec<Option<Node>>),
    Test(&'static TestSpec, Box<Node>, Vec<Option<Node>>),
}

/// `then if condition else otherwise`.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub then: Node,
    pub condition: Node,
    pub otherwise: Option<Node>,
}

/// One step into a value.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Key(Box<str>, Span),
    Index(Node, Span),
    Slice(Box<[Option<Node>; 3]>, Span),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Add,
    Subtract,
    Concat,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

impl Node {
    /// Makes a node, unless the tree gets too deep.
    pub fn new(expr: Expr, span: Span) -> Result<Node, SyntaxError> {
        let depth = expr.children().map(|child| child.depth).max().unwrap_or(0) + 1;
        if depth > MAX_DEPTH {
            return Err(SyntaxError::at(
                span,
                format!("nested deeper than {MAX_DEPTH} levels; set a variable to an intermediate result"),
            ));
        }
        Ok(Node { expr, span, depth })
    }

    /// Calls a function for this node and all below it, in the order of the source but for `if`.
    pub fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node)) {
        visit(self);
        self.expr.children().for_each(|child| child.walk(visit));
    }

    /// The variable and the steps that are known without evaluating: all of `order.items[0]`, `order` of
    /// `order[key]`. Also the span of that part.
    pub fn path(&self) -> Option<(Path, Span)> {
        let (root, steps) = match &self.expr {
            Expr::Name(_) => (self, [].as_slice()),
            Expr::Path(base, steps) => (base.as_ref(), steps.as_slice()),
            _ => return None,
        };
        let Expr::Name(name) = &root.expr else { return None };
        let mut path = vec![Segment::Key(name.to_string())];
        let mut span = root.span;
        for step in steps {
            let Some(segment) = step.segment() else { break };
            path.push(segment);
            span = span.to(step.span());
        }
        Some((Path(path), span))
    }
}

impl Step {
    pub fn span(&self) -> Span {
        match self {
            Step::Key(_, span) | Step::Index(_, span) | Step::Slice(_, span) => *span,
        }
    }

    fn segment(&self) -> Option<Segment> {
        match self {
            Step::Key(key, _) => Some(Segment::Key(key.to_string())),
            Step::Index(Node { expr: Expr::Literal(literal), .. }, _) => match literal.kind() {
                Kind::Text(key) => Some(Segment::Key(key.to_string())),
                Kind::Number(index) => index.to_i64().map(Segment::Index),
                _ => None,
            },
            Step::Index(..) | Step::Slice(..) => None,
        }
    }
}

impl Expr {
    fn children(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match self {
            Expr::Literal(_) | Expr::Name(_) => Box::new(std::iter::empty()),
            Expr::Path(base, steps) => Box::new(std::iter::once(base.as_ref()).chain(steps.iter().flat_map(|step| {
                let (index, slice) = match step {
                    Step::Key(..) => (None, None),
                    Step::Index(index, _) => (Some(index), None),
                    Step::Slice(bounds, _) => (None, Some(bounds.iter().flatten())),
                };
                index.into_iter().chain(slice.into_iter().flatten())
            }))),
            Expr::List(items) => Box::new(items.iter()),
            Expr::Map(entries) => Box::new(entries.iter().flat_map(|(key, value)| [key, value])),
            Expr::Not(operand) | Expr::Negate(operand) => Box::new(std::iter::once(operand.as_ref())),
            Expr::Binary(_, operands) => Box::new([&operands.0, &operands.1].into_iter()),
            Expr::If(choice) => Box::new([&choice.then, &choice.condition].into_iter().chain(&choice.otherwise)),
            Expr::Filter(_, input, args) | Expr::Test(_, input, args) => {
                Box::new(std::iter::once(input.as_ref()).chain(args.iter().flatten()))
            }
        }
    }
}
