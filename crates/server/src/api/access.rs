//! Who may call what: every route of the API, in one list.

use axum::http::Method;

use crate::auth::role::Permission;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: anybody may call it.
    Public,
    /// To be logged in.
    Account,
    /// To belong to the workspace, in any role.
    Member,
    /// A permission in the workspace.
    May(Permission),
}

use Access::{Account, May, Member, Public};
use Permission as P;

/// The routes under `/api/v1`. A route that is not here answers nobody; a test compares the list with the API.
pub const ROUTES: &[(Method, &str, Access)] = &[
    (Method::GET, "/setup", Public),
    (Method::POST, "/setup", Public),
    (Method::POST, "/login", Public),
    (Method::POST, "/logout", Public),
    (Method::GET, "/invitations/{token}", Public),
    (Method::POST, "/invitations/{token}", Public),
    (Method::GET, "/password-resets/{token}", Public),
    (Method::POST, "/password-resets/{token}", Public),
    (Method::GET, "/openapi.json", Public),
    (Method::GET, "/me", Account),
    (Method::PATCH, "/me", Account),
    (Method::GET, "/workspaces/{workspace}", Member),
    (Method::PATCH, "/workspaces/{workspace}", May(P::ManageWorkspace)),
    (Method::GET, "/workspaces/{workspace}/catalogue", May(P::ViewWorkflows)),
    // Workflows: made and changed here alone, which is the sandbox.
    (Method::GET, "/workspaces/{workspace}/workflows", May(P::ViewWorkflows)),
    (Method::POST, "/workspaces/{workspace}/workflows", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/workflows/{workflow}", May(P::ViewWorkflows)),
    (Method::PATCH, "/workspaces/{workspace}/workflows/{workflow}", May(P::EditWorkflows)),
    (Method::DELETE, "/workspaces/{workspace}/workflows/{workflow}", May(P::EditWorkflows)),
    (Method::POST, "/workspaces/{workspace}/workflows/{workflow}/duplicate", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/workflows/{workflow}/draft", May(P::ViewWorkflows)),
    (Method::PUT, "/workspaces/{workspace}/workflows/{workflow}/draft", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/workflows/{workflow}/draft/problems", May(P::ViewWorkflows)),
    (Method::GET, "/workspaces/{workspace}/workflows/{workflow}/draft/variables", May(P::ViewWorkflows)),
    (Method::POST, "/workspaces/{workspace}/workflows/{workflow}/numbers", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/workflows/{workflow}/versions", May(P::ViewWorkflows)),
    (Method::POST, "/workspaces/{workspace}/workflows/{workflow}/versions", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/workflows/{workflow}/versions/{version}", May(P::ViewWorkflows)),
    // What is live: read only.
    (Method::GET, "/workspaces/{workspace}/environments/{environment}", May(P::ViewConfiguration)),
    (Method::PATCH, "/workspaces/{workspace}/environments/{environment}", May(P::EditConfiguration)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/workflows", May(P::ViewWorkflows)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/workflows/{workflow}", May(P::ViewWorkflows)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/deployments", May(P::ViewWorkflows)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/deployments", May(P::Deploy)),
    // Configuration.
    (Method::GET, "/workspaces/{workspace}/channel-kinds", May(P::ViewConfiguration)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/routes", May(P::ViewConfiguration)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/routes", May(P::EditConfiguration)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/routes/{id}", May(P::ViewConfiguration)),
    (Method::PATCH, "/workspaces/{workspace}/environments/{environment}/routes/{id}", May(P::EditConfiguration)),
    (Method::DELETE, "/workspaces/{workspace}/environments/{environment}/routes/{id}", May(P::EditConfiguration)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/channels", May(P::ViewConfiguration)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/channels", May(P::EditConfiguration)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/channels/{channel}", May(P::ViewConfiguration)),
    (Method::PATCH, "/workspaces/{workspace}/environments/{environment}/channels/{channel}", May(P::EditConfiguration)),
    (
        Method::DELETE,
        "/workspaces/{workspace}/environments/{environment}/channels/{channel}",
        May(P::EditConfiguration),
    ),
    (
        Method::POST,
        "/workspaces/{workspace}/environments/{environment}/channels/{channel}/test-message",
        May(P::EditConfiguration),
    ),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/connections", May(P::ViewConfiguration)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/connections", May(P::EditConfiguration)),
    (
        Method::GET,
        "/workspaces/{workspace}/environments/{environment}/connections/{connection}",
        May(P::ViewConfiguration),
    ),
    (
        Method::PATCH,
        "/workspaces/{workspace}/environments/{environment}/connections/{connection}",
        May(P::EditConfiguration),
    ),
    (
        Method::DELETE,
        "/workspaces/{workspace}/environments/{environment}/connections/{connection}",
        May(P::EditConfiguration),
    ),
    (
        Method::POST,
        "/workspaces/{workspace}/environments/{environment}/connections/{connection}/test",
        May(P::EditConfiguration),
    ),
    (Method::GET, "/workspaces/{workspace}/apis", May(P::ViewConfiguration)),
    (Method::POST, "/workspaces/{workspace}/apis", May(P::EditConfiguration)),
    (Method::GET, "/workspaces/{workspace}/apis/{api}", May(P::ViewConfiguration)),
    (Method::PATCH, "/workspaces/{workspace}/apis/{api}", May(P::EditConfiguration)),
    (Method::DELETE, "/workspaces/{workspace}/apis/{api}", May(P::EditConfiguration)),
    (Method::POST, "/workspaces/{workspace}/apis/{api}/try", May(P::EditConfiguration)),
    // Conversations, statistics and previews.
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/conversations", May(P::ViewConversations)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/conversations/{id}", May(P::ViewConversations)),
    (
        Method::GET,
        "/workspaces/{workspace}/environments/{environment}/conversations/{id}/live",
        May(P::ViewConversations),
    ),
    (
        Method::GET,
        "/workspaces/{workspace}/environments/{environment}/workflows/{workflow}/statistics",
        May(P::ViewWorkflows),
    ),
    (
        Method::GET,
        "/workspaces/{workspace}/environments/{environment}/workflows/{workflow}/statistics/live",
        May(P::ViewWorkflows),
    ),
    (Method::POST, "/workspaces/{workspace}/previews", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/previews/{id}", May(P::EditWorkflows)),
    (Method::DELETE, "/workspaces/{workspace}/previews/{id}", May(P::EditWorkflows)),
    (Method::POST, "/workspaces/{workspace}/previews/{id}/messages", May(P::EditWorkflows)),
    (Method::GET, "/workspaces/{workspace}/previews/{id}/events", May(P::EditWorkflows)),
    // Operations: what could not be handled or sent, and what waits.
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/health", May(P::ViewConfiguration)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/kept", May(P::ViewConversations)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/kept/{id}", May(P::ViewConversations)),
    (Method::DELETE, "/workspaces/{workspace}/environments/{environment}/kept/{id}", May(P::Operate)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/kept/{id}/retry", May(P::Operate)),
    (Method::GET, "/workspaces/{workspace}/environments/{environment}/dead-letters", May(P::ViewConversations)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/dead-letters/retry", May(P::Operate)),
    (Method::DELETE, "/workspaces/{workspace}/environments/{environment}/dead-letters/{id}", May(P::Operate)),
    (Method::POST, "/workspaces/{workspace}/environments/{environment}/dead-letters/{id}/retry", May(P::Operate)),
    // People.
    (Method::GET, "/workspaces/{workspace}/users", May(P::ManageUsers)),
    (Method::POST, "/workspaces/{workspace}/users", May(P::ManageUsers)),
    (Method::PATCH, "/workspaces/{workspace}/users/{id}", May(P::ManageUsers)),
    (Method::DELETE, "/workspaces/{workspace}/users/{id}", May(P::ManageUsers)),
    (Method::GET, "/workspaces/{workspace}/api-keys", May(P::ManageUsers)),
    (Method::POST, "/workspaces/{workspace}/api-keys", May(P::ManageUsers)),
    (Method::DELETE, "/workspaces/{workspace}/api-keys/{id}", May(P::ManageUsers)),
    (Method::GET, "/workspaces/{workspace}/audit", May(P::ViewAudit)),
];

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// Returns what a route asks of its caller; `path` is as the router knows it, with its variables' names.
pub fn of(method: &Method, path: &str) -> Option<Access> {
    let path = path.strip_prefix(BASE)?;
    // Who may read may also ask for the headers alone.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    ROUTES.iter().find(|(known, template, _)| known == method && *template == path).map(|(_, _, access)| *access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_an_environment_workflows_are_read_only() {
        for (method, path, _) in ROUTES {
            assert!(
                !path.contains("/environments/{environment}/workflows") || *method == Method::GET,
                "{method} {path} would change a workflow in an environment"
            );
        }
    }

    #[test]
    fn each_route_is_listed_once() {
        for (index, (method, path, _)) in ROUTES.iter().enumerate() {
            let again = ROUTES[index + 1..].iter().any(|(other, template, _)| other == method && template == path);
            assert!(!again, "{method} {path} is listed twice");
        }
    }

    #[test]
    fn what_is_not_listed_has_no_access() {
        assert_eq!(of(&Method::PUT, "/api/v1/workspaces/{workspace}/nothing"), None);
        assert_eq!(of(&Method::HEAD, "/api/v1/me"), Some(Account));
    }
}
