//! Where this Larder is reached: what its metadata says, and what access tokens are made for.

use http::{HeaderMap, HeaderValue, header};
use url::Url;

#[derive(Debug, Clone)]
pub struct Site {
    scheme: &'static str,
    fixed: Option<String>,
}

impl Site {
    /// Reached over this scheme, under whatever name it is called by; if an address is given, always under that.
    pub fn new(scheme: &'static str, fixed: Option<&Url>) -> Self {
        Self { scheme, fixed: fixed.map(|url| url.origin().ascii_serialization()) }
    }

    /// `https://larder.example`, without a slash. Who names this host was checked before; nothing is repeated that
    /// could be more than a name and a port.
    pub fn origin(&self, headers: &HeaderMap) -> String {
        self.origin_of(headers.get(header::HOST))
    }

    pub(crate) fn origin_of(&self, host: Option<&HeaderValue>) -> String {
        if let Some(fixed) = &self.fixed {
            return fixed.clone();
        }
        let host = host.and_then(|host| host.to_str().ok());
        let is_plain = |host: &&str| {
            host.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'[' | b']'))
        };
        format!("{}://{}", self.scheme, host.filter(is_plain).unwrap_or("localhost"))
    }

    /// What access tokens are for.
    pub fn resource(&self, headers: &HeaderMap) -> String {
        resource(&self.origin(headers))
    }
}

pub fn resource(origin: &str) -> String {
    format!("{origin}{MCP}")
}

/// The face that lets apps in that bring a token.
pub const MCP: &str = "/mcp";

/// Its path, if this is it. Who typed a slash at its end goes on with it.
pub(crate) fn door_of_apps(path: &str) -> Option<&'static str> {
    [MCP, "/mcp/"].into_iter().find(|door| *door == path)
}
