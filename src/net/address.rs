//! Which addresses may be connected to. Names are judged by what they resolve to, at the moment of connecting, so
//! that a name that first resolves to a public address and then to a private one does not pass.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How far a connection may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Addresses of the internet.
    Public,
    /// Those, and this machine.
    Sandbox,
    /// Every address of one host: the base is listed as private.
    Private,
}

impl Reach {
    /// May this address be connected to?
    #[must_use]
    pub fn admits(self, address: IpAddr) -> bool {
        match self {
            Reach::Public => is_public(address),
            Reach::Sandbox => address.is_loopback() || is_public(address),
            Reach::Private => match address.to_canonical() {
                IpAddr::V4(v4) => !v4.is_unspecified() && !v4.is_multicast() && !v4.is_broadcast(),
                IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_multicast(),
            },
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        // "This network", shared by carriers, protocol assignments, 6to4 relays, benchmarks; multicast and above.
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18)
        || a >= 224;
    !special
}

/// The global unicast range without the parts of it that carry other addresses inside, which may be private. A
/// network without IPv4 reaches it by 64:ff9b::/96; what is inside is judged.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocol assignments with Teredo, documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Resolves names as the machine does and keeps the addresses that are admitted.
#[derive(Debug)]
pub struct Resolver(pub Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> = found.filter(|address| reach.admits(address.ip())).collect();
            if admitted.is_empty() {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_public() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("198.17.0.1", true),
            ("198.20.0.1", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b:1::8.8.8.8", false),
            ("::", false),
            ("::1", false),
            ("::8.8.8.8", false),
            ("::ffff:8.8.8.8", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            let ip: IpAddr = address.parse().unwrap();
            assert_eq!(Reach::Public.admits(ip), public, "{address}");
            assert_eq!(Reach::Sandbox.admits(ip), public || ip.is_loopback(), "{address}");
        }
    }

    #[test]
    fn a_private_base_reaches_every_single_host() {
        for address in
            ["10.0.0.1", "127.0.0.1", "169.254.1.1", "fd12::1", "::1", "::ffff:10.0.0.1", "8.8.8.8"]
        {
            assert!(Reach::Private.admits(address.parse().unwrap()), "{address}");
        }
        for address in ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:0.0.0.0"] {
            assert!(!Reach::Private.admits(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn names_are_judged_by_their_addresses() {
        let resolve = async |reach| Resolver(reach).resolve("localhost".parse().unwrap()).await.is_ok();
        assert!(!resolve(Reach::Public).await);
        assert!(resolve(Reach::Sandbox).await);
        assert!(resolve(Reach::Private).await);
    }
}
