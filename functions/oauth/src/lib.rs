//! The authorization server: an app asks, the owner consents on a page of ours and narrows what the app gets, and the
//! app trades the code for tokens. An app is let in through a connection like any other.

mod authorize;
mod client;
mod consent;
mod document;
mod family;
mod form;
mod metadata;
mod pages;
mod redirect;
mod refused;
mod register;
mod revoke;
mod sign_in;
mod token;

use web::Access::{Owner, Public};
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("oauth")
        .get(Public, "/.well-known/oauth-protected-resource", metadata::of_resource)
        .get(Public, "/.well-known/oauth-protected-resource/mcp", metadata::of_resource)
        .get(Public, "/.well-known/oauth-protected-resource/mcp/", metadata::of_resource)
        .get(Public, "/.well-known/oauth-authorization-server", metadata::of_server)
        .post(Public, "/register", register::register)
        .post(Public, "/token", token::token)
        .post(Public, "/revoke", revoke::revoke)
        .for_any_page()
        .get(Public, "/authorize", authorize::authorize)
        .get(Public, "/consent", consent::show)
        .post(Owner, "/consent", consent::given)
        .get(Public, "/sign-in/begin", sign_in::begin)
        .get(Public, "/signed-in", sign_in::finish)
}
