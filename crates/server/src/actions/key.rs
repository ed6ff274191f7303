//! Keys: how workflows, channels, routes and the like are named in addresses and files.

use usher_engine::limits;

use crate::problem::Problem;

/// The most characters of a name that people read.
pub const NAME_CHARACTERS: usize = 200;
/// The most characters of a description or a note.
pub const TEXT_CHARACTERS: usize = 4_000;

/// Checks a key that somebody chose: lower-case letters, digits, `-` and `_`.
///
/// # Errors
///
/// Says what a key may hold.
pub fn check(key: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !key.is_empty() && key.len() <= limits::KEY_CHARACTERS && key.chars().all(fits) {
        return Ok(());
    }
    let most = limits::KEY_CHARACTERS;
    let detail = format!("`{}` is no key; use up to {most} lower-case letters, digits and dashes", shown(key));
    Err(Problem::invalid_at("/key", detail))
}

/// Checks a name that people read, and returns it without spaces around it.
///
/// # Errors
///
/// Refuses one that is empty or too long.
pub fn name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Problem::invalid_at("/name", "a name is needed"));
    }
    if name.chars().count() > NAME_CHARACTERS {
        return Err(Problem::invalid_at("/name", format!("a name has at most {NAME_CHARACTERS} characters")));
    }
    Ok(name.to_owned())
}

/// Checks a longer text.
///
/// # Errors
///
/// Refuses one that is too long.
pub fn text(pointer: &str, text: &str) -> Result<String, Problem> {
    if text.chars().count() > TEXT_CHARACTERS {
        return Err(Problem::invalid_at(pointer, format!("at most {TEXT_CHARACTERS} characters")));
    }
    Ok(text.to_owned())
}

/// Makes a key of a name: its letters and digits, in lower case, with dashes between.
pub fn of(name: &str) -> String {
    let mut key = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            key.push(character);
        } else if !key.is_empty() && !key.ends_with('-') && !character.is_alphanumeric() {
            key.push('-');
        }
        if key.len() >= limits::KEY_CHARACTERS - 8 {
            break;
        }
    }
    let key = key.trim_end_matches('-');
    if key.is_empty() { "untitled".to_owned() } else { key.to_owned() }
}

/// Makes a key of a name that `taken` does not know: with a number at its end if need be.
pub fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let first = of(name);
    let candidates = std::iter::once(first.clone()).chain((2_u32..).map(|number| format!("{first}-{number}")));
    candidates.into_iter().find(|key| !taken(key)).unwrap_or(first)
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_of_names() {
        assert_eq!(of("Order status"), "order-status");
        assert_eq!(of("  Où est ma commande ?"), "o-est-ma-commande");
        assert_eq!(of("注文"), "untitled");
        assert!(check(&of(&"long ".repeat(60))).is_ok());
        assert_eq!(free("Order status", |key| key != "order-status-3"), "order-status-3");
    }

    #[test]
    fn keys_that_would_not_stand_in_an_address_are_refused() {
        for key in ["", "Order", "a b", "a/b", "é", &"x".repeat(65)] {
            assert_eq!(check(key).unwrap_err().errors[0].pointer, "/key", "{key}");
        }
        assert!(check("order_status-2").is_ok());
    }
}
