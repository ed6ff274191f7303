//! Ids, derived and never drawn: the same happening has the same id, however often it is told.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id! {
    /// Names one happening, once: 32 hexadecimal digits.
    EventId
}
text_id! {
    /// Names one effect: its event's id, a dash, and its place among the effects of the turn.
    EffectId
}
text_id! {
    /// Names one session.
    SessionId
}

impl EventId {
    /// Derives the id of a customer's message from its channel and the id that the provider (or the
    /// web chat's client) gave it.
    pub fn of_message(channel: &str, provider_id: &str) -> Self {
        Self::derive(&["message", channel, provider_id])
    }

    /// Derives the id of the opening of a conversation by its visitor.
    pub fn of_opening(channel: &str, visitor: &str, opening: &str) -> Self {
        Self::derive(&["opening", channel, visitor, opening])
    }

    /// Derives the id of an effect's answer from the effect and what came of it.
    pub fn of_answer(effect: &EffectId, outcome: &str) -> Self {
        Self::derive(&["answer", effect.as_str(), outcome])
    }

    /// Derives the id of a timer's firing from its session, its name and its generation.
    pub fn of_timer(session: &SessionId, timer: &str, generation: u32) -> Self {
        Self::derive(&["timer", session.as_str(), timer, &generation.to_string()])
    }

    /// Derives the id of a session's expiry from the deadline (milliseconds since the epoch) that passed.
    pub fn of_expiry(session: &SessionId, deadline: i64) -> Self {
        Self::derive(&["expiry", session.as_str(), &deadline.to_string()])
    }

    /// Returns the id of the effect that a turn on this event asks for at `index`.
    pub fn effect(&self, index: usize) -> EffectId {
        EffectId(format!("{self}-{index}"))
    }

    fn derive(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(hex::encode(&hash.finalize()[..16]))
    }
}

impl EffectId {
    /// Returns the id of the event whose turn asked for this effect.
    pub fn event(&self) -> EventId {
        let event = self.0.rsplit_once('-').map_or(self.as_str(), |(event, _)| event);
        EventId(event.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_happening_has_the_same_id_and_another_has_another() {
        let told_once = EventId::of_message("whatsapp-main", "wamid.1");
        assert_eq!(told_once, EventId::of_message("whatsapp-main", "wamid.1"));
        assert_ne!(told_once, EventId::of_message("whatsapp-main", "wamid.2"));
        assert_ne!(EventId::of_message("a", "bc"), EventId::of_message("ab", "c"));
    }

    #[test]
    fn an_effect_knows_its_event() {
        let event = EventId::of_message("chat", "1");
        assert_eq!(event.effect(3).event(), event);
    }
}
