//! `gaitkeeper healthcheck`

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::Outcome;
use crate::config::{self, Config, Overrides};

/// An image asks every few seconds, so that a slow answer is as bad as none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ask the running service whether it is ready, as an image does: 0 where it is, 1 where it is not.
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// The configuration file of the running service.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Healthcheck {
    pub(super) fn run(self) -> Outcome {
        let config = Config::load(self.config.as_deref(), config::environment(), &Overrides::default())?;
        let Some(listen) = config.server.platform_listen else {
            return Err("`server.platform_listen` is empty: there is nothing to ask".into());
        };
        let url = format!("http://{}/readyz", reached_at(listen));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
            let answer = http.get(url).send().await?;
            Ok::<_, reqwest::Error>((answer.status().is_success(), answer.text().await?))
        });
        let (ready, text) = answer?;
        println!("{text}");
        Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// An address that listens everywhere is reached on the loopback.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_listener_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("10.0.0.7:9000", "10.0.0.7:9000"),
        ] {
            assert_eq!(reached_at(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
