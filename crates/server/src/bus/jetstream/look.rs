//! Looks at NATS and its stream without working on them; where there is no stream yet, whether it can be made.

use async_nats::jetstream::context::ContextBuilder;

use super::connection::{self, Nats};
use super::{OpenError, stream};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The version of the server that answered.
    pub version: String,
    /// The stream; none if it was not made yet, but can be.
    pub stream: Option<SeenStream>,
}

/// The state of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenStream {
    pub messages: u64,
    pub bytes: u64,
    /// How many bytes it may hold; below 0 for no limit.
    pub max_bytes: i64,
    pub replicas: usize,
    /// Of the other servers that hold it, how many are behind or away.
    pub lagging: usize,
}

/// Connects and looks.
///
/// # Errors
///
/// NATS cannot be reached, or has no JetStream; or the stream is not there, and could not be made.
pub async fn look(nats: &Nats) -> Result<Seen, OpenError> {
    let (client, _) = connection::connect(nats).await?;
    let context = ContextBuilder::new().build(client.clone());
    let stream = match context.get_stream(&nats.stream).await {
        Ok(found) => {
            let info = found.cached_info();
            let others = info.cluster.iter().flat_map(|cluster| &cluster.replicas);
            Some(SeenStream {
                messages: info.state.messages,
                bytes: info.state.bytes,
                max_bytes: info.config.max_bytes,
                replicas: info.config.num_replicas,
                lagging: others.filter(|other| other.offline || !other.current).count(),
            })
        }
        Err(error) if stream::is_gone(&error) => {
            stream::try_out(&context, nats).await?;
            None
        }
        Err(error) => return Err(stream::not_given(nats, error)),
    };
    Ok(Seen { version: client.server_info().version, stream })
}
