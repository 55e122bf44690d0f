//! `gaitkeeper serve`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{KnowledgeAt, Outcome, deployment, package};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{self, Config, MinimumReview, Overrides};
use crate::knowledge::Knowledge;
use crate::knowledge::files::ReviewState;
use crate::{http, telemetry};

/// Serve CDS Hooks.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to listen on, such as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// A configuration file that is laid over the defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    at: KnowledgeAt,
    /// Serve the sandbox page with its synthetic patients as well (loopback only).
    #[arg(long)]
    sandbox: bool,
}

impl Serve {
    pub(super) fn run(self) -> Outcome {
        let overrides = Overrides {
            listen: self.listen,
            knowledge: self.at.knowledge,
            overlay: self.at.overlay,
            sandbox: self.sandbox,
        };
        let config = Config::load(self.config.as_deref(), config::environment(), &overrides)?;
        telemetry::init(&config.log)?;
        telemetry::metrics::init()?;
        let minimum_review = match config.knowledge.minimum_review {
            MinimumReview::Submitted => ReviewState::Submitted,
            MinimumReview::UnderReview => ReviewState::UnderReview,
            MinimumReview::Approved => ReviewState::Approved,
        };
        let mut deployment = deployment(config.knowledge.overlay.as_deref(), minimum_review)?;
        deployment.without_cases = true;
        let knowledge = Knowledge::deployed(&package(config.knowledge.dir.as_deref())?, &deployment)?;
        let app = App::new(config, Clock::System, knowledge)?;
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(app))
    }
}

async fn serve(app: App) -> Outcome {
    let server = &app.config.server;
    let listener = TcpListener::bind(server.listen)
        .await
        .map_err(|source| BindError { address: server.listen, source })?;
    let platform = match server.platform_listen {
        Some(address) => {
            Some(TcpListener::bind(address).await.map_err(|source| BindError { address, source })?)
        }
        None => None,
    };
    greet(&app);
    tokio::spawn(async {
        let mut beat = tokio::time::interval(telemetry::metrics::UPKEEP);
        loop {
            beat.tick().await;
            telemetry::metrics::keep_up();
        }
    });
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    let app = Arc::new(app);
    let clients = Arc::clone(&app);
    tokio::spawn(async move {
        if let Some(auth) = clients.auth() {
            auth.get_ready().await;
        }
    });
    Box::pin(http::serve(app, listener, platform, stop)).await?;
    Ok(ExitCode::SUCCESS)
}

/// An address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("listening on {address}")]
struct BindError {
    address: std::net::SocketAddr,
    source: std::io::Error,
}

/// Tells a person at a terminal where to look; the log says the same for machines.
fn greet(app: &App) {
    let url = &app.config.server.public_url;
    let package = &app.knowledge.package;
    tracing::info!(
        listen = %app.config.server.listen,
        package = package.id,
        version = package.version,
        review = package.review.state.words(),
        rules = app.knowledge.rules.len(),
        "serving"
    );
    telemetry::metrics::in_force(&package.id, &package.version, package.review.state.words());
    if let Some(overlay) = &app.knowledge.overlay {
        tracing::info!(
            site = overlay.site,
            changes = overlay.changes.len(),
            "the site's overlay is in force"
        );
        for change in &overlay.changes {
            tracing::info!(change, "changed by the site");
        }
    }
    for topic in app.knowledge.topics.iter().filter(|topic| !topic.shown) {
        tracing::warn!(
            topic = topic.id,
            review = topic.review.state.words(),
            "not shown: its review has not come far enough"
        );
    }
    if app.config.feedback.database.is_empty() {
        tracing::warn!(
            "`feedback.database` is empty: feedback is kept in memory and lost when the service stops"
        );
    }
    if !app.config.sandbox.enabled {
        return;
    }
    println!(
        "Gaitkeeper listens. Knowledge: {} {} ({}).",
        package.id,
        package.version,
        package.review.state.words()
    );
    println!("  look    {url}/");
    println!("  ask     {url}/cds-services");
    println!("  try     curl -s {url}/sandbox/calls/claudication-untreated/leg-pain-patient-view \\");
    println!(
        "            | curl -s -H 'content-type: application/json' -d @- {url}/cds-services/leg-pain-patient-view"
    );
    if app.auth().is_some() {
        println!("  note    calls need a token of a client; for one of `gaitkeeper token`, add");
        println!(
            "            -H \"authorization: Bearer $(gaitkeeper token --key … --service … --url {url})\""
        );
    }
    println!("  stop    Ctrl-C");
}
