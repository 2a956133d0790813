//! What a caller prefers (RFC 7240). `return=minimal`: a writer that needs nothing back gets nothing but where it lies and
//! its version. `respond-async`: who does not wait for long work is told where to ask for it.

use http::{HeaderMap, HeaderName};

pub(crate) const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
pub(crate) const MINIMAL: &str = "return=minimal";

/// Whether the caller does without the item that it wrote.
pub(crate) fn is_minimal(headers: &HeaderMap) -> bool {
    wanted(headers) == Some(true)
}

/// What a caller says who does not wait.
const ASYNC: &str = "respond-async";

pub fn is_async(headers: &HeaderMap) -> bool {
    all(headers).any(|one| one.trim().eq_ignore_ascii_case(ASYNC))
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|one| one.split(';').next().unwrap_or_default())
}

/// What the first `return` says; what is not known is not a mistake.
fn wanted(headers: &HeaderMap) -> Option<bool> {
    let said = all(headers).find_map(|one| {
        let (name, value) = one.split_once('=')?;
        name.trim().eq_ignore_ascii_case("return").then_some(value)
    })?;
    Some(said.trim().trim_matches('"').eq_ignore_ascii_case("minimal"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_first_return_counts() {
        for (lines, minimal) in [
            (&["return=minimal"][..], Some(true)),
            (&["respond-async, Return = \"minimal\"; x=1"], Some(true)),
            (&["wait=10", "return=minimal"], Some(true)),
            (&["return=representation, return=minimal"], Some(false)),
            (&["returns=minimal", "handling=lenient; return=minimal"], None),
            (&["", ",;="], None),
        ] {
            let lines =
                lines.iter().map(|line| (HeaderName::from_static("prefer"), HeaderValue::from_static(line)));
            assert_eq!(wanted(&lines.collect()), minimal);
        }
    }
}
