//! One question to a FHIR server.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use crate::telemetry::metrics;
use crate::telemetry::traces::{Question, Step};

/// Before a server that asks for no particular time is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// What all questions of one call have in common.
pub(super) struct Wave {
    /// `Bearer …`, marked so that no library shows it.
    pub(super) authorization: HeaderValue,
    /// When the last answer must be there.
    pub(super) deadline: Instant,
    /// From the first question to the deadline.
    pub(super) patience: Duration,
    /// Under which the questions stand in a trace.
    pub(super) step: Step,
}

/// How a question ended. It holds nothing of the URL or of the answer, so that it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server answered with this status.
    Status(u16),
    /// The answer is larger than what may still be read.
    TooLarge,
    /// What came is not a JSON object, or not all of one.
    NotJson,
    /// The deadline passed.
    Late,
    /// No connection, or one that broke; or its address is refused.
    Network,
    /// The template cannot be made a URL of this server.
    NoUrl,
}

impl Outcome {
    fn status(self) -> Option<u16> {
        match self {
            Outcome::Status(status) => Some(status),
            _ => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Status(status) => write!(f, "{status}"),
            Outcome::TooLarge => f.write_str("too-large"),
            Outcome::NotJson => f.write_str("not-json"),
            Outcome::Late => f.write_str("late"),
            Outcome::Network => f.write_str("network"),
            Outcome::NoUrl => f.write_str("no-url"),
        }
    }
}

/// Asks for one page of at most `room` bytes; a server that is busy is asked once more. Every outcome is noted.
pub(super) async fn page(
    http: &Client,
    wave: &Wave,
    url: &Url,
    room: usize,
    noted: &mut Vec<Outcome>,
) -> Result<Bytes, Outcome> {
    let mut may_retry = true;
    loop {
        let begun = Instant::now();
        let question = wave.step.ask(url.host_str());
        let answer = timeout_at(wave.deadline, ask(http, wave, url, room, &question))
            .await
            .unwrap_or(Answer::Ended(Outcome::Late));
        metrics::fhir_request(answer.outcome().to_string(), begun.elapsed());
        question.end(answer.outcome().status(), || answer.outcome().to_string());
        match answer {
            Answer::Page(body) => {
                noted.push(Outcome::Status(200));
                return Ok(body);
            }
            Answer::Busy { status, pause } => {
                noted.push(Outcome::Status(status));
                let left = wave.deadline.saturating_duration_since(Instant::now());
                if !may_retry || left < wave.patience / 3 || pause >= left {
                    return Err(Outcome::Status(status));
                }
                may_retry = false;
                sleep(pause).await;
            }
            Answer::Ended(outcome) => {
                noted.push(outcome);
                return Err(outcome);
            }
        }
    }
}

enum Answer {
    Page(Bytes),
    /// It may answer when it is asked again.
    Busy {
        status: u16,
        pause: Duration,
    },
    Ended(Outcome),
}

impl Answer {
    fn outcome(&self) -> Outcome {
        match self {
            Answer::Page(_) => Outcome::Status(200),
            Answer::Busy { status, .. } => Outcome::Status(*status),
            Answer::Ended(outcome) => *outcome,
        }
    }
}

async fn ask(http: &Client, wave: &Wave, url: &Url, room: usize, question: &Question) -> Answer {
    let mut request = http.get(url.clone()).header(AUTHORIZATION, wave.authorization.clone());
    if let Some(traceparent) = question.traceparent() {
        request = request.header("traceparent", traceparent);
    }
    // The error is dropped: its text holds the URL, and the URL the patient.
    let Ok(response) = request.send().await else { return Answer::Ended(Outcome::Network) };
    match response.status().as_u16() {
        200 => match body(response, room).await {
            Ok(body) => Answer::Page(body),
            Err(outcome) => Answer::Ended(outcome),
        },
        status @ (502..=504) => Answer::Busy { status, pause: pause(&response) },
        status => Answer::Ended(Outcome::Status(status)),
    }
}

/// What the server asks to wait; a date in place of seconds is as good as "not now".
fn pause(response: &Response) -> Duration {
    let Some(asked) = response.headers().get(RETRY_AFTER) else { return PAUSE };
    let seconds = asked.to_str().ok().and_then(|text| text.trim().parse().ok());
    seconds.map_or(Duration::MAX, Duration::from_secs)
}

/// Reads no more than `room` bytes, whatever the server says of the length.
async fn body(mut response: Response, room: usize) -> Result<Bytes, Outcome> {
    let fits = |length: u64| usize::try_from(length).is_ok_and(|length| length <= room);
    if response.content_length().is_some_and(|length| !fits(length)) {
        return Err(Outcome::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Outcome::Network)? {
        if body.len() + chunk.len() > room {
            return Err(Outcome::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
