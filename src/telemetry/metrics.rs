//! Metrics for Prometheus. Every label has few values: names of our own, of the settings, or of HTTP; nothing of a patient.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

/// Each metric with its labels and what it says. Tests hold `/metrics`, the dashboard and the alerts to it.
pub const VOCABULARY: [(&str, &[&str], &str); 17] = [
    ("gaitkeeper_info", &["version", "package", "package_version", "review"], "what is in force; always 1"),
    (
        "gaitkeeper_requests_total",
        &["method", "route", "status"],
        "answers; status `none`: the client went away",
    ),
    ("gaitkeeper_requests_in_flight", &[], "requests that are being answered"),
    (
        "gaitkeeper_call_duration_seconds",
        &["cds_service"],
        "from the headers of a service call to its answer",
    ),
    ("gaitkeeper_stage_duration_seconds", &["cds_service", "stage"], "stages of a service call"),
    ("gaitkeeper_cards_total", &["rule", "indicator"], "cards, by `source.topic.code`"),
    (
        "gaitkeeper_needs_total",
        &["client", "key", "supply"],
        "prefetch keys of calls: sent, fetched or missing",
    ),
    ("gaitkeeper_gaps_total", &["key", "lack"], "prefetch keys that did not come in full, and why"),
    ("gaitkeeper_unusable_total", &["reason"], "what is in charts and could not be used"),
    ("gaitkeeper_auth_refusals_total", &["reason"], "tokens that were refused"),
    (
        "gaitkeeper_fhir_requests_total",
        &["outcome"],
        "requests to FHIR servers: status, or what came in its place",
    ),
    ("gaitkeeper_fhir_duration_seconds", &[], "requests to FHIR servers"),
    (
        "gaitkeeper_feedback_total",
        &["card", "outcome"],
        "items of feedback that were acknowledged, repeats included; reasons are in the report",
    ),
    (
        "gaitkeeper_spans_total",
        &["outcome"],
        "spans of traces: sent; failed: the receiver did not take them; dropped: it was too slow",
    ),
    ("gaitkeeper_panics_total", &[], "panics"),
    (
        "gaitkeeper_tls_certificate_expiry_timestamp_seconds",
        &[],
        "when the first certificate of the chain in use ends, in Unix time; absent without TLS",
    ),
    ("gaitkeeper_stopping", &[], "1 once the service was asked to stop"),
];

/// Seconds. Calls take about a millisecond without fetching and up to the deadline with it.
const BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How often what was measured is put into buckets, also where nobody asks for it: else it would pile up.
pub const UPKEEP: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Where metrics go, not installed yet.
///
/// # Errors
/// Never with our buckets.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let seconds = Matcher::Suffix("_duration_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS)?.build_recorder())
}

/// Metrics could not be started.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// No valid table of ours brings this about.
    #[error("preparing metrics")]
    Buckets(#[from] BuildError),
    /// They were started before.
    #[error("metrics were started before")]
    Twice,
}

/// Starts measuring for this process, once.
///
/// # Errors
/// Where it was started before.
pub fn init() -> Result<(), MetricsError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Twice)?;
    describe();
    HANDLE.set(handle).map_err(|_| MetricsError::Twice)
}

/// The metrics as Prometheus reads them; nothing where measuring was not started.
#[must_use]
pub fn render() -> String {
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Puts what was measured into its buckets.
pub fn keep_up() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}

fn describe() {
    for (name, _, help) in VOCABULARY {
        match name {
            _ if name.ends_with("_total") => metrics::describe_counter!(name, help),
            _ if name.ends_with("_duration_seconds") => {
                metrics::describe_histogram!(name, metrics::Unit::Seconds, help)
            }
            _ => metrics::describe_gauge!(name, help),
        }
    }
    // There from the start, so that the first one is an increase.
    metrics::counter!("gaitkeeper_panics_total").absolute(0);
    metrics::gauge!("gaitkeeper_stopping").set(0.0);
}

/// What is in force.
pub fn in_force(package: &str, package_version: &str, review: &str) {
    metrics::gauge!(
        "gaitkeeper_info",
        "version" => env!("CARGO_PKG_VERSION"),
        "package" => package.to_owned(),
        "package_version" => package_version.to_owned(),
        "review" => review.to_owned(),
    )
    .set(1.0);
}

/// Certificates are in use that end then, in Unix time.
pub fn certificates_end(at: Duration) {
    metrics::gauge!("gaitkeeper_tls_certificate_expiry_timestamp_seconds").set(at.as_secs_f64());
}

/// The service was asked to stop.
pub fn stopping() {
    metrics::gauge!("gaitkeeper_stopping").set(1.0);
}

/// A request came in.
pub fn request_begun() {
    metrics::gauge!("gaitkeeper_requests_in_flight").increment(1.0);
}

/// A request was answered, or its client went away. `service` is one of ours.
pub fn request_ended(
    method: &'static str,
    route: Option<&str>,
    status: Option<u16>,
    service: Option<&str>,
    took: Duration,
) {
    metrics::gauge!("gaitkeeper_requests_in_flight").decrement(1.0);
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let route = route.unwrap_or("none").to_owned();
    metrics::counter!("gaitkeeper_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
    if let Some(service) = service {
        metrics::histogram!("gaitkeeper_call_duration_seconds", "cds_service" => service.to_owned())
            .record(took);
    }
}

/// A token was refused.
pub fn auth_refused(reason: &'static str) {
    metrics::counter!("gaitkeeper_auth_refusals_total", "reason" => reason).increment(1);
}

/// A FHIR server was asked.
pub fn fhir_request(outcome: String, took: Duration) {
    metrics::counter!("gaitkeeper_fhir_requests_total", "outcome" => outcome).increment(1);
    metrics::histogram!("gaitkeeper_fhir_duration_seconds").record(took);
}

/// An item of feedback was acknowledged.
pub fn feedback(card: &str, outcome: &'static str) {
    metrics::counter!("gaitkeeper_feedback_total", "card" => card.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Spans were sent, or were not.
pub fn spans(outcome: &'static str, spans: usize) {
    let spans = u64::try_from(spans).unwrap_or(u64::MAX);
    metrics::counter!("gaitkeeper_spans_total", "outcome" => outcome).increment(spans);
}

/// Something panicked.
pub fn panicked() {
    metrics::counter!("gaitkeeper_panics_total").increment(1);
}
