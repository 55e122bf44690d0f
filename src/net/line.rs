//! A line to a server that can be cut, for tests.

use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Passes bytes on to a server on this machine, at a port of its own that stays the same.
pub(crate) struct Line {
    url: String,
    port: u16,
    to: u16,
    relaying: JoinSet<()>,
}

impl Line {
    /// To the server that the URL names.
    pub(crate) async fn to(url: &str) -> Line {
        let to = url.split([':', '/']).find_map(|part| part.parse().ok()).expect("the URL names a port");
        let mut line = Line { url: String::new(), port: 0, to, relaying: JoinSet::new() };
        line.mend().await;
        line.url = url.replace(&format!(":{to}/"), &format!(":{}/", line.port));
        line
    }

    /// The same server by way of this line.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections, and refuses others.
    pub(crate) async fn cut(&mut self) {
        self.relaying.shutdown().await;
    }

    pub(crate) async fn mend(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.unwrap();
        self.port = listener.local_addr().unwrap().port();
        let to = self.to;
        self.relaying.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await.unwrap();
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
    }
}
