//! TLS in the service itself.

use std::path::PathBuf;
use std::time::Duration;

use super::layers::Layers;
use super::limits::positive;

/// Section `tls`.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM file with the certificate of the service and those between it and its authority.
    pub certificate: PathBuf,
    /// PEM file with its private key.
    pub private_key: PathBuf,
    /// PEM file with the authorities of clients, where these must show certificates.
    pub client_authorities: Option<PathBuf>,
    /// How often the files are looked at.
    pub reload: Duration,
}

impl Tls {
    /// `None` where a setting cannot be read; `Some(None)` where there is no TLS.
    pub(super) fn read(layers: &mut Layers) -> Option<Option<Tls>> {
        let mut file = |key| {
            let path: Option<String> = layers.read(key);
            path.map(|path| Some(path).filter(|path| !path.is_empty()).map(PathBuf::from))
        };
        let (certificate, private_key) = (file("tls.certificate"), file("tls.private_key"));
        let client_authorities = file("tls.client_authorities");
        let reload = layers.read_if("tls.reload", |time: &Duration| positive(!time.is_zero()));
        let (client_authorities, reload) = (client_authorities?, reload?);
        match (certificate?, private_key?) {
            (Some(certificate), Some(private_key)) => {
                Some(Some(Tls { certificate, private_key, client_authorities, reload }))
            }
            (None, None) => {
                if client_authorities.is_some() {
                    layers.problem_with("tls.client_authorities", "needs `tls.certificate`");
                }
                Some(None)
            }
            (Some(_), None) => {
                layers.problem_with("tls.certificate", "needs `tls.private_key`");
                None
            }
            (None, Some(_)) => {
                layers.problem_with("tls.private_key", "needs `tls.certificate`");
                None
            }
        }
    }
}
