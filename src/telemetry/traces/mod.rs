//! Traces: what a call spent its time on, for a receiver of OpenTelemetry. Nothing of a patient, a user, a token or a
//! URL is in them.
//!
//! Where no receiver is configured, there is no span, and a call asks one thing more: whether there is.

mod export;
mod span;

pub use export::TracesError;
pub use span::{Question, Span, Step, stage_ended};

use std::sync::Arc;

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, SpanLimits};
use reqwest::header::HeaderMap;
use uuid::Uuid;

use self::export::{Outbox, Sender};
use crate::config::Telemetry;

/// Each attribute of a span with what it holds. Tests hold the spans to it.
pub const VOCABULARY: [(&str, &str); 9] = [
    ("http.request.method", "method of the request; `other` where HTTP does not define it"),
    ("http.route", "template of the route"),
    ("http.response.status_code", "status of the answer"),
    ("error.type", "status that is an error, or what came in its place"),
    ("server.address", "host of the FHIR server that was asked"),
    ("gaitkeeper.cds_service", "id of the CDS service, where it is one of ours"),
    ("gaitkeeper.hook", "hook of the call"),
    ("gaitkeeper.client", "name of the client in the settings, once its token was found good"),
    ("gaitkeeper.cards", "how many cards were answered"),
];

/// Makes spans and sends them.
#[derive(Debug)]
pub struct Traces(Option<Running>);

#[derive(Debug)]
struct Running {
    tracer: SdkTracer,
    /// Kept, because spans end nowhere without it.
    _provider: SdkTracerProvider,
    outbox: Arc<Outbox>,
}

impl Traces {
    /// None are made.
    #[must_use]
    pub const fn off() -> Traces {
        Traces(None)
    }

    /// Prepares what the settings say; nothing is sent before [`Traces::begin_sending`].
    ///
    /// # Errors
    /// Where the file with headers cannot be read, or this machine has no root certificates.
    pub fn new(settings: &Telemetry) -> Result<Traces, TracesError> {
        let Some(otlp) = &settings.otlp else { return Ok(Traces::off()) };
        // Our own words alone: neither variables nor the name of the machine.
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", "gaitkeeper"),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
            ])
            .build();
        let outbox = Arc::new(Outbox::new(Sender::new(otlp, &resource)?));
        let of_hundred = f64::from(settings.sampled_percent) / 100.0;
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(of_hundred))))
            .with_span_limits(SpanLimits::default())
            .with_resource(resource)
            .with_span_processor(export::Post(Arc::clone(&outbox)))
            .build();
        let tracer = provider.tracer("gaitkeeper");
        Ok(Traces(Some(Running { tracer, _provider: provider, outbox })))
    }

    /// The span of a call, in the trace of who called where that is told in `traceparent`. What else is told there is not
    /// read: `tracestate` and `baggage` are texts of others.
    #[must_use]
    pub fn call(&self, headers: &HeaderMap) -> Option<Span> {
        let running = self.0.as_ref()?;
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Parent(headers));
        Some(Span::of_call(&running.tracer, &parent))
    }

    /// Sends from now on, beside everything else.
    pub fn begin_sending(&self) {
        if let Some(running) = &self.0 {
            running.outbox.begin();
        }
    }

    /// Sends what is left, for a bounded time, and no more after that.
    pub async fn finish_sending(&self) {
        if let Some(running) = &self.0 {
            running.outbox.finish().await;
        }
    }
}

/// The one header that is read.
struct Parent<'a>(&'a HeaderMap);

const TRACEPARENT: &str = "traceparent";

/// Has it a version, a trace, a parent and flags, each as long as it must be? The propagator also takes shorter ones.
fn has_shape(traceparent: &str) -> bool {
    let mut parts = traceparent.split('-');
    let mut is_hex = |length: usize| {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        parts.next().is_some_and(|part| part.len() == length && part.bytes().all(digit))
    };
    is_hex(2)
        && is_hex(32)
        && is_hex(16)
        && is_hex(2)
        && (parts.next().is_none() || !traceparent.starts_with("00"))
}

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let mut sent = self.0.get_all(TRACEPARENT).iter();
        // Sent twice, it is nobody's.
        let (only, None) = (sent.next(), sent.next()) else { return None };
        only.filter(|_| key == TRACEPARENT)?.to_str().ok().filter(|text| has_shape(text))
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
