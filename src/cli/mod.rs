//! The command line: serve, check, explain, rehearse, export, token, report, feedback.

mod check;
mod explain;
mod export;
mod feedback;
mod healthcheck;
mod rehearse;
mod report;
mod serve;
mod smoke;
mod token;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::knowledge::files::ReviewState;
use crate::knowledge::{Deployment, Knowledge, PackageSource, SourceError};
use crate::telemetry;

/// What every command ends with: its exit code, or an error that is told with all its causes.
type Outcome = Result<ExitCode, Box<dyn Error>>;

/// A CDS Hooks 2.0 service that reads a chart over FHIR R4 and answers with leg-pain guidance.
#[derive(Debug, Parser)]
#[command(name = "gaitkeeper", version, arg_required_else_help = true)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve CDS Hooks.
    Serve(serve::Serve),
    /// Check the knowledge package and run all its cases.
    Check(check::Check),
    /// Say for a hook call or a patient record what every rule makes of it, and why.
    Explain(explain::Explain),
    /// Print the hook call that an EHR would make for a patient record.
    Rehearse(rehearse::Rehearse),
    /// Ask the running service whether it is ready.
    Healthcheck(healthcheck::Healthcheck),
    /// Call a running service with a synthetic patient and say whether it answers as it should.
    Smoke(smoke::Smoke),
    /// Write what is generated from the knowledge: schemas, discovery.
    Export(export::Export),
    /// Print a token for trying a service with client authentication.
    Token(token::Token),
    /// Tell which cards help and which are noise.
    Report(report::Report),
    /// Look after the feedback database.
    Feedback(feedback::Feedback),
}

/// Runs the command that the arguments of this process name.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Command::parse().verb {
        Verb::Serve(serve) => serve.run(),
        Verb::Check(check) => check.run(),
        Verb::Explain(explain) => explain.run(),
        Verb::Rehearse(rehearse) => rehearse.run(),
        Verb::Healthcheck(healthcheck) => healthcheck.run(),
        Verb::Smoke(smoke) => smoke.run(),
        Verb::Export(export) => export.run(),
        Verb::Token(token) => token.run(),
        Verb::Report(report) => report.run(),
        Verb::Feedback(feedback) => feedback.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("gaitkeeper: {}", telemetry::chain(error.as_ref()));
        ExitCode::from(2)
    })
}

/// Which knowledge a command works with.
#[derive(Debug, Clone, clap::Args)]
struct KnowledgeAt {
    /// The folder of the package; the one inside the binary where left out.
    #[arg(long, value_name = "DIR")]
    knowledge: Option<PathBuf>,
    /// The folder of a site's overlay.
    #[arg(long, value_name = "DIR")]
    overlay: Option<PathBuf>,
}

impl KnowledgeAt {
    fn load(&self) -> Result<Knowledge, Box<dyn Error>> {
        Ok(Knowledge::deployed(&package(self.knowledge.as_deref())?, &self.deployment()?)?)
    }

    fn deployment(&self) -> Result<Deployment, SourceError> {
        deployment(self.overlay.as_deref(), ReviewState::default())
    }
}

/// The package in `dir`, or the one inside the binary.
fn package(dir: Option<&Path>) -> Result<PackageSource, SourceError> {
    dir.map_or_else(|| Ok(PackageSource::embedded()), PackageSource::directory)
}

fn deployment(overlay: Option<&Path>, minimum_review: ReviewState) -> Result<Deployment, SourceError> {
    let overlay = overlay.map(PackageSource::directory).transpose()?;
    Ok(Deployment { overlay, minimum_review, without_cases: false })
}

/// Runs what waits for a database.
fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{attempt} `{}`", path.display())]
struct FileError {
    attempt: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|source| FileError { attempt: "reading", path: path.to_owned(), source })
}

/// Prints to standard output. A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> Result<(), std::io::Error> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
