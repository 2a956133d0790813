//! Where a call comes from, as the host knows it; never what a client says of itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address at the other end. A host puts it beside the request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Enough to tell one network from another, and not one person: an IPv4 /24 or an IPv6 /48.
    pub fn anonymised(self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{}/24", Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                // 6to4: the next 32 bits are a whole IPv4 address.
                let c = if a == 0x2002 { c & 0xff00 } else { c };
                format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_network_is_told() {
        for (address, told) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("2002:cb00:714d:1::1", "2002:cb00:7100::/48"),
            ("::1", "::/48"),
        ] {
            assert_eq!(Peer(address.parse().unwrap()).anonymised(), told);
        }
    }
}
