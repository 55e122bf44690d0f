//! How much and how long a client may ask for.

use std::time::Duration;

use super::layers::Layers;
use super::value::Size;

/// hyper reads no less at once.
const SMALLEST_HEAD: usize = 8 * 1024;

/// Section `limits`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest body of a request, in bytes.
    pub body: usize,
    /// Longest path and query of a request, in bytes.
    pub url: usize,
    /// Largest head of a request, in bytes.
    pub head: usize,
    /// Calls that are answered at the same time.
    pub concurrent_calls: usize,
    /// Connections that are open at the same time.
    pub connections: usize,
    /// From the headers of a call to its answer.
    pub request_deadline: Duration,
    /// How long a connection may wait for the next request and its headers.
    pub header_timeout: Duration,
}

impl Limits {
    pub(super) fn read(layers: &mut Layers) -> Option<Limits> {
        let body = layers.read_if("limits.body", |size: &Size| positive(size.0 > 0));
        let request_deadline =
            layers.read_if("limits.request_deadline", |time: &Duration| positive(!time.is_zero()));
        let header_timeout =
            layers.read_if("limits.header_timeout", |time: &Duration| positive(!time.is_zero()));
        let url = layers.read_if("limits.url", |size: &Size| positive(size.0 > 0));
        let head = layers.read_if("limits.head", |size: &Size| {
            if size.0 < SMALLEST_HEAD { Err("must be 8 KiB or more".to_owned()) } else { Ok(()) }
        });
        let mut most = |key| layers.read_if(key, |most: &usize| positive(*most > 0));
        let (concurrent_calls, connections) = (most("limits.concurrent_calls"), most("limits.connections"));
        Some(Limits {
            body: body?.0,
            url: url?.0,
            head: head?.0,
            concurrent_calls: concurrent_calls?,
            connections: connections?,
            request_deadline: request_deadline?,
            header_timeout: header_timeout?,
        })
    }
}

pub(super) fn positive(holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err("must be more than zero".to_owned()) }
}
