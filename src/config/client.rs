//! Who may call, with which keys, and what for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;
use url::Url;

use super::dialect::Dialect;
use super::fhir::base_list;
use super::layers::Layers;
use super::limits::{Limits, positive};
use super::sandbox::Sandbox;
use super::value::{Setting, Value, one_of};

/// `iss` of what `gaitkeeper token` mints. `.invalid` belongs to nobody, and only a client of the dialect `sandbox`
/// may have it, so that no such token is ever good for a service that is not a sandbox.
pub const TEST_ISSUER: &str = "https://gaitkeeper.invalid/test-client";

/// One `[[clients]]` table.
#[derive(Debug, Clone)]
pub struct Client {
    /// What the logs call it.
    pub name: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// What kind of client it is.
    pub dialect: Dialect,
    /// Where its public keys are.
    pub keys: KeySource,
    /// What it may sign with.
    pub algorithms: Vec<Algorithm>,
    /// What `aud` may be beside the URL that is called.
    pub audiences: Vec<String>,
    /// What `tenant` may be; empty: it is not looked at.
    pub tenants: Vec<String>,
    /// The services that it may call; empty: all.
    pub services: Vec<String>,
    /// How often a token may be used.
    pub replay: Replay,
    /// FHIR servers that may be asked where their addresses are public.
    pub fhir_bases: Vec<Url>,
    /// FHIR servers that may be asked whatever their addresses are.
    pub fhir_private_bases: Vec<Url>,
    /// All that one call fetches, where it is not as long as for others.
    pub fhir_deadline: Option<Duration>,
    /// Our prefetch key for each of its own names.
    pub prefetch_aliases: BTreeMap<String, String>,
    /// Calls that are answered at the same time.
    pub concurrent_calls: usize,
    /// Calls in a second.
    pub calls_per_second: u32,
}

/// Where the public keys of a client are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The text of a JWK Set.
    Inline(String),
    /// A file with one.
    File(PathBuf),
    /// URLs of JWK Sets, the first for tokens without `jku`.
    Urls {
        /// The URLs.
        urls: Vec<Url>,
        /// May their hosts have private addresses?
        private: bool,
    },
}

/// What tokens may be signed with. Shared secrets are not in it, and neither is `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// RSA PKCS #1 v1.5 with SHA-384.
    Rs384,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// Every algorithm, the recommended ones first.
    pub const ALL: [Algorithm; 4] = [Algorithm::Es384, Algorithm::Rs384, Algorithm::Es256, Algorithm::Rs256];

    /// The name in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Es384 => "ES384",
            Algorithm::Rs384 => "RS384",
            Algorithm::Es256 => "ES256",
            Algorithm::Rs256 => "RS256",
        }
    }
}

/// How often a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Once.
    Strict,
    /// Once for each `hookInstance`.
    PerHookInstance,
    /// Until it expires.
    Off,
}

/// A replay that may be left to the dialect.
struct Chosen(Option<Replay>);

impl Setting for Chosen {
    fn read(value: &Value) -> Result<Chosen, String> {
        one_of(
            value,
            &[
                ("", None),
                ("strict", Some(Replay::Strict)),
                ("per-hook-instance", Some(Replay::PerHookInstance)),
                ("off", Some(Replay::Off)),
            ],
        )
        .map(Chosen)
        .map_err(|problem| problem.replace("``, ", ""))
    }
}

/// Reads all clients before giving up on any, so that all problems are found.
pub(super) fn read(
    layers: &mut Layers,
    sandbox: Option<&Sandbox>,
    limits: Option<&Limits>,
) -> Option<Vec<Client>> {
    let sandbox = sandbox.is_some_and(|sandbox| sandbox.enabled);
    let read: Vec<Option<Client>> = layers
        .clients()
        .iter()
        .map(|prefix| {
            let mut table = Table { prefix, layers };
            let client = table.client(sandbox)?;
            table.check(&client, sandbox, limits);
            Some(client)
        })
        .collect();
    apart(layers, &read);
    read.into_iter().collect()
}

/// The settings of one client.
struct Table<'a> {
    prefix: &'a str,
    layers: &'a mut Layers,
}

impl Table<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    fn read<T: Setting>(&mut self, name: &str) -> Option<T> {
        self.layers.read(&self.key(name))
    }

    fn read_if<T: Setting>(
        &mut self,
        name: &str,
        accept: impl FnOnce(&T) -> Result<(), String>,
    ) -> Option<T> {
        self.layers.read_if(&self.key(name), accept)
    }

    fn problem(&mut self, name: &str, problem: &str) {
        self.layers.problem_with(&self.key(name), problem);
    }

    fn client(&mut self, sandbox: bool) -> Option<Client> {
        let name = self.read_if("name", |name: &String| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let well = !name.is_empty() && name.chars().all(plain);
            if well { Ok(()) } else { Err("expects a name of letters, digits, `-` and `_`".to_owned()) }
        });
        let issuer = self.read_if("issuer", |issuer: &String| {
            if issuer.is_empty() { Err("is missing: `iss` of the tokens".to_owned()) } else { Ok(()) }
        });
        let dialect: Option<Dialect> = self.read("dialect");
        let keys = self.keys(dialect == Some(Dialect::Sandbox));
        let algorithms = self.algorithms();
        let (audiences, tenants, services) =
            (self.read("audiences"), self.read("tenants"), self.read("services"));
        let replay: Option<Chosen> = self.read("replay");
        let fhir_bases = base_list(self.layers, &self.key("fhir_bases"), sandbox);
        let fhir_private_bases = base_list(self.layers, &self.key("fhir_private_bases"), sandbox);
        let fhir_deadline = self.read_if("fhir_deadline", |deadline: &Option<Duration>| {
            positive(deadline.is_none_or(|deadline| !deadline.is_zero()))
        });
        let prefetch_aliases = self.read("prefetch_aliases");
        let mut most = |name| self.read_if(name, |most: &usize| positive(*most > 0));
        let (concurrent_calls, calls_per_second) = (most("concurrent_calls"), most("calls_per_second"));
        let dialect = dialect?;
        Some(Client {
            name: name?,
            issuer: issuer?,
            dialect,
            keys: keys?,
            algorithms: algorithms?,
            audiences: audiences?,
            tenants: tenants?,
            services: services?,
            replay: replay?.0.unwrap_or(dialect.manner().replay),
            fhir_bases: fhir_bases?,
            fhir_private_bases: fhir_private_bases?,
            fhir_deadline: fhir_deadline?,
            prefetch_aliases: prefetch_aliases?,
            concurrent_calls: concurrent_calls?,
            calls_per_second: u32::try_from(calls_per_second?).unwrap_or(u32::MAX),
        })
    }

    fn keys(&mut self, sandbox: bool) -> Option<KeySource> {
        let inline = self.read_if(
            "key_set",
            |text: &String| {
                if text.is_empty() { Ok(()) } else { check_key_set(text) }
            },
        );
        let file = self.read_if("key_set_file", |path: &String| {
            if path.is_empty() {
                return Ok(());
            }
            match std::fs::read_to_string(path) {
                Ok(text) => check_key_set(&text),
                Err(error) => Err(format!("cannot be read: {error}")),
            }
        });
        let mut urls = Vec::new();
        let listed = self.read_if("key_set_urls", |texts: &Vec<String>| {
            for text in texts {
                urls.push(key_set_url(text, sandbox)?);
            }
            Ok(())
        });
        let private: Option<bool> = self.read("private_key_sets");
        let (inline, file, _, private) = (inline?, file?, listed?, private?);
        match (inline.is_empty(), file.is_empty(), urls.is_empty()) {
            (false, true, true) => Some(KeySource::Inline(inline)),
            (true, false, true) => Some(KeySource::File(PathBuf::from(file))),
            (true, true, false) => Some(KeySource::Urls { urls, private }),
            _ => {
                self.problem(
                    "key_set",
                    "is one of three ways, and exactly one is needed: `key_set`, `key_set_file`, `key_set_urls`",
                );
                None
            }
        }
    }

    fn algorithms(&mut self) -> Option<Vec<Algorithm>> {
        let mut algorithms = Vec::new();
        self.read_if("algorithms", |names: &Vec<String>| {
            for name in names {
                let known = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name);
                algorithms.push(known.ok_or_else(|| {
                    format!("expects some of `ES384`, `RS384`, `ES256` and `RS256`, not `{name}`")
                })?);
            }
            if algorithms.is_empty() { Err("expects at least one algorithm".to_owned()) } else { Ok(()) }
        })?;
        Some(algorithms)
    }

    /// What does not go together.
    fn check(&mut self, client: &Client, sandbox: bool, limits: Option<&Limits>) {
        let manner = client.dialect.manner();
        if manner.sandbox_only && !sandbox {
            self.problem("dialect", &format!("is {}, which needs `sandbox.enabled`", manner.name));
        }
        if client.issuer == TEST_ISSUER && !manner.sandbox_only {
            self.problem("issuer", "is that of `gaitkeeper token`, which needs the dialect `sandbox`");
        }
        if manner.tenants_needed && client.tenants.is_empty() {
            let problem = format!("must not be empty for the dialect {}: many share one issuer", manner.name);
            self.problem("tenants", &problem);
        }
        if limits.zip(client.fhir_deadline).is_some_and(|(limits, time)| time >= limits.request_deadline) {
            self.problem("fhir_deadline", "must be shorter than `limits.request_deadline`");
        }
    }
}

/// Nobody must be able to tell two clients apart by nothing.
fn apart(layers: &mut Layers, clients: &[Option<Client>]) {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut issued: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let mut issuers: BTreeMap<&str, bool> = BTreeMap::new();
    let numbered =
        || clients.iter().enumerate().filter_map(|(number, client)| Some((number, client.as_ref()?)));
    for (number, client) in numbered() {
        match names.entry(&client.name) {
            Entry::Vacant(entry) => drop(entry.insert(number)),
            Entry::Occupied(first) => {
                let problem = format!("is also the name of `clients[{}]`", first.get());
                layers.problem_with(&format!("clients[{number}].name"), &problem);
            }
        }
        let open = client.tenants.is_empty();
        let tenants = client.tenants.iter().map(|tenant| Some(tenant.as_str())).chain(open.then_some(None));
        for tenant in tenants {
            let other = issued.insert((&client.issuer, tenant), number);
            let shared = issuers.get(client.issuer.as_str()).is_some_and(|other_open| open || *other_open);
            if shared || other.is_some_and(|other| other != number) {
                let problem = "is that of another client; each of them needs `tenants` of its own";
                layers.problem_with(&format!("clients[{number}].issuer"), problem);
                break;
            }
        }
        issuers.insert(&client.issuer, open);
    }
}

/// A JWK Set as far as settings know one: keys, and none of them private or shared.
fn check_key_set(text: &str) -> Result<(), String> {
    let set: Json = serde_json::from_str(text).map_err(|error| {
        format!("is not a JWK Set: not JSON (line {}, column {})", error.line(), error.column())
    })?;
    let keys = set.get("keys").and_then(Json::as_array).filter(|keys| !keys.is_empty());
    let keys = keys.ok_or("is not a JWK Set: `keys` is not a list with keys")?;
    if keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
        return Err("holds a private or a shared key; only public keys belong here".to_owned());
    }
    Ok(())
}

fn key_set_url(text: &str, sandbox: bool) -> Result<Url, String> {
    let Ok(url) = Url::parse(text.trim()) else {
        return Err(format!("expects URLs such as `https://ehr.example.org/jwks.json`, not `{text}`"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a URL with a user or a password".to_owned());
    }
    let plain = sandbox && url.scheme() == "http";
    if (url.scheme() != "https" && !plain) || url.host().is_none() || url.fragment().is_some() {
        return Err(format!("expects `https` URLs, not `{text}`"));
    }
    Ok(url)
}
