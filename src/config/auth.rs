//! How tokens of clients are checked.

use std::time::Duration;

use super::feedback::Feedback;
use super::layers::Layers;
use super::limits::positive;
use super::value::{Setting, Size, Value, one_of};

/// Section `auth`.
#[derive(Debug, Clone)]
pub struct Auth {
    /// Who may read which services there are.
    pub discovery: Discovery,
    /// How far the clock of a client may be from ours.
    pub leeway: Duration,
    /// From `iat` to `exp`.
    pub longest_token_life: Duration,
    /// Where used tokens are remembered.
    pub used_tokens: UsedTokens,
    /// Tokens that are remembered for each client.
    pub remembered_tokens: usize,
    /// After this time a JWK Set is fetched anew.
    pub key_set_age: Duration,
    /// Between two attempts to fetch a JWK Set.
    pub key_set_pause: Duration,
    /// For one fetch of a JWK Set.
    pub key_set_deadline: Duration,
    /// Largest JWK Set, in bytes.
    pub key_set_bytes: usize,
}

/// Who may read which services there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// Everybody who reaches the service.
    All,
    /// Clients, where there are any.
    Clients,
}

impl Setting for Discovery {
    fn read(value: &Value) -> Result<Discovery, String> {
        one_of(value, &[("all", Discovery::All), ("clients", Discovery::Clients)])
    }
}

/// Where used tokens are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedTokens {
    /// In this process.
    Memory,
    /// In the PostgreSQL database of `feedback.database`, for all replicas.
    Database,
}

impl Setting for UsedTokens {
    fn read(value: &Value) -> Result<UsedTokens, String> {
        one_of(value, &[("memory", UsedTokens::Memory), ("database", UsedTokens::Database)])
    }
}

impl Auth {
    pub(super) fn read(layers: &mut Layers) -> Option<Auth> {
        let (discovery, leeway) = (layers.read("auth.discovery"), layers.read("auth.leeway"));
        let used_tokens = layers.read("auth.used_tokens");
        let mut time = |key| layers.read_if(key, |time: &Duration| positive(!time.is_zero()));
        let (longest_token_life, key_set_age) = (time("auth.longest_token_life"), time("auth.key_set_age"));
        let (key_set_pause, key_set_deadline) = (time("auth.key_set_pause"), time("auth.key_set_deadline"));
        let remembered_tokens = layers.read_if("auth.remembered_tokens", |most: &usize| positive(*most > 0));
        let key_set_bytes = layers.read_if("auth.key_set_bytes", |size: &Size| positive(size.0 > 0));
        Some(Auth {
            discovery: discovery?,
            leeway: leeway?,
            longest_token_life: longest_token_life?,
            used_tokens: used_tokens?,
            remembered_tokens: remembered_tokens?,
            key_set_age: key_set_age?,
            key_set_pause: key_set_pause?,
            key_set_deadline: key_set_deadline?,
            key_set_bytes: key_set_bytes?.0,
        })
    }

    /// Replicas share one kind of database only.
    pub(super) fn check(&self, layers: &mut Layers, feedback: &Feedback) {
        if self.used_tokens == UsedTokens::Database && !feedback.is_in_postgresql() {
            layers.problem_with(
                "auth.used_tokens",
                "is `database`, and `feedback.database` is no `postgres:` URL: used tokens are kept beside feedback",
            );
        }
    }
}
