//! Taking a request's body: never more than allowed, never for longer than allowed.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Version, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::problem::Problem;

/// How long a client whose body is refused may go on sending it before the connection is closed.
const PARTING: Duration = Duration::from_secs(1);

/// May a body with these headers be read as JSON? A missing `Content-Type` is taken for JSON.
pub(super) fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.into_iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::Encoding);
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) => Ok(()),
        (Some(media_type), None) if is_json(media_type) => Ok(()),
        _ => Err(Problem::MediaType),
    }
}

fn is_json(media_type: &HeaderValue) -> bool {
    let Ok(media_type) = media_type.to_str() else { return false };
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let known = ["application/json", "application/fhir+json"];
    known.iter().any(|known| essence.eq_ignore_ascii_case(known))
        && parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
            let value = value.trim().trim_matches('"');
            !name.trim().eq_ignore_ascii_case("charset")
                || value.eq_ignore_ascii_case("utf-8")
                || value.eq_ignore_ascii_case("utf8")
        })
}

/// What is left of a request once its head was looked at.
pub(super) struct Rest {
    version: Version,
    /// Does the client wait for `100 Continue` before it sends the body?
    waits: bool,
    body: Body,
}

impl From<Request> for Rest {
    fn from(request: Request) -> Rest {
        Rest {
            version: request.version(),
            waits: request.headers().contains_key(header::EXPECT),
            body: request.into_body(),
        }
    }
}

impl Rest {
    /// Reads the body to its end. One that is announced to be beyond the limit is refused before a byte is read.
    pub(super) async fn read(&mut self, limit: usize, deadline: Instant) -> Result<Bytes, Problem> {
        if self.body.size_hint().lower() > limit as u64 {
            return Err(Problem::TooLarge { limit });
        }
        let whole = collected(&mut self.body, limit);
        let result = timeout_at(deadline, whole).await.map_err(|_| Problem::Slow)?;
        // Once the body was polled, the client was told to go on.
        self.waits = false;
        result
    }

    /// Throws away up to `most` bytes. Did the body end?
    async fn discard(&mut self, most: usize) -> bool {
        let mut left = most;
        while let Some(frame) = self.body.frame().await {
            let Ok(frame) = frame else { return false };
            match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        true
    }
}

/// The whole body in one piece. What came is copied as it comes, so that nothing is held twice, into room for as much as
/// was announced: it is not moved as it grows, and a client that announces much and sends nothing holds nothing, because
/// the memory of a system is taken when it is written to.
async fn collected(body: &mut Body, limit: usize) -> Result<Bytes, Problem> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(limit);
    let mut whole = Vec::new();
    // Where there is no room for that, there may be for what comes.
    let _ = whole.try_reserve_exact(announced.min(limit));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Problem::Broken)?.into_data() else { continue };
        if data.len() > limit - whole.len() {
            return Err(Problem::TooLarge { limit });
        }
        whole.extend_from_slice(&data);
    }
    Ok(Bytes::from(whole))
}

/// Answers with a problem although the body is perhaps not read to its end.
///
/// A client that is still sending when the connection closes sees a broken connection and not our answer. So what it
/// sends is thrown away for a moment, at most twice the limit; then the connection is closed.
pub(super) async fn refuse(problem: Problem, mut rest: Rest, limit: usize) -> Response {
    let more = match problem {
        Problem::Broken | Problem::Slow => true,
        // Reading would invite a client that waits for `100 Continue` to send the body after all.
        _ if rest.waits => !rest.body.is_end_stream(),
        _ => !timeout(PARTING, rest.discard(limit.saturating_mul(2))).await.unwrap_or(false),
    };
    let mut response = problem.into_response();
    if more && rest.version <= Version::HTTP_11 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
