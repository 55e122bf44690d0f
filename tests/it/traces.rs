//! Traces, as a receiver of OpenTelemetry gets them.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use gaitkeeper::app::App;
use gaitkeeper::clock::Clock;
use gaitkeeper::config::{Config, Overrides};
use gaitkeeper::http;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::telemetry::traces::VOCABULARY;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use serde_json::{Value, json};
use time::macros::datetime;
use tower::ServiceExt;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const VIEW: &str = "leg-pain-patient-view";
/// Of whoever calls.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
/// Stands for what must be seen nowhere.
const SECRET: &str = "geheim-4711";

/// A receiver of its own on the loopback.
pub(crate) struct Receiver(MockServer);

impl Receiver {
    pub(crate) async fn start() -> Receiver {
        let server = MockServer::start().await;
        let taken = ResponseTemplate::new(200);
        Mock::given(method("POST")).and(path("/v1/traces")).respond_with(taken).mount(&server).await;
        Receiver(server)
    }

    /// What the setting is to be.
    pub(crate) fn base(&self) -> String {
        self.0.uri()
    }

    async fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        let received = self.0.received_requests().await.unwrap();
        received.iter().map(|request| ExportTraceServiceRequest::decode(&*request.body).unwrap()).collect()
    }

    pub(crate) async fn spans(&self) -> Vec<Span> {
        let resources = self.requests().await.into_iter().flat_map(|request| request.resource_spans);
        resources.flat_map(|spans| spans.scope_spans).flat_map(|spans| spans.spans).collect()
    }

    /// All that came, with its names and values, to be searched.
    pub(crate) async fn everything(&self) -> String {
        let ids = |span: &Span| format!("{} {}\n", hex(&span.trace_id), hex(&span.span_id));
        let ids: String = self.spans().await.iter().map(ids).collect();
        format!("{:?}{ids}", self.requests().await)
    }
}

fn app(settings: &[(&str, &str)]) -> Arc<App> {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::load(None, settings, &Overrides { sandbox: true, ..Overrides::default() }).unwrap();
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    Arc::new(App::new(config, Clock::Fixed(datetime!(2026-03-01 09:00 UTC)), knowledge).unwrap())
}

/// A call for which everything has to be fetched from `server`.
fn body(server: &str) -> Value {
    let path = format!("fixtures/hooks/{VIEW}/claudication-untreated/request.json");
    let mut call: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    call["prefetch"].as_object_mut().unwrap().remove("conditions");
    call["fhirServer"] = json!(server);
    call["fhirAuthorization"] = json!({
        "access_token": SECRET, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "s",
    });
    call
}

async fn call(app: &Arc<App>, body: &Value, headers: &[(&str, &str)]) -> u16 {
    let mut request = Request::post(format!("/cds-services/{VIEW}?{SECRET}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/json").body(Body::from(body.to_string()));
    let router = http::router(Arc::clone(app)).unwrap();
    router.oneshot(request.unwrap()).await.unwrap().status().as_u16()
}

async fn fhir_server() -> MockServer {
    let server = MockServer::start().await;
    let empty = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [] });
    let answer = ResponseTemplate::new(200).set_body_raw(empty.to_string(), "application/fhir+json");
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let text = |value: &Attribute| match value {
        Attribute::StringValue(text) => text.clone(),
        Attribute::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pairs = span.attributes.iter();
    pairs
        .map(|pair| (pair.key.as_str(), text(pair.value.as_ref().unwrap().value.as_ref().unwrap())))
        .collect()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn a_call_continues_the_trace_of_its_client_and_the_fhir_server_can_continue_ours() {
    let receiver = Receiver::start().await;
    let base = receiver.base();
    let fhir = fhir_server().await;
    let app = app(&[("GAITKEEPER__TELEMETRY__OTLP_ENDPOINT", &base)]);
    app.traces().begin_sending();
    let sent = format!("00-{TRACE}-{CALLER}-01");
    let baggage = format!("patient={SECRET}");
    let state = format!("vendor={SECRET}");
    let headers = [("traceparent", sent.as_str()), ("tracestate", &state), ("baggage", &baggage)];
    assert_eq!(call(&app, &body(&format!("{}/r4", fhir.uri())), &headers).await, 200);
    app.traces().finish_sending().await;

    let spans = receiver.spans().await;
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");
    let root = named(&spans, "POST /cds-services/{id}");
    assert_eq!(hex(&root.parent_span_id), CALLER);
    assert_eq!(root.kind, SpanKind::Server as i32);
    let told = attributes(root);
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/cds-services/{id}"),
        ("http.response.status_code", "200"),
        ("gaitkeeper.cds_service", VIEW),
        ("gaitkeeper.hook", "patient-view"),
    ] {
        assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(told.contains_key("gaitkeeper.cards"), "{told:?}");
    for stage in ["decode", "fetch", "read", "evaluate", "render"] {
        let stage = named(&spans, stage);
        assert_eq!(stage.parent_span_id, root.span_id, "{}", stage.name);
        assert!(stage.start_time_unix_nano <= stage.end_time_unix_nano, "{}", stage.name);
        assert!(stage.end_time_unix_nano <= root.end_time_unix_nano, "{}", stage.name);
    }

    // Each request to the FHIR server names the span that it is.
    let fetch = named(&spans, "fetch");
    let asked = fhir.received_requests().await.unwrap();
    let mut ours: Vec<String> = Vec::new();
    for span in spans.iter().filter(|span| span.kind == SpanKind::Client as i32) {
        assert_eq!((span.name.as_str(), &span.parent_span_id), ("GET", &fetch.span_id));
        let told = attributes(span);
        assert_eq!(told["server.address"], "127.0.0.1");
        assert_eq!(told["http.response.status_code"], "200");
        ours.push(format!("00-{TRACE}-{}-01", hex(&span.span_id)));
    }
    let mut theirs: Vec<String> =
        asked.iter().map(|request| request.headers["traceparent"].to_str().unwrap().to_owned()).collect();
    ours.sort();
    theirs.sort();
    assert!(!ours.is_empty());
    assert_eq!(ours, theirs);
    for request in &asked {
        assert!(!request.headers.contains_key("baggage") && !request.headers.contains_key("tracestate"));
    }

    let everything = receiver.everything().await;
    assert!(!everything.contains(SECRET) && !everything.contains("Testpatient"), "{everything}");
    for span in &spans {
        for name in attributes(span).keys() {
            assert!(VOCABULARY.iter().any(|(known, _)| known == name), "{name}");
        }
        assert!(span.events.is_empty() && span.links.is_empty() && span.trace_state.is_empty());
    }
}

#[tokio::test]
async fn a_malformed_traceparent_begins_a_new_trace() {
    let receiver = Receiver::start().await;
    let base = receiver.base();
    let app = app(&[("GAITKEEPER__TELEMETRY__OTLP_ENDPOINT", &base)]);
    app.traces().begin_sending();
    let malformed = [
        String::new(),
        SECRET.to_owned(),
        format!("00-{TRACE}-{CALLER}"),
        format!("ff-{TRACE}-{CALLER}-01"),
        format!("00-{}-{CALLER}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{}-{CALLER}-01", TRACE.to_uppercase()),
        format!("00-{}-{CALLER}-01", &TRACE[1..]),
        format!("00-+{}-{CALLER}-01", &TRACE[1..]),
        format!("00-{TRACE}-{CALLER}-1"),
        format!("00-{TRACE}-{CALLER}-01-more"),
    ];
    for sent in &malformed {
        assert_eq!(call(&app, &json!({}), &[("traceparent", sent)]).await, 400);
    }
    let twice = format!("00-{TRACE}-{CALLER}-01");
    assert_eq!(call(&app, &json!({}), &[("traceparent", &twice), ("traceparent", &twice)]).await, 400);
    app.traces().finish_sending().await;
    let spans = receiver.spans().await;
    let roots: Vec<&Span> = spans.iter().filter(|span| span.kind == SpanKind::Server as i32).collect();
    assert_eq!(roots.len(), malformed.len() + 1);
    for root in roots {
        assert!(root.parent_span_id.is_empty() && hex(&root.trace_id) != TRACE, "{root:?}");
    }
}

#[tokio::test]
async fn who_calls_may_say_that_a_call_is_not_traced() {
    let receiver = Receiver::start().await;
    let base = receiver.base();
    let fhir = fhir_server().await;
    let app = app(&[("GAITKEEPER__TELEMETRY__OTLP_ENDPOINT", &base)]);
    app.traces().begin_sending();
    let sent = format!("00-{TRACE}-{CALLER}-00");
    assert_eq!(call(&app, &body(&format!("{}/r4", fhir.uri())), &[("traceparent", &sent)]).await, 200);
    app.traces().finish_sending().await;
    assert!(receiver.spans().await.is_empty());
    // The trace goes on, as one that nobody records.
    let asked = fhir.received_requests().await.unwrap();
    let told = asked[0].headers["traceparent"].to_str().unwrap();
    assert!(told.starts_with(&format!("00-{TRACE}-")) && told.ends_with("-00"), "{told}");
}

#[tokio::test]
async fn without_a_receiver_nothing_is_traced() {
    let fhir = fhir_server().await;
    let app = app(&[]);
    app.traces().begin_sending();
    let sent = format!("00-{TRACE}-{CALLER}-01");
    assert_eq!(call(&app, &body(&format!("{}/r4", fhir.uri())), &[("traceparent", &sent)]).await, 200);
    app.traces().finish_sending().await;
    for request in fhir.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("traceparent"));
    }
}

#[tokio::test]
async fn headers_of_a_file_reach_the_receiver() {
    let receiver = Receiver::start().await;
    let base = receiver.base();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("otlp-{}", std::process::id()));
    fs::write(&path, format!("Authorization: Bearer {SECRET}\n")).unwrap();
    let app = app(&[
        ("GAITKEEPER__TELEMETRY__OTLP_ENDPOINT", &base),
        ("GAITKEEPER__TELEMETRY__OTLP_HEADERS_FILE", path.to_str().unwrap()),
    ]);
    assert!(!format!("{:?}", app.traces()).contains(SECRET));
    app.traces().begin_sending();
    call(&app, &json!({}), &[]).await;
    app.traces().finish_sending().await;
    let headers = &receiver.0.received_requests().await.unwrap()[0].headers;
    let request = &receiver.requests().await[0];
    assert_eq!(headers["authorization"], format!("Bearer {SECRET}").as_str());
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let resource = request.resource_spans[0].resource.as_ref().unwrap();
    let mut names: Vec<&str> = resource.attributes.iter().map(|pair| pair.key.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["service.instance.id", "service.name", "service.version"]);
}

/// More than the queue holds, to a receiver that never answers: calls go on, and the stop is bounded.
#[tokio::test]
async fn a_receiver_that_hangs_delays_no_call_and_no_stop() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let app = app(&[("GAITKEEPER__TELEMETRY__OTLP_ENDPOINT", &base)]);
    app.traces().begin_sending();
    let recorder = gaitkeeper::telemetry::metrics::recorder().unwrap();
    let handle = recorder.handle();
    let guard = metrics::set_default_local_recorder(&recorder);
    for _ in 0..6_000 {
        drop(app.traces().call(&HeaderMap::new()));
    }
    drop(guard);
    let counted = handle.render();
    assert!(counted.contains("gaitkeeper_spans_total{outcome=\"dropped\"} "), "{counted}");
    assert_eq!(call(&app, &json!({}), &[]).await, 400);
    let stop = tokio::time::timeout(Duration::from_secs(10), app.traces().finish_sending());
    assert!(stop.await.is_ok());
}
