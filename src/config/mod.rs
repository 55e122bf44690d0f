//! Settings: typed, one file per topic, checked together at the start.
//!
//! `config/default.toml` says which settings exist. A file, the environment and the command line are laid over it in
//! this order; everything that is wrong is reported at once, with the place where it was said.

mod auth;
mod client;
#[cfg(test)]
mod client_tests;
mod cors;
mod dialect;
mod error;
mod feedback;
mod fhir;
mod knowledge;
mod layers;
mod limits;
mod log;
mod sandbox;
mod server;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod url;
mod value;

pub use auth::{Auth, Discovery, UsedTokens};
pub use client::{Algorithm, Client, KeySource, Replay, TEST_ISSUER};
pub use cors::Cors;
pub use dialect::{Dialect, Manner};
pub use error::{ConfigError, Origin, Problem};
pub use feedback::Feedback;
pub use fhir::Fhir;
pub use knowledge::{Knowledge, MinimumReview};
pub use limits::Limits;
pub use log::{Format, Level, Log};
pub use sandbox::Sandbox;
pub use server::Server;
pub use telemetry::{Otlp, Place, Telemetry};
pub use tls::Tls;

use std::path::{Path, PathBuf};

use layers::Layers;
use value::Value;

/// Every setting with its comment, for people who write a file of their own.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Every setting of one `[[clients]]` table with its comment.
pub const CLIENT_DEFAULTS: &str = include_str!("../../config/client.toml");

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the service listens and how it stops.
    pub server: Server,
    /// TLS in the service itself, where it is there.
    pub tls: Option<Tls>,
    /// How much and how long a client may ask for.
    pub limits: Limits,
    /// How tokens of clients are checked.
    pub auth: Auth,
    /// Who may call; nobody outside this machine where there is none.
    pub clients: Vec<Client>,
    /// Which web pages may call the service.
    pub cors: Cors,
    /// Which FHIR servers are asked for what clients did not send, and how much of it.
    pub fhir: Fhir,
    /// Where the clinical knowledge is.
    pub knowledge: Knowledge,
    /// The sandbox page.
    pub sandbox: Sandbox,
    /// What clinicians did with the cards.
    pub feedback: Feedback,
    /// What is logged.
    pub log: Log,
    /// Where traces are sent.
    pub telemetry: Telemetry,
}

/// What the command line says; it wins over everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--listen ADDR`
    pub listen: Option<String>,
    /// `--knowledge DIR`
    pub knowledge: Option<PathBuf>,
    /// `--overlay DIR`
    pub overlay: Option<PathBuf>,
    /// `--sandbox`
    pub sandbox: bool,
}

impl Config {
    /// Lays `file`, `environment` and `overrides` over the defaults and checks the whole.
    ///
    /// # Errors
    /// Where the file cannot be read, or any setting is unknown, unreadable, or does not go with another.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Config, ConfigError> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?,
            None => String::new(),
        };
        Config::from_layers(file.map(|path| (path, text.as_str())), environment, overrides)
    }

    fn from_layers(
        file: Option<(&Path, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Config, ConfigError> {
        let mut layers = Layers::defaults(DEFAULTS);
        if let Some((path, text)) = file {
            layers.file(path, text);
        }
        layers.environment(environment);
        if let Some(listen) = &overrides.listen {
            layers.set("server.listen", Value::Text(listen.clone()), Origin::CommandLine);
        }
        if let Some(dir) = &overrides.knowledge {
            let dir = dir.to_string_lossy().into_owned();
            layers.set("knowledge.dir", Value::Text(dir), Origin::CommandLine);
        }
        if let Some(dir) = &overrides.overlay {
            let dir = dir.to_string_lossy().into_owned();
            layers.set("knowledge.overlay", Value::Text(dir), Origin::CommandLine);
        }
        if overrides.sandbox {
            layers.set("sandbox.enabled", Value::Flag(true), Origin::CommandLine);
        }
        let config = Config::read(&mut layers);
        match (config, layers.into_problems()) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(ConfigError::Invalid(problems)),
        }
    }

    /// Is this a sandbox that nobody outside this machine reaches? Then any FHIR server may be asked.
    #[must_use]
    pub fn sandboxed(&self) -> bool {
        self.sandbox.enabled && self.server.listen.ip().is_loopback()
    }

    /// Reads every section before giving up on any, so that all problems are found.
    fn read(layers: &mut Layers) -> Option<Config> {
        let tls = Tls::read(layers);
        let server = Server::read(layers, tls.as_ref().is_some_and(Option::is_some));
        let limits = Limits::read(layers);
        let cors = Cors::read(layers);
        let knowledge = Knowledge::read(layers);
        let sandbox = Sandbox::read(layers);
        let fhir = Fhir::read(layers, sandbox.as_ref().is_some_and(|sandbox| sandbox.enabled));
        let feedback = Feedback::read(layers);
        let log = Log::read(layers);
        let telemetry = Telemetry::read(layers);
        let auth = Auth::read(layers);
        let clients = client::read(layers, sandbox.as_ref(), limits.as_ref());
        let (server, sandbox) = (server?, sandbox?);
        let tls = tls?;
        closed_by_default(layers, &server, &sandbox, tls.is_some());
        let (limits, fhir) = (limits?, fhir?);
        fhir.check(layers, &limits);
        let (auth, feedback) = (auth?, feedback?);
        auth.check(layers, &feedback);
        Some(Config {
            server,
            tls,
            limits,
            auth,
            clients: clients?,
            cors: cors?,
            fhir,
            knowledge: knowledge?,
            sandbox,
            feedback,
            log: log?,
            telemetry: telemetry?,
        })
    }
}

/// Nobody outside this machine is answered unless we know who they are and nobody on the way reads it.
fn closed_by_default(layers: &mut Layers, server: &Server, sandbox: &Sandbox, tls: bool) {
    let listen = server.listen;
    if listen.ip().is_loopback() {
        return;
    }
    if layers.clients().is_empty() && !sandbox.allow_public {
        layers.problem_with(
            "server.listen",
            &format!(
                "is {listen}: without client authentication only the loopback is served; configure `[[clients]]`, or \
                 listen on 127.0.0.1:{} and let a proxy that authenticates clients reach it there",
                listen.port()
            ),
        );
    } else if !tls && server.trusted_proxies.is_empty() {
        // Charts and tokens cross no network in the clear.
        layers.problem_with(
            "server.listen",
            &format!(
                "is {listen}, where calls would come without TLS; configure `tls.certificate`, or \
                 `server.trusted_proxies` where a proxy has it"
            ),
        );
    }
    if sandbox.enabled && !sandbox.allow_public {
        layers.problem_with(
            "sandbox.enabled",
            &format!("is true and `server.listen` is {listen}: the sandbox is served on the loopback only"),
        );
    }
}

/// The variables of this process that may be settings, for [`Config::load`].
pub fn environment() -> impl Iterator<Item = (String, String)> {
    // Not `vars`, which panics when any variable at all is not Unicode.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
}
