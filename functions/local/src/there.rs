//! The way to a Larder elsewhere, which the caller named.

use outbound::{Egress, Exempt};
use url::{Host, Url};

/// To this address and no other private one. What a secret is sent to must be who it says it is: none is sent over
/// plain `http`, but on this machine.
pub(crate) fn way_to(address: &Url) -> Option<Egress> {
    let is_here = match address.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    let is_safe = address.scheme() == "https" || is_here && address.scheme() == "http";
    let (host, port) = (address.host_str()?, address.port_or_known_default()?);
    is_safe.then(|| Egress::new(Exempt::parse(&format!("{host}:{port}"))))
}
