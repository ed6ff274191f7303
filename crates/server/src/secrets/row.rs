//! How rows are named to which secrets are bound.

use usher_engine::Environment;

/// Names a channel's row; `workspace` is the workspace's id.
pub fn channel(workspace: &str, environment: Environment, key: &str) -> String {
    format!("channel/{workspace}/{environment}/{key}")
}

/// Names a connection's row; `workspace` is the workspace's id.
pub fn connection(workspace: &str, environment: Environment, key: &str) -> String {
    format!("connection/{workspace}/{environment}/{key}")
}

/// Names an API's row; `workspace` is the workspace's id.
pub fn api(workspace: &str, key: &str) -> String {
    format!("api/{workspace}/{key}")
}
