//! What a process does: everything, or a part that others complete.

use std::str::FromStr;

/// The parts of the work that a process takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// The doors, the HTTP API and the editor.
    pub api: bool,
    /// Takes turns on events.
    pub runner: bool,
    /// Carries effects out.
    pub dispatcher: bool,
    /// Fires timers, offers again what was not consumed, and removes what need not be remembered.
    pub timers: bool,
}

/// A role that there is not.
#[derive(Debug, thiserror::Error)]
#[error("there is no role `{0}`; name some of api, runner, dispatcher, timers, or all")]
pub struct NoSuchRole(String);

impl Roles {
    /// Everything.
    pub const ALL: Self = Self { api: true, runner: true, dispatcher: true, timers: true };
    const NONE: Self = Self { api: false, runner: false, dispatcher: false, timers: false };

    /// Says whether this is everything.
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self::ALL
    }
}

impl FromStr for Roles {
    type Err = NoSuchRole;

    fn from_str(list: &str) -> Result<Self, NoSuchRole> {
        let mut roles = Self::NONE;
        for role in list.split(',').map(str::trim) {
            match role {
                "all" => roles = Self::ALL,
                "api" => roles.api = true,
                "runner" => roles.runner = true,
                "dispatcher" => roles.dispatcher = true,
                "timers" => roles.timers = true,
                other => return Err(NoSuchRole(other.to_owned())),
            }
        }
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_a_list() {
        assert!("all".parse::<Roles>().unwrap().is_all());
        assert!("timers,api, runner,dispatcher".parse::<Roles>().unwrap().is_all());
        let some: Roles = "api,timers".parse().unwrap();
        assert_eq!(some, Roles { api: true, timers: true, ..Roles::NONE });
        assert_eq!("".parse::<Roles>().unwrap_err().to_string(), NoSuchRole(String::new()).to_string());
        assert!("api,cook".parse::<Roles>().unwrap_err().to_string().contains("`cook`"));
    }
}
