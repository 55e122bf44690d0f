//! TLS, with certificates that are made for each test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::super::serve::Terms;
use super::super::tls::Tls;
use super::socket::{call, connect, rest, serve_under, terms};
use super::*;
use crate::config;
use crate::telemetry::metrics;

/// An authority and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(&self, usage: ExtendedKeyUsagePurpose) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec!["cds.example".to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    /// A certificate of the service in the files that the settings name.
    fn write(&self, settings: &config::Tls) {
        let (certificate, key) = self.sign(ExtendedKeyUsagePurpose::ServerAuth);
        std::fs::write(&settings.certificate, certificate.pem()).unwrap();
        std::fs::write(&settings.private_key, key.serialize_pem()).unwrap();
    }

    /// A client that trusts this authority.
    fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        shows: Option<&Authority>,
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let config = match shows {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let (certificate, key) = authority.sign(ExtendedKeyUsagePurpose::ClientAuth);
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
                let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        TlsConnector::from(Arc::new(config))
    }
}

fn settings(client_authority: Option<&Authority>) -> config::Tls {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let file = |name: &str| -> PathBuf {
        std::env::temp_dir().join(format!("gaitkeeper-tls-{}-{number}-{name}.pem", std::process::id()))
    };
    let client_authorities = client_authority.map(|authority| {
        let path = file("authority");
        std::fs::write(&path, authority.0.pem()).unwrap();
        path
    });
    config::Tls {
        certificate: file("certificate"),
        private_key: file("key"),
        client_authorities,
        reload: Duration::from_millis(20),
    }
}

async fn served(settings: &config::Tls) -> super::socket::Served {
    let tls = Some(Arc::new(Tls::load(settings).unwrap()));
    serve_under(fake(), Terms { tls, ..terms() }).await
}

async fn shake(
    client: &TlsConnector,
    served: &super::socket::Served,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(served.address).await.unwrap();
    client.connect(ServerName::try_from("cds.example").unwrap(), stream).await
}

/// The answer to one call, or why there is none. With TLS 1.3 a client reads only then that it was refused.
async fn ask(client: &TlsConnector, served: &super::socket::Served) -> std::io::Result<String> {
    use tokio::io::AsyncReadExt;
    let mut stream = shake(client, served).await?;
    let call = call("ok", "Content-Length: 0\r\nConnection: close\r\n");
    stream.write_all(call.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn calls_are_answered_over_tls_and_not_without() {
    let authority = Authority::new();
    let settings = settings(None);
    authority.write(&settings);
    let served = served(&settings).await;
    for versions in [&[&TLS12][..], &[&TLS13]] {
        assert!(
            ask(&authority.client(versions, None), &served).await.unwrap().contains(CARDS),
            "{versions:?}"
        );
    }
    let stranger = Authority::new();
    assert!(ask(&stranger.client(&[&TLS13], None), &served).await.is_err(), "it proves who it is");
    let mut plain = connect(served.address, &call("ok", "Content-Length: 0\r\n")).await;
    let mut bytes = Vec::new();
    use tokio::io::AsyncReadExt;
    let _ = plain.read_to_end(&mut bytes).await;
    assert!(!String::from_utf8_lossy(&bytes).contains("HTTP"), "{bytes:?}");
}

#[tokio::test]
async fn new_certificates_are_used_without_ending_a_call() {
    let (old, new) = (Authority::new(), Authority::new());
    let settings = settings(None);
    old.write(&settings);
    let served = served(&settings).await;
    let (of_old, of_new) = (old.client(&[&TLS13], None), new.client(&[&TLS13], None));
    let mut slow = shake(&of_old, &served).await.unwrap();
    slow.write_all(call("slow", "Content-Length: 0\r\nConnection: close\r\n").as_bytes()).await.unwrap();

    // Half of a change: the certificate that is there stays.
    std::fs::write(&settings.certificate, "-----BEGIN CERTIFICATE-----\n").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(ask(&of_old, &served).await.is_ok());
    new.write(&settings);
    tokio::time::timeout(Duration::from_secs(5), async {
        while ask(&of_new, &served).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the new certificate is used");
    assert!(ask(&of_old, &served).await.is_err());
    assert!(rest(&mut slow).await.contains(CARDS), "the call that was there is answered");
}

#[test]
fn the_metrics_say_when_the_first_certificate_of_the_chain_ends() {
    let recorder = metrics::recorder().unwrap();
    let (settings, key) = (settings(None), KeyPair::generate().unwrap());
    let ends = |year| {
        let mut params = CertificateParams::new(vec!["cds.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 1);
        params.self_signed(&key).unwrap().pem()
    };
    let measured = |chain: String| {
        std::fs::write(&settings.certificate, chain).unwrap();
        std::fs::write(&settings.private_key, key.serialize_pem()).unwrap();
        ::metrics::with_local_recorder(&recorder, || Tls::load(&settings).unwrap());
        recorder.handle().render()
    };
    let name = "gaitkeeper_tls_certificate_expiry_timestamp_seconds";
    for (chain, end) in [
        (ends(2031), "1930089600"),
        (ends(2032) + &ends(2030), "1898553600"),
        // Beyond 2049 a certificate spells its dates differently.
        (ends(2051), "2561241600"),
    ] {
        let text = measured(chain);
        assert!(text.lines().any(|line| line == format!("{name} {end}")), "{end} is not in\n{text}");
    }
}

#[tokio::test]
async fn with_authorities_of_clients_only_their_certificates_are_let_in() {
    let (authority, of_clients) = (Authority::new(), Authority::new());
    let settings = settings(Some(&of_clients));
    authority.write(&settings);
    let served = served(&settings).await;
    for versions in [&[&TLS12][..], &[&TLS13]] {
        let ours = authority.client(versions, Some(&of_clients));
        assert!(ask(&ours, &served).await.unwrap().contains(CARDS));
        assert!(ask(&authority.client(versions, None), &served).await.is_err(), "no certificate");
        let other = authority.client(versions, Some(&authority));
        assert!(ask(&other, &served).await.is_err(), "a certificate of another authority");
    }
}

#[test]
fn files_that_cannot_be_used_are_told_at_the_start() {
    let authority = Authority::new();
    let told = |settings: &config::Tls| {
        let error = Tls::load(settings).unwrap_err();
        crate::telemetry::chain(&error)
    };
    let settings = settings(None);
    assert!(told(&settings).starts_with("reading `"), "{}", told(&settings));
    authority.write(&settings);
    assert!(Tls::load(&settings).is_ok());
    std::fs::write(&settings.private_key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(told(&settings).starts_with("the certificate and the private key cannot be used together"));
    std::fs::write(&settings.private_key, SECRET).unwrap();
    assert!(told(&settings).ends_with("holds no private key in PEM"), "{}", told(&settings));
    assert!(!told(&settings).contains(SECRET));
}
