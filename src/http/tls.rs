//! TLS, with certificates that are exchanged without ending a connection.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::config;
use crate::telemetry::{self, metrics};

/// The certificates that are in use, and the files that they come from.
#[derive(Debug)]
pub(super) struct Tls {
    settings: config::Tls,
    in_use: RwLock<InUse>,
}

#[derive(Debug)]
struct InUse {
    files: Files,
    config: Arc<ServerConfig>,
}

/// What is in the files.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    private_key: Vec<u8>,
    client_authorities: Option<Vec<u8>>,
}

/// Why there is no TLS. The text is for operators and holds nothing of a key.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("reading `{}`", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` holds no {what} in PEM", path.display())]
    NotPem { path: PathBuf, what: &'static str },
    #[error("the certificate and the private key cannot be used together")]
    Unusable(#[from] rustls::Error),
    #[error("the authorities of clients cannot be used")]
    Authorities(#[from] VerifierBuilderError),
}

impl Tls {
    pub(super) fn load(settings: &config::Tls) -> Result<Tls, TlsError> {
        let files = Files::read(settings)?;
        let config = files.server_config(settings)?;
        files.measure();
        Ok(Tls { settings: settings.clone(), in_use: RwLock::new(InUse { files, config }) })
    }

    /// What the next connection is accepted with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let in_use = self.in_use.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&in_use.config))
    }

    /// Looks at the files again and again. What is there stays in use until what is new is good.
    pub(super) async fn watch(&self) {
        loop {
            sleep(self.settings.reload).await;
            match self.reload() {
                Ok(true) => tracing::info!("new certificates are in use"),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(error = telemetry::chain(&error), "new certificates cannot be used");
                }
            }
        }
    }

    /// Takes what is in the files now. Was it something new?
    fn reload(&self) -> Result<bool, TlsError> {
        let files = Files::read(&self.settings)?;
        if self.in_use.read().unwrap_or_else(PoisonError::into_inner).files == files {
            return Ok(false);
        }
        let config = files.server_config(&self.settings)?;
        files.measure();
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = InUse { files, config };
        Ok(true)
    }
}

impl Files {
    fn read(settings: &config::Tls) -> Result<Files, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
        };
        Ok(Files {
            certificate: read(&settings.certificate)?,
            private_key: read(&settings.private_key)?,
            client_authorities: settings.client_authorities.as_deref().map(read).transpose()?,
        })
    }

    /// Has the metrics say when the certificates end, so that somebody is woken before.
    fn measure(&self) {
        if let Some(end) = self.end() {
            metrics::certificates_end(end);
        }
    }

    /// When the first certificate of the chain ends, in Unix time; `None` where one of them does not say it readably, which
    /// is no reason to refuse it: rustls and the clients judge it.
    fn end(&self) -> Option<Duration> {
        let end = |der: CertificateDer<'_>| {
            let certificate = Certificate::from_der(&der).ok()?;
            Some(certificate.tbs_certificate().validity().not_after.to_unix_duration())
        };
        let ends: Option<Vec<_>> =
            CertificateDer::pem_slice_iter(&self.certificate).map(|der| der.ok().and_then(end)).collect();
        ends?.into_iter().min()
    }

    fn server_config(&self, settings: &config::Tls) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certificates = certificates(&self.certificate, &settings.certificate)?;
        let private_key = PrivateKeyDer::from_pem_slice(&self.private_key)
            .map_err(|_| TlsError::NotPem { path: settings.private_key.clone(), what: "private key" })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13, &TLS12])?;
        let builder = match (&self.client_authorities, &settings.client_authorities) {
            (Some(authorities), Some(path)) => {
                let mut roots = RootCertStore::empty();
                for authority in self::certificates(authorities, path)? {
                    roots.add(authority)?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(certificates, private_key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// All certificates of a PEM text: one at least, and none that cannot be read.
fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.ok().filter(|certificates| !certificates.is_empty());
    certificates.ok_or_else(|| TlsError::NotPem { path: path.to_owned(), what: "certificate" })
}
