//! The HTTP API, version 1: one endpoint a file, what it asks of its caller in [`access`].

pub mod access;
mod account;
mod apis;
mod channels;
mod connections;
pub mod conversations;
pub mod docs;
mod environments;
pub mod extract;
mod idempotency;
mod operations;
mod people;
pub mod previews;
mod routes;
pub mod schema;
mod statistics;
mod workflows;
mod workspace;

mod description;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use usher_engine::{Environment, limits};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use crate::app::AppState;
use crate::auth::{Member, caller};
use crate::problem::Problem;

pub use description::description;

/// The most bytes of a body: a workflow document, and room around it.
const BODY_BYTES: usize = limits::DOCUMENT_BYTES + 64 * 1024;

/// All endpoints, as the description and the router know them.
fn endpoints() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(account::router())
        .merge(workspace::router())
        .merge(workflows::router())
        .merge(environments::router())
        .merge(routes::router())
        .merge(channels::router())
        .merge(connections::router())
        .merge(apis::router())
        .merge(conversations::router())
        .merge(statistics::router())
        .merge(previews::router())
        .merge(operations::router())
        .merge(people::router())
        .merge(docs::router())
}

/// Returns the router of the API.
pub fn router(app: AppState) -> axum::Router<AppState> {
    let (router, _) = endpoints().split_for_parts();
    router
        .route_layer(middleware::from_fn_with_state(app.clone(), tell_changed))
        .route_layer(middleware::from_fn_with_state(app.clone(), idempotency::once))
        .route_layer(middleware::from_fn_with_state(app, caller::admit))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(never_stored))
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("{} does not go with {}", request.method(), request.uri().path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// Tells of a workspace in which something may have been changed, so that the next message finds it so at every door.
async fn tell_changed(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let member = request.extensions().get::<Member>().filter(|_| !request.method().is_safe()).cloned();
    let response = next.run(request).await;
    if let Some(Member { workspace, .. }) = member {
        app.room.tell_changed(&workspace.id);
    }
    response
}

/// Keeps answers out of caches, and errors of the framework in the form of all others.
async fn never_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && !is_problem(&response) {
        let detail = format!("the body is too large; at most {BODY_BYTES} bytes are read");
        response = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).into_response();
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json")
}

/// Names a workflow.
#[derive(Debug, Deserialize)]
pub struct WorkflowPath {
    pub workflow: String,
}

/// Before which node.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NodeQuery {
    /// The number of a node; without it, every variable of the workflow is listed.
    pub node: Option<u32>,
}

/// Names an environment.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct EnvironmentPath {
    pub environment: Environment,
}

/// Names something by its id.
#[derive(Debug, Deserialize)]
pub struct IdPath {
    pub id: String,
}

/// Names something in an environment by its id.
#[derive(Debug, Deserialize)]
pub struct EnvironmentIdPath {
    pub environment: Environment,
    pub id: String,
}

/// Names a workflow in an environment.
#[derive(Debug, Deserialize)]
pub struct EnvironmentWorkflowPath {
    pub environment: Environment,
    pub workflow: String,
}

/// Names a channel.
#[derive(Debug, Deserialize)]
pub struct ChannelPath {
    pub environment: Environment,
    pub channel: String,
}

/// Names a connection.
#[derive(Debug, Deserialize)]
pub struct ConnectionPath {
    pub environment: Environment,
    pub connection: String,
}

/// Names an API.
#[derive(Debug, Deserialize)]
pub struct ApiPath {
    pub api: String,
}
