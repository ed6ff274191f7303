//! The conversation that every contact has: a menu; then, by a tap, a branch, a call of an API, a condition, a text.
//! What the contact says, and what must come back, word for word; it differs from contact to contact, so that an answer
//! that went to somebody else is seen.

/// The token with which sends must come to the Graph API's stand-in.
pub const TOKEN: &str = "bench-token";
/// The secret that signs the webhooks.
pub const SECRET: &str = "bench-app-secret";
/// How many WhatsApp numbers the business has; contacts are spread over them.
pub const NUMBERS: u32 = 20;
/// Turns of one conversation: two messages and the API's answer.
pub const TURNS: u32 = 3;
/// Messages that one contact sends.
pub const STEPS: usize = 2;
/// What the contact picks from the menu.
pub const OPTION: &str = "Where is my order?";

const FIRST_PHONE: u64 = 27_820_000_000;
const FIRST_NUMBER: u64 = 100_000_000_000_000;
const FIRST_ORDER: u32 = 1_000_000;

/// Somebody who writes to the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Contact(pub u32);

/// What a contact says at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Writes a text.
    Text(&'static str),
    /// Taps the button with this title; its id is known from the message that showed it.
    Tap(&'static str),
}

/// What must come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Menu,
    Order,
}

/// How a conversation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// From the greeting to the end.
    Whole,
    /// By a contact whose session has been waiting at the menu: the rest of it, and the beginning of the next.
    Resumed,
}

impl Script {
    /// What is said at a step, and what it is answered with.
    pub fn step(self, step: usize) -> (Says, Answer) {
        match (self, step) {
            (Self::Whole, 0) | (Self::Resumed, 1..) => (Says::Text("hi"), Answer::Menu),
            (Self::Whole, 1..) => (Says::Tap(OPTION), Answer::Order),
            (Self::Resumed, 0) => (Says::Text(OPTION), Answer::Order),
        }
    }
}

impl Contact {
    pub fn phone(self) -> String {
        (FIRST_PHONE + u64::from(self.0)).to_string()
    }

    pub fn of_phone(phone: &str) -> Option<Self> {
        let phone: u64 = phone.trim_start_matches('+').parse().ok()?;
        u32::try_from(phone.checked_sub(FIRST_PHONE)?).ok().map(Self)
    }

    /// The business's number that this contact writes to, by its index.
    pub fn number(self) -> u32 {
        self.0 % NUMBERS
    }

    pub fn name(self) -> String {
        format!("Contact {}", self.0)
    }

    pub fn order(self) -> u32 {
        FIRST_ORDER + self.0
    }

    /// The status of its order, as the order API knows it.
    pub fn status(self) -> &'static str {
        ["packed", "shipped", "delivered"][(self.0 % 3) as usize]
    }

    /// The text of an answer to this contact.
    pub fn reads(self, answer: Answer) -> String {
        let (name, order) = (self.name(), self.order());
        match (answer, self.status()) {
            (Answer::Menu, _) => format!("Hi {name}! What can we do for you?"),
            (Answer::Order, "shipped") => format!("{name}, order {order} is on its way."),
            (Answer::Order, status) => format!("{name}, order {order} is {status}."),
        }
    }
}

/// The id at Meta of one of the business's numbers.
pub fn number_id(index: u32) -> String {
    (FIRST_NUMBER + u64::from(index)).to_string()
}

pub fn number_of_id(id: &str) -> Option<u32> {
    let index = id.parse::<u64>().ok()?.checked_sub(FIRST_NUMBER)?;
    u32::try_from(index).ok().filter(|index| *index < NUMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_known_by_their_phone() {
        let contact = Contact(4_711);
        assert_eq!(Contact::of_phone(&contact.phone()), Some(contact));
        assert_eq!(Contact::of_phone(&format!("+{}", contact.phone())), Some(contact));
        assert_eq!(Contact::of_phone("12"), None);
        assert_eq!(number_of_id(&number_id(contact.number())), Some(contact.number()));
        assert_eq!(number_of_id(&number_id(NUMBERS)), None);
    }

    #[test]
    fn no_two_contacts_expect_the_same_answers() {
        assert_ne!(Contact(1).reads(Answer::Menu), Contact(2).reads(Answer::Menu));
        assert_ne!(Contact(1).reads(Answer::Order), Contact(4).reads(Answer::Order));
    }

    #[test]
    fn both_ways_of_the_condition_are_gone() {
        assert!(Contact(1).reads(Answer::Order).ends_with("is on its way."));
        assert!(Contact(2).reads(Answer::Order).ends_with("is delivered."));
    }

    #[test]
    fn a_resumed_conversation_leaves_the_contact_at_the_menu_again() {
        assert_eq!(Script::Whole.step(0), Script::Resumed.step(STEPS - 1));
        assert_eq!(Script::Resumed.step(0).1, Script::Whole.step(STEPS - 1).1);
    }
}
