use clap::Subcommand;

use super::output::{self, Failure};
use super::{core, password};
use crate::actions::people;
use crate::auth::Role;
use crate::config::Options;

#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Adds a user and prints a link by which they choose a password.
    Add {
        /// The e-mail address with which they log in.
        email: String,
        /// How others see them; the e-mail address's first part unless given.
        #[arg(long)]
        name: Option<String>,
        /// Also makes them a member of this workspace.
        #[arg(long, value_name = "KEY")]
        workspace: Option<String>,
        /// What they are there.
        #[arg(long, value_enum, default_value = "admin")]
        role: Role,
        /// Reads the password from standard input and prints no link.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists all users.
    List,
    /// Keeps a user from logging in, and ends their log-ins.
    Disable { email: String },
    /// Lets a disabled user log in again.
    Enable { email: String },
}

impl Arguments {
    pub async fn run(self, options: Options) -> Result<(), Failure> {
        let core = core::open(options).await?;
        match self {
            Self::Add { email, name, workspace, role, password_stdin } => {
                let secret = if password_stdin { Some(password::from_stdin()?) } else { None };
                let has_password = secret.is_some();
                let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(&email).to_owned());
                let user = people::add(&core, &email, &name, secret).await?;
                if let Some(key) = workspace {
                    let desk = core::desk(&core, Some(&key)).await?;
                    people::join(&desk, &user, role).await?;
                }
                if has_password {
                    output::line(format_args!("added {}", user.email));
                } else {
                    let link = people::reset_link(&core, &user).await?;
                    output::line(format_args!("added {}; to choose a password: {link}", user.email));
                }
            }
            Self::List => {
                let mut rows = vec![["e-mail", "name", "state", "workspaces"].map(str::to_owned).to_vec()];
                for (user, memberships) in people::everybody(&core).await? {
                    let state = if user.disabled { "disabled" } else { "active" };
                    let places: Vec<String> =
                        memberships.iter().map(|(workspace, role)| format!("{} ({role})", workspace.key)).collect();
                    rows.push(vec![user.email, user.name, state.to_owned(), places.join(", ")]);
                }
                output::table(&rows);
            }
            Self::Disable { email } => {
                people::disable(&core, &email, true).await?;
                output::line(format_args!("{email} cannot log in any more"));
            }
            Self::Enable { email } => {
                people::disable(&core, &email, false).await?;
                output::line(format_args!("{email} can log in again"));
            }
        }
        Ok(())
    }
}
