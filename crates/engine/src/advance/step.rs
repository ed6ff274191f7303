//! What a node may do while it acts.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{NO_REPLY_TIMER, ReplyId, Run};
use crate::change::{Change, Counted};
use crate::effect::{Call, Effect, EffectKind};
use crate::event::EventKind;
use crate::exits;
use crate::expr::{Evaluation, Scope, Template};
use crate::id::EffectId;
use crate::limits;
use crate::message::{Inbound, Outbound};
use crate::node::Next;
use crate::render::{self, Offer};
use crate::session::{Place, Sent, Wait};
use crate::settings::{Expression, NoReply, Text, VariableName};
use crate::trace::{Level, Note, Set, Visit, VisitEvent};
use crate::value::{Map, Value};
use crate::workflow::Workflow;
use crate::world::World;

/// One node's part in a turn: all that it can see and do.
#[derive(Debug)]
pub struct Step<'a, 'w> {
    run: &'a mut Run<'w>,
    workflow: Arc<Workflow>,
    place: Place,
    visit: Visit,
}

impl<'a, 'w> Step<'a, 'w> {
    pub(super) fn new(run: &'a mut Run<'w>, workflow: Arc<Workflow>, place: Place, event: VisitEvent) -> Self {
        let r#type = workflow.step(place.node).map(|step| step.r#type.clone()).unwrap_or_default();
        let visit = Visit { place: place.clone(), r#type, event, exit: None, sets: Vec::new(), notes: Vec::new() };
        Self { run, workflow, place, visit }
    }

    /// Writes the visit into the trace.
    pub(super) fn close(mut self, exit: Option<String>) {
        self.visit.exit = exit;
        if self.visit.notes.iter().any(|note| note.level == Level::Error) {
            self.run.count(self.place, Counted::Failed);
        }
        self.run.trace.push(self.visit);
    }

    /// Returns the world around the session.
    pub fn world(&self) -> &'w World<'w> {
        self.run.world
    }

    /// Returns the last message of the customer.
    pub fn message(&self) -> Option<&Inbound> {
        self.run.session.message.as_ref()
    }

    /// Notes something for the author.
    pub fn note(&mut self, level: Level, text: impl Into<String>) {
        if self.visit.notes.len() < limits::NOTES_PER_VISIT {
            self.visit.notes.push(Note { level, text: text.into() });
        }
    }

    /// Fills a text in, in the contact's language.
    pub fn render(&mut self, text: &Text) -> Value {
        self.render_each(text, Value::render_to)
    }

    /// Fills a text in, with each value written by `write`: to encode what is filled in, say.
    pub fn render_each(&mut self, text: &Text, write: impl Fn(&Value, &mut String)) -> Value {
        let language = self.run.world.contact.language.as_deref();
        let workflow = self.workflow.clone();
        match text.in_language(language, &workflow.languages) {
            Some(template) => self.with_scope(|evaluation| template.render_each(evaluation, write)),
            None => Value::text(""),
        }
    }

    /// Fills a text in, as plain words that may be shown in a message.
    pub fn text(&mut self, text: &Text) -> String {
        let rendered = self.render(text);
        self.shown(&rendered)
    }

    /// Works an expression out.
    pub fn evaluate(&mut self, expression: &Expression) -> Value {
        self.with_scope(|evaluation| expression.parsed().evaluate(evaluation))
    }

    /// Fills a text in, and keeps the kind of the value when it is one expression and nothing else.
    pub fn fill(&mut self, template: &Template) -> Value {
        self.with_scope(|evaluation| template.evaluate(evaluation))
    }

    /// Sets a variable of the session.
    pub fn set(&mut self, name: &str, value: Value) {
        let value = if self.fits(name, &value) { value } else { Value::UNSET };
        self.visit.sets.push(Set { name: name.to_owned(), value: value.masked().to_serde_json() });
        if value.is_unset() {
            self.run.session.variables.remove(name);
        } else {
            self.run.session.variables.insert(name.to_owned(), value);
        }
    }

    /// Sets an attribute of the contact, which outlives the session.
    pub fn set_attribute(&mut self, name: &str, value: Value) {
        self.visit.sets.push(Set { name: format!("contact.attributes.{name}"), value: value.masked().to_serde_json() });
        self.run.changes.push(Change::ContactAttribute { name: name.to_owned(), value });
    }

    /// Returns the name under which the node's results are kept: the builder's, or `node_<number>`.
    pub fn own_variable<'n>(&self, chosen: Option<&'n VariableName>) -> Cow<'n, str> {
        chosen.map_or_else(|| Cow::Owned(format!("node_{}", self.place.node)), |name| Cow::Borrowed(name.as_str()))
    }

    /// Sends a text, in parts where the channel cannot show it whole.
    pub fn say(&mut self, text: &Text, preview_url: bool) {
        let rendered = self.text(text);
        self.say_plainly(&rendered, preview_url);
    }

    /// Sends words that are already rendered.
    pub fn say_plainly(&mut self, text: &str, preview_url: bool) {
        for part in render::parts(text, self.run.world.abilities.text) {
            let preview_url = preview_url && self.run.world.abilities.link_preview;
            self.send(Outbound::Text { text: part.to_owned(), preview_url });
        }
    }

    /// Sends options to choose from, in the best form that the channel has.
    pub fn offer(&mut self, offer: &Offer) {
        let messages = {
            let reply =
                |exit: &str| ReplyId::new(&self.run.session.id, self.run.session.step, &self.place, exit).to_string();
            render::offer(offer, self.run.world.abilities, reply)
        };
        for message in messages {
            self.send(message);
        }
    }

    /// Returns the exit of this node that a tap is on.
    pub fn tapped<'e>(&self, event: &'e EventKind) -> Option<&'e str> {
        let EventKind::MessageReceived { message: Inbound::Tap { id, .. } } = event else { return None };
        let reply = ReplyId::parse(id)?;
        reply.is_of(&self.run.session.id, &self.place).then_some(reply.exit)
    }

    /// Asks for a message to be sent.
    pub fn send(&mut self, message: Outbound) {
        if message.body().trim().is_empty() {
            self.note(Level::Warning, "an empty message was not sent");
            return;
        }
        if let Some(effect) = self.ask(EffectKind::Send { message }) {
            let sent = &mut self.run.session.sent;
            if sent.len() >= limits::SENT {
                sent.pop_front();
            }
            sent.push_back(Sent { effect, place: self.place.clone() });
        }
    }

    /// Asks for a call, and waits for its answer.
    pub fn call(&mut self, call: Call) -> Next {
        match self.ask(EffectKind::Call { call }) {
            Some(effect) => Next::Wait(Wait::Answer { effect }),
            None => Next::leave(exits::NO),
        }
    }

    fn ask(&mut self, kind: EffectKind) -> Option<EffectId> {
        let index = self.run.effects.len();
        if index >= limits::EFFECTS_PER_TURN {
            self.note(
                Level::Error,
                format!("one turn asks for at most {index} messages and calls; the rest is dropped"),
            );
            return None;
        }
        let id = self.run.event.effect(index);
        self.run.effects.push(Effect { id: id.clone(), place: self.place.clone(), kind });
        Some(id)
    }

    /// Waits for the customer, as at first.
    pub fn wait(&mut self, no_reply: Option<&NoReply>) -> Next {
        self.wait_after(0, no_reply)
    }

    /// Waits for the customer once more, after an answer that did not fit.
    pub fn wait_again(&mut self, no_reply: Option<&NoReply>) -> Next {
        let attempts = self.attempts().saturating_add(1);
        self.wait_after(attempts, no_reply)
    }

    /// Returns how many answers did not fit so far.
    pub fn attempts(&self) -> u32 {
        self.run.session.attempts()
    }

    fn wait_after(&mut self, attempts: u32, no_reply: Option<&NoReply>) -> Next {
        self.run.stop_timer();
        if let Some(NoReply { after }) = no_reply {
            let now = self.run.at.now;
            let due = now.checked_add(SignedDuration::from_secs(i64::from(*after))).unwrap_or(now);
            self.run.session.generation += 1;
            self.run.session.timer_is_set = true;
            self.run.changes.push(Change::TimerSet {
                timer: NO_REPLY_TIMER.to_owned(),
                generation: self.run.session.generation,
                due,
            });
        }
        Next::Wait(Wait::Reply { attempts })
    }

    /// Returns what may be shown of a value in a message: a sensitive one never leaves for a channel.
    fn shown(&mut self, value: &Value) -> String {
        if value.is_sensitive() {
            self.note(Level::Error, "a sensitive value was masked: it is never shown in a channel");
        }
        let mut text = value.masked().render();
        if text.len() > limits::TEXT_BYTES {
            self.note(Level::Warning, format!("a text of {} bytes was cut to {}", text.len(), limits::TEXT_BYTES));
            text.truncate(text.floor_char_boundary(limits::TEXT_BYTES));
        }
        text
    }

    fn fits(&mut self, name: &str, value: &Value) -> bool {
        let session = &self.run.session;
        let sizes = |variables: &std::collections::BTreeMap<String, Value>| -> usize {
            variables.iter().filter(|(other, _)| *other != name).map(|(other, value)| other.len() + value.size()).sum()
        };
        let kept =
            sizes(&session.variables) + session.callers.iter().map(|caller| sizes(&caller.variables)).sum::<usize>();
        let fits = kept + value.size() <= limits::VARIABLES_BYTES;
        if !fits {
            let text = format!(
                "`{name}` was not kept: with it the variables would take more than {} bytes",
                limits::VARIABLES_BYTES
            );
            self.note(Level::Error, text);
        }
        fits
    }

    fn with_scope<T>(&mut self, work: impl FnOnce(&mut Evaluation<'_>) -> T) -> T {
        let scope = Names { run: self.run };
        let mut evaluation = Evaluation::new(&scope);
        let result = work(&mut evaluation);
        let problems = evaluation.into_problems();
        for problem in problems {
            self.note(Level::Warning, problem.message);
        }
        result
    }
}

/// The names that expressions can read: what is always there, then the session's variables.
struct Names<'r, 'w> {
    run: &'r Run<'w>,
}

impl Scope for Names<'_, '_> {
    fn get(&self, name: &str) -> Option<Value> {
        let session = &self.run.session;
        let contact = self.run.world.contact;
        let text = |text: &str| Value::text(text);
        let optional = |value: &Option<String>| value.as_deref().map_or(Value::UNSET, Value::text);
        match name {
            "contact" => Some(Value::map([
                ("address", text(&contact.address)),
                ("name", optional(&contact.name)),
                ("phone", optional(&contact.phone)),
                ("language", optional(&contact.language)),
                ("attributes", Value::map(self.attributes())),
            ])),
            "session" => Some(Value::map([
                ("id", text(session.id.as_str())),
                ("channel", text(&session.channel)),
                ("route", text(&session.route)),
                ("environment", text(session.environment.as_str())),
                ("started_at", Value::from(session.started_at)),
            ])),
            "message" => session.message.as_ref().map(message_value),
            "now" => Some(Value::from(self.run.at.now)),
            "workspace" => Some(Value::map([("name", text(self.run.world.workspace))])),
            variable => session.variables.get(variable).cloned(),
        }
    }
}

impl Names<'_, '_> {
    /// The contact's attributes, with those that this turn has changed.
    fn attributes(&self) -> Map {
        let mut attributes: Map =
            self.run.world.contact.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for change in &self.run.changes {
            if let Change::ContactAttribute { name, value } = change {
                attributes.insert(name.clone(), value.clone());
            }
        }
        attributes
    }
}

fn message_value(message: &Inbound) -> Value {
    let mut fields = Value::from_serde_json(&serde_json::to_value(message).unwrap_or_default());
    if let (Some(map), Some(text)) = (fields.as_map(), message.text()) {
        let mut map = map.clone();
        map.insert("text".to_owned(), Value::text(text));
        fields = Value::map(map);
    }
    fields
}

impl crate::session::Session {
    fn attempts(&self) -> u32 {
        match self.state {
            crate::session::State::Waiting { wait: Wait::Reply { attempts } } => attempts,
            _ => 0,
        }
    }
}
