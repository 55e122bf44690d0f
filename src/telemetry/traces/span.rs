//! The span of a call and those below it.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanKind, Status, TraceContextExt, TraceFlags, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use reqwest::header::HeaderValue;

use super::super::correlation::Correlation;
use crate::clock::Clock;

/// A span. That of a call ends when it is answered, others with their last clone.
#[derive(Debug, Clone)]
pub struct Span {
    tracer: SdkTracer,
    context: Context,
}

impl Span {
    pub(super) fn of_call(tracer: &SdkTracer, parent: &Context) -> Span {
        let span = tracer.span_builder("call").with_kind(SpanKind::Server).start_with_context(tracer, parent);
        Span { tracer: tracer.clone(), context: parent.with_span(span) }
    }

    /// Its trace, for log lines.
    #[must_use]
    pub fn trace_id(&self) -> String {
        self.context.span().span_context().trace_id().to_string()
    }

    /// Names the call by method and route, as soon as they are known.
    pub fn request(&self, method: &'static str, route: Option<&str>) {
        let span = self.context.span();
        span.update_name(route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")));
        span.set_attribute(KeyValue::new("http.request.method", method));
        if let Some(route) = route {
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
    }

    /// Notes the hook, which is one of ours.
    pub fn hook(&self, hook: &'static str) {
        self.context.span().set_attribute(KeyValue::new("gaitkeeper.hook", hook));
    }

    /// Notes how many cards are answered.
    pub fn cards(&self, cards: usize) {
        let cards = i64::try_from(cards).unwrap_or(i64::MAX);
        self.context.span().set_attribute(KeyValue::new("gaitkeeper.cards", cards));
    }

    /// The call ended, with what is known of it; without a status its client went away.
    pub fn answer(&self, status: Option<u16>, service: Option<&str>, client: Option<&str>) {
        let span = self.context.span();
        if let Some(service) = service {
            span.set_attribute(KeyValue::new("gaitkeeper.cds_service", service.to_owned()));
        }
        if let Some(client) = client {
            span.set_attribute(KeyValue::new("gaitkeeper.client", client.to_owned()));
        }
        let Some(status) = status else {
            span.set_attribute(KeyValue::new("error.type", "client-went-away"));
            return span.end();
        };
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        // By the conventions of OpenTelemetry a server is not at fault below 500.
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end();
    }

    fn below(&self, name: impl Into<Cow<'static, str>>, kind: SpanKind, since: Option<SystemTime>) -> Span {
        let mut builder = self.tracer.span_builder(name).with_kind(kind);
        builder.start_time = since;
        let span = builder.start_with_context(&self.tracer, &self.context);
        Span { tracer: self.tracer.clone(), context: self.context.with_span(span) }
    }
}

/// A part of a call that takes time, until it is dropped. Nothing where the call is not traced.
#[derive(Debug)]
pub struct Step(Option<Span>);

impl Step {
    /// Begins a part of the call on whose way this is asked.
    #[must_use]
    pub fn begin(name: &'static str) -> Step {
        let call = Correlation::current_span();
        Step(call.map(|call| call.below(name, SpanKind::Internal, None)))
    }

    /// Begins a request to a FHIR server. Of the URL only the host is taken.
    #[must_use]
    pub fn ask(&self, host: Option<&str>) -> Question {
        Question(self.0.as_ref().map(|step| {
            let span = step.below("GET", SpanKind::Client, None);
            let host = host.map(|host| KeyValue::new("server.address", host.to_owned()));
            let attributes = [KeyValue::new("http.request.method", "GET")].into_iter().chain(host);
            span.context.span().set_attributes(attributes);
            span
        }))
    }
}

/// One request to a FHIR server.
#[derive(Debug)]
pub struct Question(Option<Span>);

impl Question {
    /// `traceparent`, so that the server's own spans stand below ours. Nothing else of a trace is sent.
    #[must_use]
    pub fn traceparent(&self) -> Option<HeaderValue> {
        let span = self.0.as_ref()?.context.span();
        let (trace, id) = (span.span_context().trace_id(), span.span_context().span_id());
        let flags = span.span_context().trace_flags() & TraceFlags::SAMPLED;
        HeaderValue::try_from(format!("00-{trace}-{id}-{flags:02x}")).ok()
    }

    /// Notes how it ended: with a status, or with what came in its place.
    pub fn end(self, status: Option<u16>, outcome: impl FnOnce() -> String) {
        let Some(span) = &self.0 else { return };
        let span = span.context.span();
        if let Some(status) = status {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        }
        if status != Some(200) {
            span.set_attribute(KeyValue::new("error.type", outcome()));
            span.set_status(Status::error(""));
        }
    }
}

/// A part of the call ended that took so long.
pub fn stage_ended(name: &'static str, took: Duration) {
    if let Some(call) = Correlation::current_span() {
        let now = SystemTime::from(Clock::System.now());
        let stage = call.below(name, SpanKind::Internal, now.checked_sub(took));
        stage.context.span().end_with_timestamp(now);
    }
}
