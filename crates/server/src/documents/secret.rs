//! Secrets in files: never themselves, only where to find them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Where a secret comes from when the file is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The environment variable that holds it.
    pub env: String,
}

/// Takes the secrets that a file refers to from the environment of the process; a variable that is not set is a
/// problem, one that is empty takes the secret away.
///
/// # Errors
///
/// Names the variables that are not set.
pub fn resolve(
    references: &BTreeMap<String, Reference>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, SecretString>, Problem> {
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, reference) in references {
        match variable(&reference.env) {
            Some(value) => {
                found.insert(name.clone(), SecretString::from(value));
            }
            None => missing.push((name, &reference.env)),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let names: Vec<&str> = missing.iter().map(|(_, variable)| variable.as_str()).collect();
    let detail = format!("the environment has no {}; set it where `usher apply` runs", names.join(", "));
    let problem = Problem::invalid(detail);
    Err(missing.iter().fold(problem, |problem, (name, variable)| {
        problem.at(format!("/secrets/{name}/env"), format!("{variable} is not set"))
    }))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn secrets_come_from_the_environment_and_missing_ones_are_named() {
        let references: BTreeMap<String, Reference> =
            serde_json::from_str(r#"{"token": {"env": "TOKEN"}, "other": {"env": "OTHER"}}"#).unwrap();
        let all = resolve(&references, |name| Some(format!("value of {name}"))).unwrap();
        assert_eq!(all["token"].expose_secret(), "value of TOKEN");
        let problem = resolve(&references, |name| (name == "TOKEN").then(|| "x".to_owned())).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/secrets/other/env");
        assert!(serde_json::from_str::<BTreeMap<String, Reference>>(r#"{"token": "plain"}"#).is_err());
    }
}
