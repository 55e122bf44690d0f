//! Who calls: every call brings a token that its client signed for this call.
//!
//! Nothing of a token is believed before its signature was checked with a key of the client that it names, and
//! nothing of it is ever logged. A client reads that it was refused, the operator reads why.

mod claims;
mod denial;
mod key_set;
mod key_store;
pub mod mint;
mod replay;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::{join, join_all};
use time::OffsetDateTime;

use self::claims::Claims;
use self::key_store::KeyStore;
use self::replay::{Database, Memory};
use self::token::Token;
use crate::config::{self, Config, Replay, UsedTokens};
use crate::net;
use crate::telemetry::correlation::Correlation;

pub use denial::Denial;
pub use key_set::KeySetError;
pub use token::bearer;

/// The clients, their keys, and the tokens that they have used.
#[derive(Debug)]
pub struct Auth {
    clients: Vec<Arc<Client>>,
    leeway: time::Duration,
    longest_life: time::Duration,
}

/// One client.
#[derive(Debug)]
struct Client {
    place: usize,
    settings: config::Client,
    keys: KeyStore,
    used: Memory,
}

/// Why clients cannot be told from strangers. The text is for operators.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The keys of a client cannot be used.
    #[error("using the keys of the client `{client}`")]
    Keys {
        /// The name of the client.
        client: String,
        /// Why not.
        source: KeySetError,
    },
    /// Without root certificates no server of keys can prove who it is.
    #[error("preparing connections to the JWK Sets of clients")]
    Connections(#[from] net::ClientError),
    /// The setting names no database.
    #[error("reading `feedback.database` for the used tokens")]
    UsedTokens(#[source] sqlx::Error),
}

impl Auth {
    /// Prepares the clients of the settings; none where there are none. Nothing is fetched yet.
    ///
    /// # Errors
    /// Where the keys of a client are in a file or in the settings and cannot be used, or the URL of the database for
    /// used tokens is not one.
    pub fn new(config: &Config) -> Result<Option<Auth>, AuthError> {
        let shared = match config.auth.used_tokens {
            UsedTokens::Memory => None,
            UsedTokens::Database => {
                Some(Database::open(&config.feedback.database).map_err(AuthError::UsedTokens)?)
            }
        };
        let most = config.auth.remembered_tokens;
        let mut clients = Vec::new();
        for (place, settings) in config.clients.iter().enumerate() {
            clients.push(Arc::new(Client {
                place,
                keys: KeyStore::new(settings, &config.auth)?,
                used: match &shared {
                    Some(database) => Memory::shared(database, &settings.name, most),
                    None => Memory::in_process(most),
                },
                settings: settings.clone(),
            }));
        }
        let seconds = |duration| time::Duration::try_from(duration).unwrap_or(time::Duration::MAX);
        Ok((!clients.is_empty()).then_some(Auth {
            clients,
            leeway: seconds(config.auth.leeway),
            longest_life: seconds(config.auth.longest_token_life),
        }))
    }

    /// Reads the keys of all clients and reaches for where used tokens are remembered, so that the first call of none waits
    /// for them and the log says at the start what cannot be had.
    pub async fn get_ready(&self) {
        let keys = join_all(self.clients.iter().map(|client| client.keys.read()));
        join(keys, join_all(self.clients.iter().map(|client| client.used.get_ready()))).await;
    }

    /// Lets a token pass that was signed by a client of ours for one of `urls`, which mean what is called.
    ///
    /// # Errors
    /// Where the token is not that, with the first reason that was found.
    pub async fn admit(&self, token: &str, urls: &[String], now: OffsetDateTime) -> Result<Pass, Denial> {
        let token = Token::read(token)?;
        let client = self.client(&token)?;
        if !client.settings.algorithms.contains(&token.algorithm) {
            return Err(Denial::Algorithm);
        }
        let key = client.keys.find(token.kid(), token.jku(), token.algorithm).await?;
        token.check_signature(&key)?;
        let claims = Claims::read(token.payload())?;
        claims.check_audience(urls, &client.settings.audiences)?;
        claims.check_time(now, self.leeway, self.longest_life)?;
        let until = claims.expires()? + self.leeway;
        Correlation::note_jti(claims.nonce()?);
        Ok(Pass { client: Arc::clone(client), nonce: claims.nonce()?.to_owned(), until })
    }

    /// The client that a token says it is from. Its keys then show whether that is true.
    fn client(&self, token: &Token<'_>) -> Result<&Arc<Client>, Denial> {
        let claims = Claims::read(token.payload())?;
        let issuer = claims.issuer()?;
        let of_issuer = || self.clients.iter().filter(|client| client.settings.issuer == issuer);
        if of_issuer().next().is_none() {
            return Err(Denial::UnknownIssuer);
        }
        if let Some(any_tenant) = of_issuer().find(|client| client.settings.tenants.is_empty()) {
            return Ok(any_tenant);
        }
        let tenant = claims.tenant()?.ok_or(Denial::Tenant)?;
        of_issuer()
            .find(|client| client.settings.tenants.iter().any(|one| one == tenant))
            .ok_or(Denial::Tenant)
    }
}

/// A client was recognised. A pass is good for one call.
#[derive(Debug, Clone)]
pub struct Pass {
    client: Arc<Client>,
    nonce: String,
    until: OffsetDateTime,
}

impl Pass {
    /// The place of the client in the settings.
    #[must_use]
    pub fn place(&self) -> usize {
        self.client.place
    }

    /// The name of the client, for logs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.client.settings.name
    }

    /// May the client call this service?
    #[must_use]
    pub fn allows(&self, service_id: &str) -> bool {
        let services = &self.client.settings.services;
        services.is_empty() || services.iter().any(|service| service == service_id)
    }

    /// Marks the token as used, where it is good for one call.
    ///
    /// # Errors
    /// Where it was used before, or no more tokens can be remembered.
    pub async fn spend(&self, now: OffsetDateTime) -> Result<(), Denial> {
        match self.client.settings.replay {
            Replay::Strict => self.client.used.first_use(&[&self.nonce], self.until, now).await,
            Replay::PerHookInstance | Replay::Off => Ok(()),
        }
    }

    /// Marks the token as used for a `hookInstance`, where it is good for one call of each.
    ///
    /// # Errors
    /// As [`spend`](Self::spend).
    pub async fn spend_for(&self, hook_instance: &str, now: OffsetDateTime) -> Result<(), Denial> {
        match self.client.settings.replay {
            Replay::PerHookInstance => {
                self.client.used.first_use(&[&self.nonce, hook_instance], self.until, now).await
            }
            Replay::Strict | Replay::Off => Ok(()),
        }
    }
}

/// Ids of services and prefetch keys that the settings of clients name and the knowledge does not have.
#[must_use]
pub fn unknown_names(clients: &[config::Client], services: &[&str], keys: &[&str]) -> Vec<String> {
    let mut unknown = BTreeMap::new();
    for client in clients {
        for service in client.services.iter().filter(|id| !services.contains(&id.as_str())) {
            unknown.insert((&client.name, service), "service");
        }
        for key in client.prefetch_aliases.values().filter(|key| !keys.contains(&key.as_str())) {
            unknown.insert((&client.name, key), "prefetch key");
        }
    }
    unknown.iter().map(|((client, name), kind)| format!("{kind} `{name}` of the client `{client}`")).collect()
}
