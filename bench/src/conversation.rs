//! The conversation that every contact has: a menu, a question, a condition, a call of an API, a text. What the
//! contact says, and what must come back, word for word; it differs from contact to contact, so that an answer
//! that went to somebody else is seen.

/// The token with which sends must come to the Graph API's stand-in.
pub const TOKEN: &str = "bench-token";
/// The secret that signs the webhooks.
pub const SECRET: &str = "bench-app-secret";
/// How many WhatsApp numbers the business has; contacts are spread over them.
pub const NUMBERS: u32 = 20;
/// Turns of one conversation: three messages and the API's answer.
pub const TURNS: u32 = 4;
/// Messages that one contact sends.
pub const STEPS: usize = 3;
/// What the contact picks from the menu.
pub const OPTION: &str = "Where is my order?";

const FIRST_PHONE: u64 = 27_820_000_000;
const FIRST_NUMBER: u64 = 100_000_000_000_000;
const FIRST_ORDER: u32 = 1_000_000;

/// Somebody who writes to the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact(pub u32);

/// What a contact says at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Writes a text.
    Text(String),
    /// Taps the button with this title; its id is known from the message that showed it.
    Tap(&'static str),
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

    pub fn of_order(order: u32) -> Option<Self> {
        order.checked_sub(FIRST_ORDER).map(Self)
    }

    pub fn says(self, step: usize) -> Says {
        match step {
            0 => Says::Text("hi".to_owned()),
            1 => Says::Tap(OPTION),
            _ => Says::Text(self.order().to_string()),
        }
    }

    /// The text that must come back.
    pub fn expects(self, step: usize) -> String {
        match step {
            0 => format!("Hi {}! What can we do for you?", self.name()),
            1 => "What is your order number?".to_owned(),
            _ => format!("{}, order {} is {}.", self.name(), self.order(), status(self.order())),
        }
    }
}

/// The status of an order, as the order API knows it.
pub fn status(order: u32) -> &'static str {
    ["packed", "shipped", "delivered"][(order % 3) as usize]
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
    fn contacts_are_known_by_phone_and_order() {
        let contact = Contact(4_711);
        assert_eq!(Contact::of_phone(&contact.phone()), Some(contact));
        assert_eq!(Contact::of_phone(&format!("+{}", contact.phone())), Some(contact));
        assert_eq!(Contact::of_order(contact.order()), Some(contact));
        assert_eq!(Contact::of_phone("12"), None);
        assert_eq!(number_of_id(&number_id(contact.number())), Some(contact.number()));
        assert_eq!(number_of_id(&number_id(NUMBERS)), None);
    }

    #[test]
    fn no_two_contacts_expect_the_same_answers() {
        assert_ne!(Contact(1).expects(0), Contact(2).expects(0));
        assert_ne!(Contact(1).expects(2), Contact(4).expects(2));
    }
}
