//! Turns what a workflow says into what a channel can show.

mod abilities;
mod offer;

pub use abilities::{Abilities, ButtonAbilities, ListAbilities};
pub use offer::{Choice, Display, Offer, offer};

/// Cuts a text into parts of at most `longest` characters, at a line's or a word's end where there is one.
pub fn parts(text: &str, longest: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while let Some((limit, _)) = rest.char_indices().nth(longest) {
        let head = &rest[..limit];
        let cut = head.rfind('\n').or_else(|| head.rfind(' ')).filter(|cut| *cut > 0).unwrap_or(limit);
        parts.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    parts.push(rest);
    parts
}

/// Cuts a text to at most `longest` characters, the last of which is then an ellipsis.
pub fn ellipsis(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(longest.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words_and_nothing_is_lost() {
        assert_eq!(parts("one two three", 8), ["one two", "three"]);
        assert_eq!(parts("onetwothree", 4), ["onet", "woth", "ree"]);
        assert_eq!(parts("short", 10), ["short"]);
        assert_eq!(parts("ééé ééé", 3), ["ééé", "ééé"]);
    }

    #[test]
    fn an_ellipsis_stands_within_the_length() {
        assert_eq!(ellipsis("Where is my order?", 20), "Where is my order?");
        assert_eq!(ellipsis("Where is my other order?", 10), "Where is…");
    }
}
