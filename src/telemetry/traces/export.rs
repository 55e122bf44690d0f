//! Spans on their way out. No call waits for it: what finds no place in the queue is dropped and counted.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use prost::Message;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;

use super::super::{chain, metrics};
use crate::config::{Otlp, Place};
use crate::net::{self, Reach};

/// Spans that wait: about three hundred calls.
const QUEUE: usize = 4096;
/// Spans of one request.
const BATCH: usize = 512;
/// How long a span waits for others.
const PAUSE: Duration = Duration::from_secs(1);
/// For one request.
const DEADLINE: Duration = Duration::from_secs(5);
/// For all that is left when the service stops.
const FAREWELL: Duration = Duration::from_secs(2);
/// Until a connection is made.
const CONNECT: Duration = Duration::from_secs(2);

/// Traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The file is not there, or not readable.
    #[error("reading `telemetry.otlp_headers_file` ({})", path.display())]
    Headers {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line is no header. It is not repeated, because it may be a secret.
    #[error("line {line} of `telemetry.otlp_headers_file` is not `Name: value`")]
    NoHeader {
        /// Its number.
        line: usize,
    },
    /// Without root certificates no receiver can prove who it is.
    #[error("preparing connections to the receiver of traces")]
    Http(#[source] net::ClientError),
}

/// Posts spans to the receiver.
#[derive(Debug)]
pub(super) struct Sender {
    http: reqwest::Client,
    url: Url,
    resource: ResourceAttributesWithSchema,
}

/// Why a batch did not arrive. Nothing of what the receiver answered is in it.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("the receiver of traces answered {0}")]
    Refused(u16),
    #[error("the receiver of traces cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the receiver of traces did not answer in time")]
    Late,
}

impl Sender {
    pub(super) fn new(otlp: &Otlp, resource: &Resource) -> Result<Sender, TracesError> {
        let reach = match otlp.place {
            Place::Public => Reach::Public,
            Place::Loopback => Reach::Sandbox,
            Place::Internal => Reach::Private,
        };
        let headers = match &otlp.headers_file {
            None => HeaderMap::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| TracesError::Headers { path: path.clone(), source })?;
                headers(&text)?
            }
        };
        let http = net::client(reach, CONNECT, headers).map_err(TracesError::Http)?;
        Ok(Sender { http, url: otlp.traces.clone(), resource: resource.into() })
    }

    async fn send(&self, spans: Vec<SpanData>) -> Result<(), NotSent> {
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let request =
            self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/x-protobuf").body(body);
        let answer = timeout(DEADLINE, request.send()).await.map_err(|_| NotSent::Late)?;
        match answer.map_err(|error| NotSent::Unreachable(error.without_url()))?.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(NotSent::Refused(status)),
        }
    }
}

/// Headers as they stand in a file, none of which any library shows.
fn headers(text: &str) -> Result<HeaderMap, TracesError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let header = line.split_once(':').and_then(|(name, value)| {
                let name = HeaderName::try_from(name.trim()).ok()?;
                let mut value = HeaderValue::try_from(value.trim()).ok()?;
                value.set_sensitive(true);
                Some((name, value))
            });
            header.ok_or(TracesError::NoHeader { line: number + 1 })
        })
        .collect()
}

/// What waits to be sent.
#[derive(Debug)]
pub(super) struct Outbox {
    put: mpsc::Sender<SpanData>,
    /// Taken by whoever sends.
    work: Mutex<Option<(Sender, mpsc::Receiver<SpanData>)>>,
    sending: Mutex<Option<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

impl Outbox {
    pub(super) fn new(sender: Sender) -> Outbox {
        let (put, waiting) = mpsc::channel(QUEUE);
        Outbox {
            put,
            work: Mutex::new(Some((sender, waiting))),
            sending: Mutex::new(None),
            stop: watch::Sender::new(false),
        }
    }

    pub(super) fn begin(&self) {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, waiting)) = work {
            let task = tokio::spawn(send_all(sender, waiting, self.stop.subscribe()));
            *self.sending.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        }
    }

    pub(super) async fn finish(&self) {
        self.stop.send_replace(true);
        let task = self.sending.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(FAREWELL, &mut task).await.is_err()
        {
            task.abort();
            tracing::warn!("stopped before all spans were sent");
        }
    }
}

/// Sends batch after batch until it is told to stop, and then what is there.
async fn send_all(sender: Sender, mut waiting: mpsc::Receiver<SpanData>, mut stop: watch::Receiver<bool>) {
    let well = AtomicBool::new(true);
    loop {
        let mut batch = Vec::new();
        let stopping = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => true,
            taken = waiting.recv_many(&mut batch, BATCH) => taken == 0,
        };
        if stopping {
            waiting.close();
            while waiting.recv_many(&mut batch, BATCH).await > 0 {
                post(&sender, std::mem::take(&mut batch), &well).await;
            }
            return;
        }
        // Others of the same call mostly follow at once.
        let full = async {
            while batch.len() < BATCH {
                let room = BATCH - batch.len();
                if waiting.recv_many(&mut batch, room).await == 0 {
                    break;
                }
            }
        };
        tokio::select! {
            _ = timeout(PAUSE, full) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        post(&sender, batch, &well).await;
    }
}

/// Sends one batch. It is logged when this begins to fail and when it is well again.
async fn post(sender: &Sender, batch: Vec<SpanData>, well: &AtomicBool) {
    let spans = batch.len();
    match sender.send(batch).await {
        Ok(()) => {
            metrics::spans("sent", spans);
            if !well.swap(true, Ordering::Relaxed) {
                tracing::info!("traces are sent again");
            }
        }
        Err(error) => {
            metrics::spans("failed", spans);
            if well.swap(false, Ordering::Relaxed) {
                tracing::warn!(error = chain(&error), "traces cannot be sent");
            }
        }
    }
}

/// Where the SDK leaves spans that ended.
#[derive(Debug)]
pub(super) struct Post(pub(super) Arc<Outbox>);

impl SpanProcessor for Post {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.put.try_send(span).is_err() {
            metrics::spans("dropped", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_never_shown() {
        let read = headers("Authorization: Bearer geheim\n\n x-scope : a:b\n").unwrap();
        assert_eq!(read["x-scope"], "a:b");
        assert!(!format!("{read:?}").contains("geheim"));
        let told = headers("a: b\ngeheim").unwrap_err().to_string();
        assert_eq!(told, "line 2 of `telemetry.otlp_headers_file` is not `Name: value`");
    }
}
