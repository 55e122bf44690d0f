//! What an error looks like to the client and to the operator. The only list of statuses.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::auth::Denial;
use crate::feedback::NotTaken;
use crate::pipeline::CallError;
use crate::telemetry;
use crate::wire::{FeedbackError, RequestError};

/// Why a request is not answered as asked. Its texts never repeat anything of the request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("no such route")]
    NoRoute,
    #[error("the method is not allowed here")]
    Method,
    #[error("the content type is not JSON in UTF-8")]
    MediaType,
    #[error("the content encoding is not supported")]
    Encoding,
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("cannot read the body to its end")]
    Broken,
    #[error("the body did not arrive within the deadline")]
    Slow,
    #[error("the call was not answered within the deadline")]
    Deadline,
    #[error("a handler panicked")]
    Panic,
    #[error("the path and query are longer than {limit} bytes")]
    LongUrl { limit: usize },
    #[error("the call reached the proxy without TLS")]
    InTheClear,
    #[error("the call is not authenticated")]
    Stranger(#[source] Denial),
    #[error("the client may not call this service")]
    NotForClient,
    #[error("the client calls too often")]
    TooOften { wait: Duration },
    #[error("the client has too many calls in flight")]
    TooManyOfClient,
    #[error("too many calls in flight")]
    TooMany,
    #[error("cannot answer the call")]
    Call(#[source] CallError),
    #[error("cannot take the feedback")]
    Feedback(#[source] NotTaken),
}

/// What the operator reads of a problem, carried by the answer to the access log.
#[derive(Clone)]
pub(super) struct OperatorText(pub(super) String);

/// A code of `http://hl7.org/fhir/issue-type`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum IssueType {
    Invalid,
    Structure,
    Required,
    Value,
    NotFound,
    NotSupported,
    TooLong,
    Incomplete,
    Timeout,
    Transient,
    Exception,
    Login,
    Forbidden,
    Throttled,
}

impl Problem {
    /// The status map.
    fn status(&self) -> StatusCode {
        match self {
            Problem::NoRoute | Problem::Call(CallError::UnknownService) => StatusCode::NOT_FOUND,
            Problem::Method => StatusCode::METHOD_NOT_ALLOWED,
            Problem::MediaType | Problem::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Problem::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::Broken
            | Problem::Call(
                CallError::Request(_) | CallError::HookMismatch | CallError::PatientMismatch(_),
            ) => StatusCode::BAD_REQUEST,
            Problem::Call(CallError::Unobtainable { .. }) => StatusCode::PRECONDITION_FAILED,
            Problem::Slow => StatusCode::REQUEST_TIMEOUT,
            Problem::LongUrl { .. } => StatusCode::URI_TOO_LONG,
            Problem::Stranger(denial) | Problem::Call(CallError::Denied(denial)) if denial.is_ours() => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Problem::Stranger(_) | Problem::Call(CallError::Denied(_)) => StatusCode::UNAUTHORIZED,
            Problem::NotForClient | Problem::InTheClear => StatusCode::FORBIDDEN,
            Problem::TooOften { .. } | Problem::TooManyOfClient => StatusCode::TOO_MANY_REQUESTS,
            Problem::Feedback(NotTaken::Malformed(_)) => StatusCode::BAD_REQUEST,
            Problem::Deadline | Problem::TooMany | Problem::Feedback(NotTaken::NotKept(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Problem::Panic | Problem::Call(CallError::Unwritable(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> IssueType {
        match self {
            Problem::NoRoute | Problem::Call(CallError::UnknownService) => IssueType::NotFound,
            Problem::Method | Problem::MediaType | Problem::Encoding => IssueType::NotSupported,
            Problem::TooLarge { .. } | Problem::LongUrl { .. } => IssueType::TooLong,
            Problem::Stranger(denial) | Problem::Call(CallError::Denied(denial)) if denial.is_ours() => {
                IssueType::Transient
            }
            Problem::Stranger(_) | Problem::Call(CallError::Denied(_)) => IssueType::Login,
            Problem::NotForClient | Problem::InTheClear => IssueType::Forbidden,
            Problem::TooOften { .. } | Problem::TooManyOfClient | Problem::TooMany => IssueType::Throttled,
            Problem::Broken => IssueType::Incomplete,
            Problem::Slow | Problem::Deadline => IssueType::Timeout,
            Problem::Panic | Problem::Call(CallError::Unwritable(_)) => IssueType::Exception,
            Problem::Feedback(NotTaken::NotKept(_)) => IssueType::Transient,
            Problem::Feedback(NotTaken::Malformed(
                FeedbackError::Body(error) | FeedbackError::Entry { source: error, .. },
            ))
            | Problem::Call(CallError::Request(error)) => match error {
                RequestError::NotJson { .. }
                | RequestError::NotAnObject
                | RequestError::Repeated(_)
                | RequestError::WrongType(_) => IssueType::Structure,
                RequestError::Missing(_) => IssueType::Required,
                RequestError::Invalid { .. } => IssueType::Value,
            },
            Problem::Call(CallError::HookMismatch | CallError::PatientMismatch(_)) => IssueType::Invalid,
            Problem::Call(CallError::Unobtainable { .. }) => IssueType::Incomplete,
        }
    }

    /// What the client reads.
    fn text(&self) -> String {
        match self {
            Problem::NoRoute => {
                "there is nothing at this path; the services are listed at /cds-services".to_owned()
            }
            Problem::Method => "this path does not support the method; see the Allow header".to_owned(),
            Problem::MediaType => "the body must be application/json in UTF-8".to_owned(),
            Problem::Encoding => "the body must be sent without a content encoding".to_owned(),
            Problem::TooLarge { limit } => format!("the body must not be larger than {limit} bytes"),
            Problem::LongUrl { limit } => format!("the path and query must not be longer than {limit} bytes"),
            Problem::Stranger(denial) => stranger(*denial).to_owned(),
            Problem::InTheClear => "the service must be called over https".to_owned(),
            Problem::NotForClient => "this client may not call this service".to_owned(),
            Problem::TooOften { .. } | Problem::TooManyOfClient => {
                "this client calls too often; see the Retry-After header".to_owned()
            }
            Problem::TooMany => "the service has too much to do; see the Retry-After header".to_owned(),
            Problem::Broken => "the body could not be read to its end".to_owned(),
            Problem::Slow => "the body did not arrive in time".to_owned(),
            Problem::Deadline => "the call could not be answered in time; it may be tried again".to_owned(),
            Problem::Panic => "the service failed".to_owned(),
            Problem::Feedback(NotTaken::Malformed(error)) => error.to_string(),
            Problem::Feedback(NotTaken::NotKept(_)) => {
                "feedback cannot be kept at the moment; nothing of it was, please send it again later"
                    .to_owned()
            }
            Problem::Call(error) => match error {
                CallError::UnknownService => {
                    "there is no service with this id; the services are listed at /cds-services".to_owned()
                }
                CallError::Request(error) => error.to_string(),
                CallError::HookMismatch => "this service is not offered for the hook of the call".to_owned(),
                CallError::Denied(denial) => stranger(*denial).to_owned(),
                CallError::PatientMismatch(mismatch) => mismatch.to_string(),
                CallError::Unwritable(_) => "the service failed".to_owned(),
                CallError::Unobtainable { .. } => {
                    "data that this service needs was not prefetched and cannot be read from the FHIR server"
                        .to_owned()
                }
            },
        }
    }

    /// When the client may try again.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Problem::TooOften { wait } => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            Problem::TooManyOfClient | Problem::TooMany => Some(1),
            Problem::Stranger(denial) | Problem::Call(CallError::Denied(denial)) => {
                denial.is_ours().then_some(30)
            }
            _ => None,
        }
    }

    /// What helps the developer of a client beyond the text.
    fn diagnostics(&self) -> Option<String> {
        match self {
            Problem::Call(CallError::Unobtainable { keys }) if !keys.is_empty() => {
                Some(format!("prefetch keys: {}", keys.join(", ")))
            }
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let outcome = OperationOutcome {
            resource_type: "OperationOutcome",
            issue: [Issue {
                severity: "error",
                code: self.code(),
                details: Details { text: self.text() },
                diagnostics: self.diagnostics(),
            }],
        };
        // Texts alone: this cannot fail.
        let body = serde_json::to_vec(&outcome).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Problem::Stranger(denial) | Problem::Call(CallError::Denied(denial)) = &self {
            telemetry::metrics::auth_refused(denial.name());
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(OperatorText(telemetry::chain(&self)));
        response
    }
}

/// All that a client reads of a refused token: whoever guesses learns nothing from it.
fn stranger(denial: Denial) -> &'static str {
    if denial.is_ours() {
        "the client cannot be authenticated now; see the Retry-After header"
    } else {
        "the call is not authenticated"
    }
}

#[derive(Serialize)]
struct OperationOutcome {
    #[serde(rename = "resourceType")]
    resource_type: &'static str,
    issue: [Issue; 1],
}

#[derive(Serialize)]
struct Issue {
    severity: &'static str,
    code: IssueType,
    details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<String>,
}

#[derive(Serialize)]
struct Details {
    text: String,
}
