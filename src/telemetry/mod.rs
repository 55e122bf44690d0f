//! Logs, one line per event on standard error, metrics and traces; never with patient data.

pub mod correlation;
pub mod fields;
pub mod meters;
pub mod metrics;
pub mod traces;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::panic;

use tracing::Level as Traced;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{Format, Level, Log};

/// Target of the one line per call.
pub const ACCESS: &str = "gaitkeeper::access";

/// Target of the one line per call that fetches.
pub const FETCH: &str = "gaitkeeper::fetch";

/// Target of what happens to the keys of clients.
pub const AUTH: &str = "gaitkeeper::auth";

/// Starts logging for this process, once.
///
/// # Errors
/// Where logging was started before.
pub fn init(log: &Log) -> Result<(), TryInitError> {
    let json = match log.format {
        Format::Json => true,
        Format::Text => false,
        Format::Auto => !io::stderr().is_terminal(),
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = if json {
        layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        layer.with_ansi(io::stderr().is_terminal()).boxed()
    };
    tracing_subscriber::registry().with(layer.with_filter(filter(log.level))).try_init()?;
    log_panics();
    Ok(())
}

/// Our own lines at `level`, those of libraries from `warn` on: the URLs in their finer logs are patient data.
fn filter(level: Level) -> Targets {
    let own = match level {
        Level::Error => Traced::ERROR,
        Level::Warn => Traced::WARN,
        Level::Info => Traced::INFO,
        Level::Debug => Traced::DEBUG,
        Level::Trace => Traced::TRACE,
    };
    Targets::new().with_default(LevelFilter::WARN).with_target(env!("CARGO_CRATE_NAME"), own)
}

/// Logs where a panic happened and not its message, which may quote a chart.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        metrics::panicked();
        let location = panic.location().map(ToString::to_string);
        tracing::error!(target: "gaitkeeper::panic", location, "panicked");
    }));
}

/// An error with all its causes, in one line.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_stay_at_warn() {
        let filter = filter(Level::Debug);
        assert!(filter.would_enable("gaitkeeper::http", &Traced::DEBUG));
        assert!(!filter.would_enable("gaitkeeper::http", &Traced::TRACE));
        assert!(filter.would_enable("hyper", &Traced::WARN));
        assert!(!filter.would_enable("hyper", &Traced::INFO));
    }

    #[test]
    fn a_chain_names_every_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot start")]
        struct Outer(#[source] io::Error);
        assert_eq!(chain(&Outer(io::Error::other("no port"))), "cannot start: no port");
    }
}
