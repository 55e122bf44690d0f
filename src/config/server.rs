//! Where the service listens and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::layers::Layers;
use super::url;

/// Section `server`.
#[derive(Debug, Clone)]
pub struct Server {
    /// Address of the CDS service.
    pub listen: SocketAddr,
    /// Address for the platform, where there is one.
    pub platform_listen: Option<SocketAddr>,
    /// Networks of the proxies before this service.
    pub trusted_proxies: Vec<IpNet>,
    /// Base URL by which clients reach the service, without a slash at its end.
    pub public_url: String,
    /// How long calls are still taken once the service is asked to stop and says so on `/readyz`.
    pub shutdown_delay: Duration,
    /// How long calls in flight may take to finish at the stop.
    pub shutdown_grace: Duration,
}

impl Server {
    pub(super) fn read(layers: &mut Layers, tls: bool) -> Option<Server> {
        let listen: Option<SocketAddr> = layers.read("server.listen");
        let platform_listen: Option<Option<SocketAddr>> = layers.read("server.platform_listen");
        let public_url =
            layers.read_if(
                "server.public_url",
                |text: &String| {
                    if text.is_empty() { Ok(()) } else { url::check_base(text) }
                },
            );
        let mut trusted_proxies = Vec::new();
        let listed = layers.read_if("server.trusted_proxies", |texts: &Vec<String>| {
            for text in texts {
                let network = text
                    .trim()
                    .parse()
                    .map_err(|_| format!("expects networks such as `10.1.2.0/24`, not `{text}`"));
                trusted_proxies.push(network?);
            }
            Ok(())
        });
        let shutdown_delay = layers.read("server.shutdown_delay");
        let shutdown_grace = layers.read("server.shutdown_grace");
        if let (Some(listen), Some(Some(platform))) = (listen, platform_listen)
            && listen == platform
            && listen.port() != 0
        {
            layers.problem_with("server.platform_listen", "is the same address as `server.listen`");
        }
        let listen = listen?;
        let public_url = match public_url?.trim_end_matches('/') {
            "" => format!("{}://{listen}", if tls { "https" } else { "http" }),
            url => url.to_owned(),
        };
        Some(Server {
            listen,
            platform_listen: platform_listen?,
            trusted_proxies: listed.map(|_| trusted_proxies)?,
            public_url,
            shutdown_delay: shutdown_delay?,
            shutdown_grace: shutdown_grace?,
        })
    }
}
