//! What a client that is refused at the MCP face is told to do about it: where to read how to get a token, and which
//! scopes to ask for.

use crate::problem::Problem;
use domain::access::Action;
use domain::token::scope;
use http::{HeaderValue, StatusCode};

/// For the door that a call came to; none where plain `Bearer` is all that there is to say.
pub(crate) fn challenge(origin: &str, door: &str, problem: &Problem) -> Option<HeaderValue> {
    let (error, scope) = match (problem.status, problem.code()) {
        (StatusCode::UNAUTHORIZED, "no-key") => (None, usual_scope()),
        (StatusCode::UNAUTHORIZED, _) => (Some("invalid_token"), usual_scope()),
        (StatusCode::FORBIDDEN, "insufficient-scope") => {
            (Some("insufficient_scope"), problem.member("scope")?.to_owned())
        }
        _ => return None,
    };
    let metadata = format!("{origin}/.well-known/oauth-protected-resource{door}");
    let mut said = "Bearer ".to_owned();
    if let Some(error) = error {
        said += &format!("error=\"{error}\", error_description=\"{}\", ", plain(problem.detail()));
    }
    said += &format!("resource_metadata=\"{metadata}\", scope=\"{scope}\"");
    said.parse().ok()
}

/// What an app is asked to ask for: to delete, it comes back.
pub fn usual_scope() -> String {
    scope([Action::Read, Action::Write].into())
}

/// As a quoted string of a header may hold it.
fn plain(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}
