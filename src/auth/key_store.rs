//! Where the keys of a client come from, and when they are read again.
//!
//! One reading at a time, and none before a pause since the last, however many tokens name keys that are not there.
//! The old keys stay until good new ones are there.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use url::Url;

use super::key_set::{KeySet, KeySetError};
use super::{AuthError, Denial};
use crate::config::{self, Algorithm, KeySource};
use crate::net::{self, Reach};
use crate::telemetry;

const ACCEPTED: &str = "application/jwk-set+json, application/json;q=0.9";

/// The keys of one client: one set, or one for each URL that it may name.
#[derive(Debug)]
pub(super) struct KeyStore {
    sets: Vec<Arc<Shelf>>,
    /// Is `jku` looked at?
    by_url: bool,
}

/// One set of keys.
#[derive(Debug)]
struct Shelf {
    client: String,
    source: Source,
    age: Duration,
    pause: Duration,
    held: RwLock<Option<Held>>,
    /// When it was last tried to read them. Whoever holds the lock reads them.
    tried: Mutex<Option<Instant>>,
}

#[derive(Debug)]
enum Source {
    Inline,
    File(PathBuf),
    Url(Remote),
}

#[derive(Debug)]
struct Remote {
    url: Url,
    reach: Reach,
    http: reqwest::Client,
    deadline: Duration,
    most_bytes: usize,
}

#[derive(Debug, Clone)]
struct Held {
    keys: Arc<KeySet>,
    since: Instant,
}

impl KeyStore {
    pub(super) fn new(client: &config::Client, settings: &config::Auth) -> Result<KeyStore, AuthError> {
        let shelf = |source, keys: Option<KeySet>| {
            Arc::new(Shelf {
                client: client.name.clone(),
                source,
                age: settings.key_set_age,
                pause: settings.key_set_pause,
                held: RwLock::new(keys.map(|keys| Held { keys: Arc::new(keys), since: Instant::now() })),
                tried: Mutex::new(None),
            })
        };
        let unusable = |source| AuthError::Keys { client: client.name.clone(), source };
        let sets = match &client.keys {
            KeySource::Inline(text) => {
                vec![shelf(Source::Inline, Some(KeySet::read(text.as_bytes()).map_err(unusable)?))]
            }
            KeySource::File(path) => {
                let text = std::fs::read(path).map_err(KeySetError::File).map_err(unusable)?;
                vec![shelf(Source::File(path.clone()), Some(KeySet::read(&text).map_err(unusable)?))]
            }
            KeySource::Urls { urls, private } => {
                let reach = match (private, client.dialect.manner().sandbox_only) {
                    (true, _) => Reach::Private,
                    (false, true) => Reach::Sandbox,
                    (false, false) => Reach::Public,
                };
                let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(ACCEPTED))]);
                let http = net::client(reach, settings.key_set_deadline, headers)?;
                let remote = |url: &Url| Remote {
                    url: url.clone(),
                    reach,
                    http: http.clone(),
                    deadline: settings.key_set_deadline,
                    most_bytes: settings.key_set_bytes,
                };
                urls.iter().map(|url| shelf(Source::Url(remote(url)), None)).collect()
            }
        };
        Ok(KeyStore { sets, by_url: matches!(client.keys, KeySource::Urls { .. }) })
    }

    /// Reads the keys that were not read yet.
    pub(super) async fn read(&self) {
        for shelf in self.sets.iter().filter(|shelf| shelf.held().is_none()) {
            shelf.read_again(None).await;
        }
    }

    /// The key that a token names. A URL that the token brings is only compared, never asked.
    pub(super) async fn find(
        &self,
        kid: &str,
        jku: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, Denial> {
        let shelf = match jku.filter(|_| self.by_url) {
            None => self.sets.first(),
            Some(jku) => self.sets.iter().find(|shelf| shelf.source.is(jku)),
        };
        shelf.ok_or(Denial::Jku)?.find(kid, algorithm).await
    }
}

impl Source {
    fn is(&self, jku: &str) -> bool {
        matches!(self, Source::Url(remote) if remote.url.as_str() == jku)
    }

    async fn read(&self) -> Result<KeySet, KeySetError> {
        match self {
            Source::Inline => Err(KeySetError::NotASet),
            Source::File(path) => KeySet::read(&std::fs::read(path).map_err(KeySetError::File)?),
            Source::Url(remote) => {
                timeout(remote.deadline, remote.fetch()).await.unwrap_or(Err(KeySetError::Late))
            }
        }
    }
}

impl Remote {
    async fn fetch(&self) -> Result<KeySet, KeySetError> {
        if !net::admits(self.reach, &self.url) {
            return Err(KeySetError::Private);
        }
        let mut response = self.http.get(self.url.clone()).send().await.map_err(|_| KeySetError::Network)?;
        match response.status().as_u16() {
            200 => {}
            status => return Err(KeySetError::Status(status)),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| KeySetError::Network)? {
            if body.len() + chunk.len() > self.most_bytes {
                return Err(KeySetError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        KeySet::read(&body)
    }
}

impl Shelf {
    async fn find(self: &Arc<Self>, kid: &str, algorithm: Algorithm) -> Result<DecodingKey, Denial> {
        let held = self.held();
        match held.as_ref().map(|held| held.keys.find(kid, algorithm)) {
            None | Some(Err(Denial::UnknownKid)) => {}
            Some(found) => {
                self.renew(held.as_ref());
                return found;
            }
        }
        self.read_again(held.map(|held| held.since)).await;
        self.held().ok_or(Denial::NoKeys)?.keys.find(kid, algorithm)
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads keys anew that are old, beside the call that found its key among them.
    fn renew(self: &Arc<Self>, held: Option<&Held>) {
        let old = held.is_some_and(|held| held.since.elapsed() >= self.age);
        // Who holds the lock reads them already.
        let free = || self.tried.try_lock().is_ok_and(|tried| self.may_try(*tried));
        if old && !matches!(self.source, Source::Inline) && free() {
            let (shelf, seen) = (Arc::clone(self), held.map(|held| held.since));
            tokio::spawn(async move { shelf.read_again(seen).await });
        }
    }

    fn may_try(&self, tried: Option<Instant>) -> bool {
        tried.is_none_or(|tried| tried.elapsed() >= self.pause)
    }

    /// Reads the keys, unless someone else did since they were `seen`, or the last attempt is too short a time ago.
    async fn read_again(&self, seen: Option<Instant>) {
        if matches!(self.source, Source::Inline) {
            return;
        }
        let mut tried = self.tried.lock().await;
        let done = self.held().map(|held| held.since) != seen;
        if done || !self.may_try(*tried) {
            return;
        }
        *tried = Some(Instant::now());
        match self.source.read().await {
            Ok(keys) => {
                let unusable = keys.unusable;
                let held = Held { keys: Arc::new(keys), since: Instant::now() };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
                tracing::info!(target: telemetry::AUTH, client = self.client, unusable, "keys were read");
            }
            Err(error) => {
                let error = telemetry::chain(&error);
                tracing::warn!(target: telemetry::AUTH, client = self.client, error, "keys could not be read");
            }
        }
    }
}
