//! The load: contacts who have one conversation after the other, answer when the reply arrives, and repeat what was not
//! acknowledged, as their provider would. Each knows word for word what must come back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use usher_stand_ins::graph::Sent;
use usher_stand_ins::webhook::Customer;

use super::chance::Chance;
use super::front::{Answer, Front};
use super::providers::Providers;
use super::shop::{ASK, BYE, GREETING, NO_MATCH, ORDER, TALK};
use super::witness::{Said, Wait, Witness};
use crate::room::NUMBER;

/// The contacts' phone numbers count from here.
const FIRST_PHONE: u64 = 27_820_000_000;

/// Contacts at their conversations.
#[derive(Debug)]
pub struct Load {
    stop: watch::Sender<bool>,
    contacts: JoinSet<()>,
}

impl Load {
    pub fn start(
        contacts: u32,
        providers: &Providers,
        front: &Front,
        witness: &Arc<Witness>,
        patience: Duration,
        chance: &mut Chance,
    ) -> Self {
        let stop = watch::Sender::new(false);
        let mut all = JoinSet::new();
        for number in 0..contacts {
            let phone = phone_of(number);
            let contact = Contact {
                number,
                replies: providers.mailbox(&phone),
                customer: Customer::new(NUMBER, &phone, &format!("Contact {number}")),
                front: front.clone(),
                witness: Arc::clone(witness),
                patience,
                chance: chance.split(),
                said: 0,
                orders: 0,
                menu: Vec::new(),
            };
            all.spawn(contact.live(stop.subscribe()));
        }
        Self { stop, contacts: all }
    }

    /// Lets every contact finish the conversation that they are at.
    pub async fn finish(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.contacts.join_next().await {
            ended.expect("a contact does not panic");
        }
    }
}

pub fn phone_of(contact: u32) -> String {
    (FIRST_PHONE + u64::from(contact)).to_string()
}

/// One customer.
struct Contact {
    number: u32,
    customer: Customer,
    replies: mpsc::UnboundedReceiver<Sent>,
    front: Front,
    witness: Arc<Witness>,
    patience: Duration,
    chance: Chance,
    /// How many messages this contact has sent.
    said: u32,
    orders: u32,
    /// The buttons of the menu that was shown last.
    menu: Vec<(String, String)>,
}

/// Something went wrong; it is written down already.
struct GaveUp;

impl Contact {
    async fn live(mut self, stop: watch::Receiver<bool>) {
        // Not all at once.
        tokio::time::sleep(self.chance.millis(0..=1_000)).await;
        while !*stop.borrow() && !self.witness.has_failed() {
            if self.converse(&stop).await.is_err() {
                return;
            }
        }
    }

    /// A greeting, some ways through the menu and back, and the end.
    async fn converse(&mut self, stop: &watch::Receiver<bool>) -> Result<(), GaveUp> {
        let greeting = format!("Hi {}! {GREETING}", self.customer.name);
        let mut expected = vec![greeting.clone()];
        self.write(format!("hello {}", self.said)).await?;
        if self.chance.one_in(4) {
            // Does not wait for the menu.
            self.write(format!("anybody there? {}", self.said)).await?;
            expected.extend([NO_MATCH.to_owned(), greeting.clone()]);
        }
        self.hear(&expected).await?;
        for _ in 0..=self.chance.below(3) {
            if self.chance.one_in(4) {
                self.talk(&greeting).await?;
            } else {
                self.order(&greeting).await?;
            }
            if *stop.borrow() {
                break;
            }
        }
        self.tap(BYE).await?;
        self.hear(&["Bye.".to_owned()]).await
    }

    /// Asks where an order is, which the shop's own API tells.
    async fn order(&mut self, greeting: &str) -> Result<(), GaveUp> {
        self.tap(ORDER).await?;
        self.hear(&[ASK.to_owned()]).await?;
        self.orders += 1;
        let order = (u64::from(self.number) + 1) * 1_000_000 + u64::from(self.orders);
        self.write(order.to_string()).await?;
        let mut expected = vec![format!("Order {order} is shipped."), greeting.to_owned()];
        if self.chance.one_in(4) {
            // Comes while the API is being asked, or after.
            self.write(format!("thanks {}", self.said)).await?;
            expected.extend([NO_MATCH.to_owned(), greeting.to_owned()]);
        }
        self.hear(&expected).await
    }

    /// Asks for a person, which opens a ticket.
    async fn talk(&mut self, greeting: &str) -> Result<(), GaveUp> {
        self.tap(TALK).await?;
        self.hear(&["Ticket # is open.".to_owned(), greeting.to_owned()]).await
    }

    async fn write(&mut self, text: String) -> Result<(), GaveUp> {
        let id = self.next_id();
        let webhook = self.customer.text(&id, &text);
        self.say(id, text, webhook).await
    }

    async fn tap(&mut self, title: &str) -> Result<(), GaveUp> {
        let Some((button, _)) = self.menu.iter().find(|(_, shown)| shown == title) else {
            return self.fail(format!("no button `{title}` was shown, but {:?}", self.menu));
        };
        let button = button.clone();
        let id = self.next_id();
        let webhook = self.customer.tap(&id, &button, title);
        self.say(id, title.to_owned(), webhook).await
    }

    fn next_id(&mut self) -> String {
        self.said += 1;
        format!("wamid.in-{}-{}", self.number, self.said)
    }

    /// Says something: posted until it is acknowledged, and now and then again after that.
    async fn say(&mut self, id: String, text: String, webhook: Vec<u8>) -> Result<(), GaveUp> {
        let said = Said { id, text, first_posted: self.witness.now(), acknowledged: None };
        self.witness.seen().said.entry(self.number).or_default().push(said);
        let from = self.witness.now();
        while self.front.post(&webhook, &mut self.chance).await != Answer::Acknowledged {
            if self.patience_left(from).is_zero() {
                return self.fail("no webhook was acknowledged in time".to_owned());
            }
            tokio::time::sleep(self.chance.millis(50..=300)).await;
        }
        let now = self.witness.now();
        if let Some(said) = self.witness.seen().said.get_mut(&self.number).and_then(|said| said.last_mut()) {
            said.acknowledged = Some(now);
        }
        if self.chance.one_in(10) {
            let (front, mut chance) = (self.front.clone(), self.chance.split());
            tokio::spawn(async move {
                tokio::time::sleep(chance.millis(0..=2_000)).await;
                front.deliver(&webhook, &mut chance).await;
            });
        }
        Ok(())
    }

    /// Waits for replies, which must be these.
    async fn hear(&mut self, expected: &[String]) -> Result<(), GaveUp> {
        let from = self.witness.now();
        for expected in expected {
            let Some(reply) = self.next_reply(from).await else {
                return self.fail(format!("`{expected}` did not come in time"));
            };
            if without_ticket(reply.text()) != *expected {
                return self.fail(format!("`{}` came instead of `{expected}`", reply.text()));
            }
            let choices = reply.choices();
            if !choices.is_empty() {
                self.menu = choices;
            }
        }
        let wait = Wait { contact: self.number, from, to: self.witness.now() };
        self.witness.seen().waits.push(wait);
        Ok(())
    }

    /// Returns the next reply, unless none comes for too long.
    async fn next_reply(&mut self, from: Duration) -> Option<Sent> {
        loop {
            let left = self.patience_left(from);
            if left.is_zero() {
                return None;
            }
            if let Ok(reply) = tokio::time::timeout(left, self.replies.recv()).await {
                return reply;
            }
        }
    }

    /// Returns for how long this contact would still wait; what happens meanwhile may make it more.
    fn patience_left(&self, from: Duration) -> Duration {
        let now = self.witness.now();
        let excused = self.witness.seen().reasonable_wait(from, now);
        (from + excused + self.patience).saturating_sub(now)
    }

    fn fail<T>(&self, what: String) -> Result<T, GaveUp> {
        self.witness.fail(Some(self.number), what);
        Err(GaveUp)
    }
}

/// Returns a reply with `#` for a ticket's number, which nobody can know beforehand.
fn without_ticket(text: &str) -> String {
    match text.strip_prefix("Ticket ").and_then(|rest| rest.split_once(' ')) {
        Some((number, rest)) if number.parse::<u64>().is_ok() => format!("Ticket # {rest}"),
        _ => text.to_owned(),
    }
}
