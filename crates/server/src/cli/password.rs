use std::io::BufRead as _;

use anyhow::Context as _;
use clap::Args;
use secrecy::SecretString;

use super::core;
use super::output::{self, Failure};
use crate::actions::people;
use crate::config::Options;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The e-mail address of the user.
    email: String,
    /// Reads the new password from standard input instead of making a link.
    #[arg(long)]
    stdin: bool,
}

impl Arguments {
    /// Makes a link by which a user sets a new password, or sets it.
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        let user = people::by_email(&core, &self.email).await?;
        if self.stdin {
            people::set_password(&core, &user, from_stdin()?).await?;
            output::line(format_args!("{} has a new password; all log-ins ended", user.email));
        } else {
            output::line(people::reset_link(&core, &user).await?);
        }
        Ok(())
    }
}

/// Reads a password from the first line of standard input.
pub fn from_stdin() -> Result<SecretString, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}
