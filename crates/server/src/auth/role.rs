//! Who may do what: roles are fixed sets of permissions.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Permission {
    /// See workflows, their versions and what is live.
    #[serde(rename = "workflows.view")]
    ViewWorkflows,
    /// Make, change and preview workflows, and save versions.
    #[serde(rename = "workflows.edit")]
    EditWorkflows,
    /// Put saved versions live.
    #[serde(rename = "workflows.deploy")]
    Deploy,
    /// Approve what others submit.
    #[serde(rename = "workflows.approve")]
    Approve,
    /// Set up dynamic API workflows.
    #[serde(rename = "workflows.dynamic_api")]
    SetUpDynamicApi,
    /// See channels, routes, APIs and connections; never their secrets.
    #[serde(rename = "configuration.view")]
    ViewConfiguration,
    /// Change channels, routes, APIs and connections.
    #[serde(rename = "configuration.edit")]
    EditConfiguration,
    /// Read conversations.
    #[serde(rename = "conversations.view")]
    ViewConversations,
    /// Answer customers.
    #[serde(rename = "conversations.reply")]
    Reply,
    /// Retry or drop what could not be handled or sent.
    #[serde(rename = "operations.manage")]
    Operate,
    /// Invite, change and remove users and API keys.
    #[serde(rename = "users.manage")]
    ManageUsers,
    /// Change the workspace's settings.
    #[serde(rename = "workspace.manage")]
    ManageWorkspace,
    /// Read the audit log.
    #[serde(rename = "audit.view")]
    ViewAudit,
}

/// What a user or an API key is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything but people's accounts and secrets, and changes nothing.
    Viewer,
    /// Builds workflows, sets up what they need, and looks after what failed.
    Builder,
    /// Approves and deploys.
    Approver,
    /// Talks with customers.
    Agent,
    /// May do everything.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Builder, Self::Approver, Self::Agent, Self::Admin];

    /// Returns what the role may do.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Viewer => &[P::ViewWorkflows, P::ViewConfiguration, P::ViewConversations],
            Self::Builder => &[
                P::ViewWorkflows,
                P::EditWorkflows,
                P::Deploy,
                P::ViewConfiguration,
                P::EditConfiguration,
                P::ViewConversations,
                P::Operate,
            ],
            Self::Approver => {
                &[P::ViewWorkflows, P::Deploy, P::Approve, P::ViewConfiguration, P::ViewConversations, P::ViewAudit]
            }
            Self::Agent => &[P::ViewConversations, P::Reply],
            Self::Admin => &[
                P::ViewWorkflows,
                P::EditWorkflows,
                P::Deploy,
                P::Approve,
                P::SetUpDynamicApi,
                P::ViewConfiguration,
                P::EditConfiguration,
                P::ViewConversations,
                P::Reply,
                P::Operate,
                P::ManageUsers,
                P::ManageWorkspace,
                P::ViewAudit,
            ],
        }
    }

    /// Says whether the role has a permission.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// Returns the role's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Builder => "builder",
            Self::Approver => "approver",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says that a word names no role.
#[derive(Debug, thiserror::Error)]
#[error("there is no role `{0}`; use viewer, builder, approver, agent or admin")]
pub struct Unknown(String);

impl FromStr for Role {
    type Err = Unknown;

    fn from_str(word: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| Unknown(word.to_owned()))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = serde_json::to_value(self).ok();
        f.write_str(word.as_ref().and_then(|word| word.as_str()).unwrap_or("?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_roles_match() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!("owner".parse::<Role>().unwrap_err().to_string().contains("owner"));
    }

    #[test]
    fn only_admins_manage_people_and_nobody_has_more_than_they() {
        for role in Role::ALL {
            assert_eq!(role.may(Permission::ManageUsers), role == Role::Admin);
            assert!(role.permissions().iter().all(|permission| Role::Admin.may(*permission)));
        }
        assert_eq!(Permission::EditWorkflows.to_string(), "workflows.edit");
    }
}
