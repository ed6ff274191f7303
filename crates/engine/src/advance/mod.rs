//! The interpreter: from an event to the next wait.

mod reply_id;
mod step;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use jiff::SignedDuration;

pub(crate) use reply_id::ReplyId;
pub use step::Step;

use crate::change::{Change, Counted};
use crate::effect::Effect;
use crate::event::{Event, EventKind};
use crate::exits;
use crate::id::{EffectId, EventId};
use crate::limits;
use crate::message::{Inbound, Outbound};
use crate::node::{Act, Next};
use crate::session::{Caller, EndReason, Ending, Place, Session, State, Wait};
use crate::trace::{Level, Note, Visit, VisitEvent};
use crate::workflow::{self, Target, Workflow};
use crate::world::{Moment, World};

/// The timer of *no reply after …*.
const NO_REPLY_TIMER: &str = "no_reply";
/// What a customer reads who taps on something that is no longer asked.
const FROM_EARLIER: &str = "That menu is from earlier. Here is where we are now:";

/// What came of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The session after it.
    pub session: Session,
    /// What is committed with it.
    pub changes: Vec<Change>,
    /// What is carried out after the commit, in this order.
    pub effects: Vec<Effect>,
    /// What happened, step by step.
    pub trace: Vec<Visit>,
}

/// Takes a session from an event to its next wait, or to its end.
///
/// Cannot fail: a mistake in a workflow is a note in the trace and, where there is no way on, a session that ended
/// with a reason. Every event is accepted in every state; one that means nothing to the session changes nothing.
pub fn advance(world: &World<'_>, session: Session, event: &Event, at: Moment) -> Turn {
    let mut run = Run {
        world,
        at,
        event: &event.id,
        session,
        steps: 0,
        changes: Vec::new(),
        effects: Vec::new(),
        trace: Vec::new(),
    };
    run.take(event);
    while run.session.takes_messages()
        && let Some(kept) = run.session.inbox.pop_front()
    {
        run.take(&kept);
    }
    run.finish()
}

/// A turn under way.
#[derive(Debug)]
struct Run<'w> {
    world: &'w World<'w>,
    at: Moment,
    event: &'w EventId,
    session: Session,
    steps: usize,
    changes: Vec<Change>,
    effects: Vec<Effect>,
    trace: Vec<Visit>,
}

/// Where the interpreter goes next.
enum Go<'e> {
    Enter(Place),
    Resume(Place, &'e EventKind),
    Leave(Place, Cow<'static, str>),
    Return(workflow::document::Answer),
}

impl<'w> Run<'w> {
    fn take(&mut self, event: &Event) {
        match (&self.session.state, &event.kind) {
            (State::Ended { .. }, _) => {}
            (_, EventKind::MessageReceived { message }) => self.receive(event, message),
            (State::New, EventKind::ConversationOpened) => self.begin(),
            (State::Waiting { wait: Wait::Answer { effect } }, EventKind::CallAnswered { effect: answered, .. })
                if effect == answered =>
            {
                self.resume(&event.kind);
            }
            (State::Waiting { wait: Wait::Reply { .. } }, EventKind::TimerFired { timer, generation })
                if self.session.timer_is_set && timer == NO_REPLY_TIMER && *generation == self.session.generation =>
            {
                if let Some(place) = self.session.place.clone() {
                    self.leave_unasked(place, exits::NO_REPLY);
                }
            }
            (State::Waiting { .. }, EventKind::SendFailed { effect, failure }) => {
                self.not_delivered(effect, &failure.message);
            }
            (State::Waiting { .. }, EventKind::SessionExpired) => self.expire(),
            _ => {}
        }
    }

    fn receive(&mut self, event: &Event, message: &Inbound) {
        if !message.asks_for_an_answer() {
            return;
        }
        match &self.session.state {
            State::New => {
                self.hear(message);
                self.begin();
            }
            State::Waiting { wait: Wait::Reply { .. } } => {
                self.hear(message);
                match message {
                    Inbound::Tap { id, .. } if self.is_from_earlier(id) => self.show_again(),
                    _ => self.resume(&event.kind),
                }
            }
            State::Waiting { wait: Wait::Answer { .. } } => self.keep(event),
            State::Ended { .. } => {}
        }
    }

    /// Takes note of what the customer said; the session's clock starts anew.
    fn hear(&mut self, message: &Inbound) {
        self.session.message = Some(within_limits(message));
        self.session.time_left_ms = Some(millis(self.world.session_length));
    }

    /// Keeps an event for the next wait.
    fn keep(&mut self, event: &Event) {
        if self.session.inbox.len() < limits::INBOX {
            self.session.inbox.push_back(event.clone());
        } else {
            let text = format!("a message was dropped: {} already wait for this step to finish", limits::INBOX);
            self.note_here(Level::Warning, text);
        }
    }

    fn begin(&mut self) {
        self.session.time_left_ms.get_or_insert(millis(self.world.session_length));
        let entry = self.session.entry.clone();
        match self.start_of(&entry.workflow, entry.node) {
            Ok(place) => self.proceed(Go::Enter(place)),
            Err(detail) => self.end(EndReason::Broken, None, Some(detail)),
        }
    }

    fn resume(&mut self, event: &EventKind) {
        match self.session.place.clone() {
            Some(place) => self.proceed(Go::Resume(place, event)),
            None => self.begin(),
        }
    }

    /// Says whether a tap is on something that an earlier step, or an earlier session, had shown.
    fn is_from_earlier(&self, reply: &str) -> bool {
        let (Some(reply), Some(place)) = (ReplyId::parse(reply), &self.session.place) else { return false };
        !reply.is_of(&self.session.id, place)
    }

    fn show_again(&mut self) {
        let Some(place) = self.session.place.clone() else { return };
        let wait = self.session.state.clone();
        let Some((act, mut step)) = self.step_at(&place, VisitEvent::Resumed) else { return };
        step.send(Outbound::text(FROM_EARLIER));
        act.enter(&mut step);
        step.close(None);
        self.session.state = wait;
        self.session.start_clock(self.at.now);
    }

    fn not_delivered(&mut self, effect: &EffectId, message: &str) {
        let Some(sent) = self.session.sent.iter().find(|sent| sent.effect == *effect).cloned() else { return };
        let has_exit = self
            .workflow_at(&sent.place)
            .and_then(|workflow| workflow.step(sent.place.node).map(|step| step.has_exit(exits::NOT_DELIVERED)));
        if has_exit == Some(true) {
            self.leave_unasked(sent.place, exits::NOT_DELIVERED);
        } else {
            self.end(EndReason::NotDelivered, None, Some(message.to_owned()));
        }
    }

    /// Leaves a node by an exit that it did not choose itself.
    fn leave_unasked(&mut self, place: Place, exit: &'static str) {
        if let Some((_, step)) = self.step_at(&place, VisitEvent::Resumed) {
            step.close(Some(exit.to_owned()));
            self.proceed(Go::Leave(place, Cow::Borrowed(exit)));
        }
    }

    fn expire(&mut self) {
        if self.session.expires_at.is_some_and(|deadline| deadline <= self.at.now) {
            if let Some(place) = self.session.place.clone() {
                self.count(place, Counted::DroppedOff);
            }
            self.end(EndReason::Expired, None, None);
        }
    }

    /// Goes from step to step until one waits or the session ends.
    fn proceed(&mut self, mut go: Go<'_>) {
        loop {
            let on = match go {
                Go::Enter(place) => self.act(place, None),
                Go::Resume(place, event) => self.act(place, Some(event)),
                Go::Leave(place, exit) => self.follow(&place, &exit),
                Go::Return(answer) => self.come_back(answer),
            };
            match on {
                Some(on) => go = on,
                None => return,
            }
        }
    }

    /// Lets the node at `place` act, and says where its wish leads; none when the turn is over.
    fn act<'e>(&mut self, place: Place, resumed_by: Option<&EventKind>) -> Option<Go<'e>> {
        self.steps += 1;
        if self.steps > limits::STEPS_PER_TURN {
            let detail = format!(
                "{} steps without one that waits for the customer; is there a loop around node {}?",
                limits::STEPS_PER_TURN,
                place.node
            );
            self.end(EndReason::OverLimit, None, Some(detail));
            return None;
        }
        self.session.place = Some(place.clone());
        let event = if resumed_by.is_some() { VisitEvent::Resumed } else { VisitEvent::Entered };
        if event == VisitEvent::Entered {
            self.session.step += 1;
            self.count(place.clone(), Counted::Entered);
        }
        let (act, mut step) = self.step_at(&place, event)?;
        let next = match resumed_by {
            None => act.enter(&mut step),
            Some(event) => act.resume(&mut step, event),
        };
        let exit = if let Next::Leave(exit) = &next { Some(exit.to_string()) } else { None };
        step.close(exit);
        match next {
            Next::Leave(exit) => Some(Go::Leave(place, exit)),
            Next::Wait(wait) => {
                self.wait(wait);
                None
            }
            Next::Call { workflow, node, variables } => match self.start_of(&workflow, node) {
                Ok(start) if self.session.callers.len() < limits::CALL_DEPTH => {
                    let variables = std::mem::replace(&mut self.session.variables, variables);
                    self.session.callers.push(Caller { place, variables });
                    Some(Go::Enter(start))
                }
                Ok(_) => {
                    let detail = format!("workflows call each other more than {} deep", limits::CALL_DEPTH);
                    self.end(EndReason::OverLimit, None, Some(detail));
                    None
                }
                Err(problem) => {
                    self.note_here(Level::Error, problem);
                    if let Some(visit) = self.trace.last_mut() {
                        visit.exit = Some(exits::NO.to_owned());
                    }
                    Some(Go::Leave(place, Cow::Borrowed(exits::NO)))
                }
            },
            Next::End { outcome } => {
                self.end(EndReason::Completed, outcome, None);
                None
            }
        }
    }

    /// Follows an exit of the node at `place`.
    fn follow<'e>(&mut self, place: &Place, exit: &str) -> Option<Go<'e>> {
        self.stop_timer();
        self.count(place.clone(), Counted::Left { exit: exit.to_owned() });
        let target = self
            .workflow_at(place)
            .and_then(|workflow| workflow.step(place.node).and_then(|step| step.exits.get(exit).cloned()));
        match target {
            Some(Target::Node(node)) => Some(Go::Enter(Place { node, ..place.clone() })),
            Some(Target::Workflow { workflow, node }) => match self.start_of(&workflow, node) {
                Ok(start) => Some(Go::Enter(start)),
                Err(detail) => {
                    self.end(EndReason::Broken, None, Some(detail));
                    None
                }
            },
            Some(Target::Return(answer)) => Some(Go::Return(answer)),
            Some(Target::End) => {
                self.end(EndReason::Completed, None, None);
                None
            }
            None => {
                self.end(EndReason::DeadEnd, None, Some(format!("exit `{exit}` of node {} leads nowhere", place.node)));
                None
            }
        }
    }

    /// Goes back to the workflow that called this one.
    fn come_back<'e>(&mut self, answer: workflow::document::Answer) -> Option<Go<'e>> {
        let Some(caller) = self.session.callers.pop() else {
            self.note_here(Level::Info, "`return` ended the session: no workflow had called this one".to_owned());
            self.end(EndReason::Completed, None, None);
            return None;
        };
        let callee = std::mem::replace(&mut self.session.variables, caller.variables);
        let exit = match answer {
            workflow::document::Answer::Yes => exits::YES,
            workflow::document::Answer::No => exits::NO,
        };
        self.session.place = Some(caller.place.clone());
        let (act, mut step) = self.step_at(&caller.place, VisitEvent::Resumed)?;
        act.returned(&mut step, callee);
        step.close(Some(exit.to_owned()));
        Some(Go::Leave(caller.place, Cow::Borrowed(exit)))
    }

    fn wait(&mut self, wait: Wait) {
        match wait {
            Wait::Reply { .. } => self.session.start_clock(self.at.now),
            Wait::Answer { .. } => self.session.stop_clock(self.at.now),
        }
        self.session.state = State::Waiting { wait };
    }

    fn end(&mut self, reason: EndReason, outcome: Option<String>, detail: Option<String>) {
        self.stop_timer();
        if let Some(detail) = &detail {
            let level = if reason == EndReason::Completed { Level::Info } else { Level::Error };
            self.note_here(level, detail.clone());
        }
        let ending = Ending { reason, outcome, detail };
        self.session.state = State::Ended { ending: ending.clone() };
        self.session.expires_at = None;
        self.session.time_left_ms = None;
        self.session.inbox = VecDeque::new();
        self.session.callers = Vec::new();
        self.changes.push(Change::Ended { ending });
    }

    fn stop_timer(&mut self) {
        if std::mem::take(&mut self.session.timer_is_set) {
            self.changes.push(Change::TimerCleared { timer: NO_REPLY_TIMER.to_owned() });
        }
    }

    /// Finds where a workflow starts, or the node that was asked for.
    fn start_of(&self, key: &str, node: Option<u32>) -> Result<Place, String> {
        let Some(workflow) = self.world.workflows.get(key) else {
            return Err(format!("there is no workflow `{key}` here"));
        };
        let node = match node {
            Some(node) if workflow.step(node).is_some() => node,
            Some(node) => return Err(format!("workflow `{key}` has no node {node}")),
            None => workflow.start.ok_or_else(|| format!("workflow `{key}` is empty: Start leads nowhere"))?,
        };
        Ok(Place { workflow: key.to_owned(), version: workflow.version, node })
    }

    fn workflow_at(&self, place: &Place) -> Option<&Arc<Workflow>> {
        self.world.workflows.get(&place.workflow)
    }

    /// Makes ready to act at `place`; ends the session when nothing there can act.
    fn step_at(&mut self, place: &Place, event: VisitEvent) -> Option<(Arc<dyn Act>, Step<'_, 'w>)> {
        let workflow = self.workflow_at(place).cloned();
        let found = workflow.as_ref().and_then(|workflow| workflow.step(place.node)).map(|step| step.act.clone());
        match (workflow, found) {
            (Some(workflow), Some(Ok(act))) => Some((act, Step::new(self, workflow, place.clone(), event))),
            (_, Some(Err(problem))) => {
                let detail = format!("node {} cannot run as it is set: {problem}", place.node);
                self.end(EndReason::Broken, None, Some(detail));
                None
            }
            _ => {
                let detail = format!("workflow `{}` has no node {} any more", place.workflow, place.node);
                self.end(EndReason::Broken, None, Some(detail));
                None
            }
        }
    }

    fn count(&mut self, place: Place, what: Counted) {
        self.changes.push(Change::Counted { place, what });
    }

    /// Notes something on the last visit of the present place, or on one made for the note.
    fn note_here(&mut self, level: Level, text: String) {
        let place = self.session.place.clone().unwrap_or_else(|| Place {
            workflow: self.session.entry.workflow.clone(),
            version: 0,
            node: self.session.entry.node.unwrap_or_default(),
        });
        if let Some(visit) = self.trace.last_mut().filter(|visit| visit.place == place) {
            visit.notes.push(Note { level, text });
            return;
        }
        let r#type = self
            .workflow_at(&place)
            .and_then(|workflow| workflow.step(place.node).map(|step| step.r#type.clone()))
            .unwrap_or_default();
        let notes = vec![Note { level, text }];
        self.trace.push(Visit { place, r#type, event: VisitEvent::Resumed, exit: None, sets: Vec::new(), notes });
    }

    fn finish(self) -> Turn {
        Turn { session: self.session, changes: self.changes, effects: self.effects, trace: self.trace }
    }
}

impl Session {
    fn takes_messages(&self) -> bool {
        matches!(self.state, State::New | State::Waiting { wait: Wait::Reply { .. } })
    }

    /// Lets the session's clock run: what was left of its time is left from now on.
    fn start_clock(&mut self, now: jiff::Timestamp) {
        if let Some(left) = self.time_left_ms.take() {
            self.expires_at = now.checked_add(SignedDuration::from_millis(left)).ok();
        }
    }

    /// Lets the session's clock stand still while something else than the customer is awaited.
    fn stop_clock(&mut self, now: jiff::Timestamp) {
        if let Some(deadline) = self.expires_at.take() {
            self.time_left_ms.get_or_insert(millis(deadline.duration_since(now)).max(0));
        }
    }
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Cuts a message to the size that Usher keeps.
fn within_limits(message: &Inbound) -> Inbound {
    match message {
        Inbound::Text { text } if text.len() > limits::MESSAGE_BYTES => {
            Inbound::Text { text: text[..text.floor_char_boundary(limits::MESSAGE_BYTES)].to_owned() }
        }
        other => other.clone(),
    }
}
