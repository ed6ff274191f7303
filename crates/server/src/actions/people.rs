//! Users: how they come in, and what they are in a workspace.

mod account;
mod links;
mod members;

pub use account::{
    OwnChange, add, authenticate, by_email, change_own, disable, everybody, log_in, log_out, set_password,
    workspaces_of,
};
pub use links::{
    First, Invitation, accept, invitation, invite, nobody_yet, reset, reset_link, set_up, setup_link, whose_reset,
};
pub use members::{MemberItem, change_role, join, list, remove};

use crate::auth::Role;
use crate::problem::Problem;

/// The most characters of an e-mail address (RFC 5321 section 4.5.3.1, as the errata give it).
const EMAIL_CHARACTERS: usize = 254;

/// Checks an e-mail address and returns it in the form in which it is kept.
fn email(text: &str) -> Result<String, Problem> {
    let text = text.trim().to_lowercase();
    let fits = text.chars().count() <= EMAIL_CHARACTERS
        && !text.chars().any(|character| character.is_whitespace() || character.is_control())
        && text
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && host.contains('.') && !host.contains('@'));
    // `me@localhost` is fine for who tries Usher out.
    if fits || text.ends_with("@localhost") {
        return Ok(text);
    }
    let shown: String = text.chars().take(80).collect();
    Err(Problem::invalid_at("/email", format!("`{shown}` is no e-mail address")))
}

fn role(word: &str) -> Result<Role, Problem> {
    word.parse().map_err(|error: crate::auth::role::Unknown| Problem::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses_are_kept_in_one_form() {
        assert_eq!(email(" Ann@Example.com ").unwrap(), "ann@example.com");
        assert!(email("admin@localhost").is_ok());
        for wrong in ["", "ann", "ann@", "@example.com", "ann@example", "a b@example.com", "a@b@c.com"] {
            assert_eq!(email(wrong).unwrap_err().errors[0].pointer, "/email", "{wrong}");
        }
    }
}
