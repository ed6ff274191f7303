use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_engine::id::EventId;
use usher_engine::render::Abilities;
use usher_engine::{Event, EventKind};
use usher_store::{InboundDetails, Profile};
use utoipa::ToSchema;

use crate::actions::Desk;
use crate::api::extract::Json;
use crate::app::AppState;
use crate::auth::Actor;
use crate::bus::{Envelope, Origin, Told};
use crate::preview::{Person, Preview, Setup};
use crate::problem::Problem;
use crate::spans::Parent;

/// What to preview, and as whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewStart {
    /// The key of a workflow.
    workflow: String,
    /// The number of the node to begin at, instead of the workflow's start.
    node: Option<u32>,
    /// The kind of channel whose looks and abilities it has: `whatsapp`, `web_chat`, `sms`.
    channel: String,
    contact: Option<PreviewContact>,
}

/// Whom the builder plays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewContact {
    name: Option<String>,
    language: Option<String>,
    address: Option<String>,
}

/// A preview that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewStarted {
    id: String,
}

/// Starts a preview on the draft as it was last kept. Every later turn sees what was kept by then, so an edit is live at
/// once; API and integration nodes call the sandbox's systems.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/previews", tag = "Previews",
    request_body = PreviewStart,
    responses((status = CREATED, body = PreviewStarted))
)]
pub async fn start_preview(
    desk: Desk,
    State(app): State<AppState>,
    Json(start): Json<PreviewStart>,
) -> Result<(StatusCode, Json<PreviewStarted>), Problem> {
    if Abilities::of(&start.channel).is_none() {
        let detail = format!("`{}` is no kind of channel; use `whatsapp`, `web_chat` or `sms`", start.channel);
        return Err(Problem::invalid_at("/channel", detail));
    }
    if desk.core.store.drafts().get(&desk.workspace.id, &start.workflow).await?.is_none() {
        return Err(Problem::invalid_at("/workflow", format!("there is no workflow `{}`", start.workflow)));
    }
    let contact = start.contact.map_or_else(Person::default, |contact| Person {
        name: contact.name,
        language: contact.language,
        address: contact.address,
    });
    let preview = Preview {
        id: desk.core.ids.id(),
        workspace: desk.workspace.id.clone(),
        workflow: start.workflow,
        setup: Setup { look: start.channel, node: start.node, contact },
    };
    let now = desk.core.clock.now();
    let mut tx = desk.core.store.begin().await?;
    let stored = usher_store::Preview {
        id: preview.id.clone(),
        workspace: preview.workspace.clone(),
        workflow: preview.workflow.clone(),
        settings: serde_json::to_value(&preview.setup).map_err(|error| Problem::internal(&error))?,
        snapshot: json!({}),
        created_by: user_of(&desk.actor),
        created_at: now,
        updated_at: now,
    };
    tx.previews().create(&stored).await?;
    tx.commit().await?;

    let preview = app.room.previews.remember(preview);
    let key = preview.key();
    let event = Event { id: EventId::of_opening(&key.channel, &key.address, ""), kind: EventKind::ConversationOpened };
    let told = Told { route: None, details: InboundDetails::default(), profile: Profile::default() };
    app.room
        .accept(vec![Envelope {
            key,
            event,
            at: now,
            origin: Origin::Channel(Box::new(told)),
            led_by: Parent::default(),
        }])
        .await?;
    Ok((StatusCode::CREATED, Json(PreviewStarted { id: preview.id.clone() })))
}

/// Returns who started it, if it was a person.
fn user_of(actor: &Actor) -> Option<String> {
    match actor {
        Actor::User { id, .. } => Some(id.clone()),
        Actor::ApiKey { .. } | Actor::CommandLine | Actor::Usher => None,
    }
}
