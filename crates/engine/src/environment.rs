//! Where things are made, and where they are live.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the two environments of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Workflows are made and edited here, and only here.
    Sandbox,
    /// A read-only view of what is live to customers.
    Production,
}

impl Environment {
    /// Returns the environment's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says that a word names no environment.
#[derive(Debug, thiserror::Error)]
#[error("there is no environment `{0}`; use `sandbox` or `production`")]
pub struct Unknown(String);

impl FromStr for Environment {
    type Err = Unknown;

    fn from_str(word: &str) -> Result<Self, Unknown> {
        match word {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            other => Err(Unknown(other.to_owned())),
        }
    }
}
