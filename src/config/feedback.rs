//! What clinicians did with the cards, and where that is kept.

use std::time::Duration;

use super::layers::Layers;
use super::limits::positive;

/// Section `feedback`. The URL may hold a password, so that `Debug` does not show it.
#[derive(Clone)]
pub struct Feedback {
    /// A path, a `sqlite:` or a `postgres:` URL; empty: in memory.
    pub database: String,
    /// Are free-text comments kept?
    pub comments: bool,
    /// Days after which feedback is forgotten; none: never.
    pub retention_days: Option<i64>,
    /// How often the numbers of cards shown are written.
    pub flush_interval: Duration,
}

impl std::fmt::Debug for Feedback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feedback").field("comments", &self.comments).finish_non_exhaustive()
    }
}

impl Feedback {
    /// Is the database one that several replicas can share?
    #[must_use]
    pub fn is_in_postgresql(&self) -> bool {
        self.database.starts_with("postgres://") || self.database.starts_with("postgresql://")
    }

    pub(super) fn read(layers: &mut Layers) -> Option<Feedback> {
        let database = layers.read_if("feedback.database", |url: &String| match url.split_once("://") {
            None | Some(("sqlite" | "postgres" | "postgresql", _)) => Ok(()),
            // The text is not repeated: it may hold a password.
            Some(_) => Err("expects a path, a `sqlite:` or a `postgres:` URL".to_owned()),
        });
        let comments = layers.read("feedback.comments");
        let retention: Option<usize> = layers.read("feedback.retention_days");
        let flush_interval =
            layers.read_if("feedback.flush_interval", |time: &Duration| positive(!time.is_zero()));
        Some(Feedback {
            database: database?,
            comments: comments?,
            retention_days: Some(retention?)
                .filter(|days| *days > 0)
                .and_then(|days| i64::try_from(days).ok()),
            flush_interval: flush_interval?,
        })
    }
}
