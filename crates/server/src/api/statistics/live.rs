use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::response::Response;
use tokio::time::{Interval, MissedTickBehavior, interval};
use usher_engine::Environment;
use usher_store::{Error, Store};

use super::SinceQuery;
use crate::actions::Desk;
use crate::actions::statistics::{self, NodeHour, Span};
use crate::actions::workflows;
use crate::api::EnvironmentWorkflowPath;
use crate::api::extract::{Path, Query};
use crate::app::AppState;
use crate::live::{self, Told};
use crate::problem::Problem;

/// How long it is at least from one reading to the next: a burst of turns is read once.
const PACE: Duration = Duration::from_secs(1);

/// Streams what happens at the nodes of a workflow: `hours`, first all of them since `from`, then at most every second
/// those that changed. An hour of a node takes the place of the one that was told before.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/environments/{environment}/workflows/{workflow}/statistics/live",
    tag = "Statistics",
    params(SinceQuery),
    responses((status = OK, description = "Server-sent events.", content_type = "text/event-stream", body = String))
)]
pub async fn watch_statistics(
    desk: Desk,
    State(app): State<AppState>,
    Path(path): Path<EnvironmentWorkflowPath>,
    Query(asked): Query<SinceQuery>,
) -> Result<Response, Problem> {
    let span = Span::new(asked.from, None, desk.core.clock.now())?;
    workflows::read(&desk, &path.workflow).await?;
    let topic = live::statistics_of(&desk.workspace.id, path.environment);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let source = Hours {
        store: desk.core.store.clone(),
        workspace: desk.workspace.id,
        environment: path.environment,
        workflow: path.workflow,
        span: span.open(),
        told: None,
        pace,
    };
    Ok(live::follow(&app.room.live, topic, source))
}

/// A workflow whose statistics are watched.
struct Hours {
    store: Store,
    workspace: String,
    environment: Environment,
    workflow: String,
    span: Span,
    /// The hours as they were last told; none before anything was.
    told: Option<HashSet<NodeHour>>,
    pace: Interval,
}

#[async_trait]
impl live::Source for Hours {
    async fn read(&mut self) -> Result<Told, Error> {
        self.pace.tick().await;
        let now = statistics::hours(&self.store, &self.workspace, self.environment, &self.workflow, self.span).await?;
        let before = self.told.take();
        let is_new = |hour: &&NodeHour| before.as_ref().is_none_or(|before| !before.contains(hour));
        let news: Vec<_> = now.iter().filter(is_new).collect();
        let mut told = Told::default();
        if before.is_none() || !news.is_empty() {
            told.events.push(live::event("hours", &news));
        }
        self.told = Some(now.into_iter().collect());
        Ok(told)
    }
}
