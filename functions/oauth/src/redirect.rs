//! Where an owner is sent back to. It has to be, letter by letter, what the app named when it introduced itself; only
//! the port of a program on this computer may be another one each time (RFC 8252, section 7.3).

use url::Url;

const MOST_BYTES: usize = 500;

/// What a browser would run, read or mail instead of handing it to an app.
const NEVER: [&str; 14] = [
    "javascript",
    "data",
    "file",
    "blob",
    "about",
    "vbscript",
    "ws",
    "wss",
    "ftp",
    "mailto",
    "filesystem",
    "intent",
    "view-source",
    "chrome",
];

const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];

/// As it is kept, without the port of a program on this computer; none if nobody is to be sent there.
pub(crate) fn kept(uri: &str) -> Option<String> {
    if uri.len() > MOST_BYTES
        || !uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>^`{|}".contains(&byte))
    {
        return None;
    }
    let url = Url::parse(uri).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    match url.scheme() {
        "https" => (url.has_host() && uri.starts_with("https://")).then(|| uri.to_owned()),
        "http" => without_port(uri),
        scheme if NEVER.contains(&scheme) => None,
        // Of a program that registered this scheme for itself.
        scheme => uri.starts_with(&format!("{scheme}:")).then(|| uri.to_owned()),
    }
}

/// Whether this is the place that is kept.
pub(crate) fn is(kept: &str, uri: &str) -> bool {
    kept == uri || without_port(uri).is_some_and(|uri| uri == kept)
}

/// Of a program on this computer; none for any other place.
fn without_port(uri: &str) -> Option<String> {
    let (host, rest) = LOOPBACK.iter().find_map(|host| Some((host, uri.strip_prefix(host)?)))?;
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let end = port.find(['/', '?']).unwrap_or(port.len());
            let (port, rest) = port.split_at_checked(end)?;
            let is_port = port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok();
            is_port.then_some(rest)?
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| format!("{host}{rest}"))
}

/// Whom the owner is sent back to, in words: a host, a program on this computer, or one that has its own scheme.
pub(crate) fn place(uri: &str) -> String {
    match (without_port(uri), Url::parse(uri)) {
        (Some(_), _) => "this computer".to_owned(),
        (None, Ok(url)) if url.scheme() == "https" => url.host_str().unwrap_or_default().to_owned(),
        (None, Ok(url)) => format!("{}:", url.scheme()),
        (None, Err(_)) => String::new(),
    }
}

/// What a page has to allow, so that a browser follows where its form leads.
pub(crate) fn source(uri: &str) -> String {
    match Url::parse(uri) {
        // A policy cannot name an IPv6 address.
        Ok(url) if uri.starts_with("http://[") => format!("{}:", url.scheme()),
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => "'none'".to_owned(),
    }
}

/// The address with what it is told.
pub(crate) fn with(uri: &str, told: &[(&str, &str)]) -> String {
    let told = form_urlencoded::Serializer::new(String::new()).extend_pairs(told).finish();
    let mark = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{mark}{told}")
}
