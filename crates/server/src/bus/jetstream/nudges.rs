//! Short words from process to process, by core NATS: nothing is lost if one is, since what they tell of is in the store
//! and is found there a little later.

use std::fmt::Write as _;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, Subscriber};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

/// Words that may wait to be told; more are forgotten.
const WAITING: usize = 16_384;
/// Words in one message.
const TOGETHER: usize = 1_024;
/// How long words wait for others to go with.
const LINGER: Duration = Duration::from_millis(5);

/// What one process tells the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nudge {
    /// Something new happened that somebody may be watching.
    Watched(String),
    /// Something may have been set up otherwise in a workspace.
    Changed(String),
    /// Sends were left to the store, because others of their lane go first: whoever has those looks after them.
    Behind(String),
    /// Effects are due, and this process carries out none: one that does looks for them.
    Due,
}

/// Where nudges go; cheap to clone.
#[derive(Debug, Clone)]
pub struct Nudges(mpsc::Sender<Nudge>);

impl Nudges {
    /// Starts to tell the others of one stream.
    pub(super) fn start(client: Client, stream: &str, own: &str) -> Self {
        let (told, telling) = mpsc::channel(WAITING);
        tokio::spawn(tell(client, Subjects::of(stream), own.to_owned(), telling));
        Self(told)
    }

    /// Tells the others.
    pub fn give(&self, nudge: Nudge) {
        // Who is told too much is told enough.
        let _ = self.0.try_send(nudge);
    }
}

/// Where words are told: to all, and to one of those who carry effects out.
struct Subjects {
    all: String,
    due: String,
}

impl Subjects {
    fn of(stream: &str) -> Self {
        Self { all: format!("{stream}.nudges"), due: format!("{stream}.due") }
    }
}

async fn tell(client: Client, subjects: Subjects, own: String, mut telling: mpsc::Receiver<Nudge>) {
    let mut nudges = Vec::new();
    while telling.recv_many(&mut nudges, TOGETHER).await > 0 {
        if nudges.len() < TOGETHER {
            tokio::time::sleep(LINGER).await;
            while nudges.len() < TOGETHER
                && let Ok(nudge) = telling.try_recv()
            {
                nudges.push(nudge);
            }
        }
        let (words, is_due) = write(&own, nudges.drain(..));
        // Words that are late mean nothing.
        if client.connection_state() != State::Connected {
            continue;
        }
        if let Some(words) = words {
            let _ = client.publish(subjects.all.clone(), words.into()).await;
        }
        if is_due {
            let _ = client.publish(subjects.due.clone(), bytes::Bytes::new()).await;
        }
    }
}

/// Listens to what the others tell, as long as the connection lives. What one process said itself is passed over.
pub(super) async fn listen(
    client: Client,
    stream: String,
    own: String,
    carries_out: bool,
    hear: impl Fn(Nudge) + Send + Sync,
) {
    let subjects = Subjects::of(&stream);
    let Ok(mut all) = client.subscribe(subjects.all).await else { return };
    let due = if carries_out { client.queue_subscribe(subjects.due, stream).await.ok() } else { None };
    let follow_due = async {
        let Some(mut due) = due else { return };
        while next(&mut due).await.is_some() {
            hear(Nudge::Due);
        }
    };
    let follow_all = async {
        while let Some(words) = next(&mut all).await {
            read(&own, &words).for_each(&hear);
        }
    };
    tokio::join!(follow_due, follow_all);
}

async fn next(words: &mut Subscriber) -> Option<String> {
    words.next().await.map(|message| String::from_utf8_lossy(&message.payload).into_owned())
}

/// Writes words for all: the teller's name on the first line, then a word a line. Says too whether effects are due.
fn write(own: &str, nudges: impl Iterator<Item = Nudge>) -> (Option<String>, bool) {
    let mut words = own.to_owned();
    let mut is_due = false;
    for nudge in nudges {
        // Writing to a string cannot fail.
        let _ = match nudge {
            Nudge::Watched(topic) => write!(words, "\nw {topic}"),
            Nudge::Changed(workspace) => write!(words, "\nc {workspace}"),
            Nudge::Behind(lane) => write!(words, "\nb {lane}"),
            Nudge::Due => {
                is_due = true;
                Ok(())
            }
        };
    }
    ((words.len() > own.len()).then_some(words), is_due)
}

fn read(own: &str, words: &str) -> impl Iterator<Item = Nudge> {
    let (teller, rest) = words.split_once('\n').unwrap_or_default();
    let rest = if teller == own { "" } else { rest };
    rest.lines().filter_map(|line| match line.split_once(' ')? {
        ("w", topic) => Some(Nudge::Watched(topic.to_owned())),
        ("c", workspace) => Some(Nudge::Changed(workspace.to_owned())),
        ("b", lane) => Some(Nudge::Behind(lane.to_owned())),
        // A later version may say more.
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_heard_by_others_and_not_by_who_said_them() {
        let nudges = [Nudge::Watched("a1".into()), Nudge::Due, Nudge::Behind("a 2".into()), Nudge::Changed("w".into())];
        let (words, is_due) = write("me", nudges.clone().into_iter());
        let words = words.unwrap();
        assert!(is_due);
        assert_eq!(read("you", &words).collect::<Vec<_>>(), [nudges[0].clone(), nudges[2].clone(), nudges[3].clone()]);
        assert_eq!(read("me", &words).count(), 0);
        assert_eq!(write("me", [Nudge::Due].into_iter()), (None, true));
        assert_eq!(read("me", "you\nx new\n\nw b\noops").collect::<Vec<_>>(), [Nudge::Watched("b".into())]);
        assert_eq!(read("me", "").count(), 0);
    }
}
