//! What is made once at the start and serves every call.

use bytes::Bytes;
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::Clock;
use crate::config::Config;
use crate::fhir::{FetchPolicy, Fetcher};
use crate::knowledge::{Knowledge, Service};
use crate::pipeline::{self, CallError, Fetching, Setting};
use crate::report::Report;
use crate::wire::{Discovery, ServiceEntry};

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
    policy: FetchPolicy,
}

/// Why the parts do not go together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No valid package brings this about.
    #[error("writing the discovery document")]
    Discovery(#[from] serde_json::Error),
    /// Without root certificates no FHIR server can prove who it is.
    #[error("preparing connections to FHIR servers")]
    Fetcher(#[from] reqwest::Error),
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
        let policy = FetchPolicy::of(&config.fhir, config.sandbox.enabled);
        Ok(App { config, clock, knowledge, discovery, public_url, fetcher, policy })
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

    /// Answers one service call with the JSON of its response.
    ///
    /// # Errors
    /// Where the call has no cards to give.
    pub async fn answer(&self, service_id: &str, body: &[u8]) -> Result<Bytes, CallError> {
        let setting =
            Setting { knowledge: &self.knowledge, now: self.clock.now(), public_url: &self.public_url };
        let fetching = Fetching { fetcher: &self.fetcher, policy: &self.policy };
        let travel =
            pipeline::travel_fetching(&setting, fetching, service_id, body, |journey| journey.response);
        let response = travel.await?;
        Ok(Bytes::from(serde_json::to_vec(&response).map_err(CallError::Unwritable)?))
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
