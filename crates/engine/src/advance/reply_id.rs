//! The ids of buttons and rows: they carry session, step and exit, so that a tap is known for what it is.

use std::fmt;

use crate::id::SessionId;
use crate::session::Place;

/// Says which option of which step of which session a tap is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplyId<'a> {
    session: &'a str,
    step: u64,
    workflow: &'a str,
    node: u32,
    pub exit: &'a str,
}

impl<'a> ReplyId<'a> {
    pub fn new(session: &'a SessionId, step: u64, place: &'a Place, exit: &'a str) -> Self {
        Self { session: session.as_str(), step, workflow: &place.workflow, node: place.node, exit }
    }

    /// Reads an id; none if it is not one of Usher's.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(5, '/');
        let mut part = || parts.next();
        Some(Self {
            session: part()?,
            step: part()?.parse().ok()?,
            workflow: part()?,
            node: part()?.parse().ok()?,
            exit: part()?,
        })
    }

    /// Says whether the tap is on something that this node of this session has shown, now or before.
    pub fn is_of(&self, session: &SessionId, place: &Place) -> bool {
        self.session == session.as_str() && self.workflow == place.workflow && self.node == place.node
    }
}

impl fmt::Display for ReplyId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, step, workflow, node, exit } = self;
        write!(f, "{session}/{step}/{workflow}/{node}/{exit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written_and_strange_ones_are_not_read() {
        let session = SessionId::from("s1");
        let place = Place { workflow: "order-status".into(), version: 2, node: 4 };
        let id = ReplyId::new(&session, 7, &place, "a/b").to_string();
        let read = ReplyId::parse(&id).expect("reads its own");
        assert_eq!(read.exit, "a/b");
        assert!(read.is_of(&session, &place));
        assert!(!read.is_of(&session, &Place { node: 5, ..place }));
        assert_eq!(ReplyId::parse("payload of a template"), None);
    }
}
