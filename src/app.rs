//! What is made once at the start and serves every call.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::{RawValue, to_raw_value};

use crate::auth::{self, Auth, AuthError, Pass};
use crate::cards;
use crate::clock::Clock;
use crate::config::{Client, Config};
use crate::feedback::{Feedback, NotTaken, StoreError};
use crate::fhir::{FetchPolicy, Fetcher, KeyNames};
use crate::knowledge::{Knowledge, Service};
use crate::net;
use crate::pipeline::{self, CallError, Fetching, Setting};
use crate::report::Report;
use crate::telemetry::meters::Meters;
use crate::telemetry::traces::{Traces, TracesError};
use crate::wire::{Discovery, ServiceEntry};

/// Bytes that most answers have room in.
const ROOM: usize = 8 * 1024;

/// The parts of the service, put together.
#[derive(Debug)]
pub struct App {
    /// The settings.
    pub config: Config,
    /// Where the time comes from.
    pub clock: Clock,
    /// The clinical knowledge.
    pub knowledge: Knowledge,
    discovery: Bytes,
    public_url: String,
    fetcher: Fetcher,
    auth: Option<Auth>,
    /// How calls are treated where there are no clients.
    anyone: Treatment,
    /// How each client's calls are treated, in the order of the settings.
    clients: Vec<Treatment>,
    feedback: Arc<Feedback>,
    traces: Traces,
}

/// What differs from client to client once it was let in.
#[derive(Debug)]
struct Treatment {
    policy: FetchPolicy,
    names: KeyNames,
    meters: Meters,
    one_action: bool,
}

impl Treatment {
    fn of(client: &Client, config: &Config, meters: impl FnOnce(Option<&str>) -> Meters) -> Treatment {
        let names = KeyNames {
            aliases: client.prefetch_aliases.clone(),
            any_case: client.dialect.manner().any_case_of_keys,
        };
        let policy = FetchPolicy::of_client(&config.fhir, config.sandboxed(), client);
        let meters = meters(Some(&client.name));
        Treatment { policy, names, meters, one_action: client.dialect.manner().one_action }
    }
}

/// Why the parts do not go together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No valid package brings this about.
    #[error("writing the discovery document")]
    Discovery(#[from] serde_json::Error),
    /// Without root certificates no FHIR server can prove who it is.
    #[error("preparing connections to FHIR servers")]
    Fetcher(#[from] net::ClientError),
    /// The keys of clients cannot be used.
    #[error("preparing client authentication")]
    Auth(#[from] AuthError),
    /// Settings of clients name what the knowledge does not have.
    #[error("`[[clients]]` name what is not there: {}", .0.join(", "))]
    UnknownNames(Vec<String>),
    /// The setting names no database.
    #[error("reading `feedback.database`")]
    Feedback(#[from] StoreError),
    /// Traces cannot be sent as the settings say.
    #[error("preparing traces")]
    Traces(#[from] TracesError),
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// Where the discovery document cannot be written, or this machine has no root certificates.
    pub fn new(config: Config, clock: Clock, knowledge: Knowledge) -> Result<App, AppError> {
        let discovery = Bytes::from(serde_json::to_vec(&discovery(&knowledge)?)?);
        let public_url = config.server.public_url.trim_end_matches('/').to_owned();
        let fetcher = Fetcher::new(config.fhir.connect_timeout)?;
        let services: Vec<&str> = knowledge.services.iter().map(|service| service.id.as_str()).collect();
        let needs = knowledge.services.iter().flat_map(|service| &service.needs);
        let keys: Vec<&str> = needs.map(|need| need.key.as_str()).collect();
        let unknown = auth::unknown_names(&config.clients, &services, &keys);
        if !unknown.is_empty() {
            return Err(AppError::UnknownNames(unknown));
        }
        let meters =
            |client: Option<&str>| Meters::new(client, keys.iter().copied(), services.iter().copied());
        let policy = FetchPolicy::of(&config.fhir, config.sandboxed());
        let feedback = Feedback::new(&config.feedback, clock, cards::origins(&knowledge))?;
        Ok(App {
            feedback: Arc::new(feedback),
            traces: Traces::new(&config.telemetry)?,
            auth: Auth::new(&config)?,
            anyone: Treatment { policy, names: KeyNames::default(), meters: meters(None), one_action: false },
            clients: config.clients.iter().map(|client| Treatment::of(client, &config, meters)).collect(),
            config,
            clock,
            knowledge,
            discovery,
            public_url,
            fetcher,
        })
    }

    /// The discovery document, serialised once at the start.
    #[must_use]
    pub fn discovery(&self) -> Bytes {
        self.discovery.clone()
    }

    /// Is there a service with this id?
    #[must_use]
    pub fn service_exists(&self, id: &str) -> bool {
        self.knowledge.services.iter().any(|service| service.id == id)
    }

    /// What tells clients from strangers; none where there are no clients.
    #[must_use]
    pub fn auth(&self) -> Option<&Auth> {
        self.auth.as_ref()
    }

    /// What calls spent their time on.
    #[must_use]
    pub fn traces(&self) -> &Traces {
        &self.traces
    }

    /// What clinicians did with the cards.
    #[must_use]
    pub fn feedback(&self) -> &Arc<Feedback> {
        &self.feedback
    }

    /// Takes the feedback of a client on cards of a service.
    ///
    /// # Errors
    /// Where it is malformed or cannot be kept now.
    pub async fn take_feedback(
        &self,
        service_id: &str,
        client: Option<&str>,
        body: &[u8],
    ) -> Result<(), NotTaken> {
        self.feedback.take(service_id, client, body).await
    }

    /// Answers one service call with the JSON of its response.
    ///
    /// # Errors
    /// Where the call has no cards to give.
    pub async fn answer(
        &self,
        pass: Option<&Pass>,
        service_id: &str,
        body: &[u8],
    ) -> Result<Bytes, CallError> {
        let setting =
            Setting { knowledge: &self.knowledge, now: self.clock.now(), public_url: &self.public_url };
        let treatment = pass.and_then(|pass| self.clients.get(pass.place())).unwrap_or(&self.anyone);
        let Treatment { policy, names, meters, one_action } = treatment;
        let fetching = Fetching { fetcher: &self.fetcher, policy, names, meters, pass };
        let travel = pipeline::travel_fetching(&setting, fetching, service_id, body, |journey| {
            (journey.response, journey.origins)
        });
        let (mut response, origins) = travel.await?;
        if *one_action {
            cards::one_action_each(&mut response.cards);
        }
        let mut answer = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut answer, &response).map_err(CallError::Unwritable)?;
        let answer = Bytes::from(answer);
        self.feedback.count(pass.map(Pass::name), origins);
        Ok(answer)
    }
}

impl App {
    /// What every rule makes of one service call, and why, as JSON. Nothing is fetched for it.
    ///
    /// # Errors
    /// As for answering the call.
    pub fn explain(&self, service_id: &str, body: &[u8]) -> Result<Bytes, CallError> {
        let setting =
            Setting { knowledge: &self.knowledge, now: self.clock.now(), public_url: &self.public_url };
        let report = pipeline::travel(&setting, service_id, body, |journey| {
            Report::of(&self.knowledge, &journey, setting.now, &[])
        })?;
        Ok(Bytes::from(serde_json::to_vec(&report).map_err(CallError::Unwritable)?))
    }
}

/// What `GET /cds-services` answers.
///
/// # Errors
/// Where it cannot be written as JSON, which no valid package brings about.
pub fn discovery(knowledge: &Knowledge) -> Result<Discovery, serde_json::Error> {
    let review = &knowledge.package.review;
    let review =
        format!("Review of the knowledge: {} ({}, {}).", review.state.words(), review.date, review.by);
    let services = knowledge.services.iter().map(|service| entry(service, &review));
    let services: Result<_, serde_json::Error> = services.collect();
    Ok(Discovery { services: services? })
}

fn entry(service: &Service, review: &str) -> Result<ServiceEntry, serde_json::Error> {
    struct Templates<'a>(&'a Service);
    impl serde::Serialize for Templates<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.needs.iter().map(|need| (&need.key, &need.template)))
        }
    }
    let prefetch: Box<RawValue> = to_raw_value(&Templates(service))?;
    Ok(ServiceEntry {
        hook: service.hook.name().to_owned(),
        title: service.title.clone(),
        description: format!("{} {review}", service.description.trim()),
        id: service.id.clone(),
        prefetch: (!service.needs.is_empty()).then_some(prefetch),
        usage_requirements: service.usage_requirements.clone(),
    })
}
