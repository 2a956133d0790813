//! An app that introduces itself by an address: its id leads to a document that says who it is. Anybody can name an
//! address, so it is asked for only on behalf of a signed-in owner, through the port that reaches nothing private, and
//! whatever goes wrong sounds the same.

use crate::client::{Client, Method};
use domain::outbound::{self, Caps, Request};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::Duration;
use url::Url;
use web::App;

const MOST_ADDRESS_BYTES: usize = 500;
const MOST_BYTES: usize = 5_000;
const LONGEST: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    client_secret: Option<IgnoredAny>,
}

/// Of a client id that is one; written in one way only, so that no two ids lead to one document.
pub(crate) fn address(id: &str) -> Option<Url> {
    let url = Url::parse(id).ok().filter(|_| id.len() <= MOST_ADDRESS_BYTES)?;
    let is_one = url.scheme() == "https"
        && url.as_str() == id
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_one.then_some(url)
}

pub(crate) async fn client(app: &App, url: Url) -> Option<Client> {
    let id = url.as_str().to_owned();
    let headers = vec![("accept", "application/json".to_owned())];
    let request =
        Request { method: outbound::Method::Get, url, headers, body: String::new(), caps: Caps::default() };
    let answer = tokio::time::timeout(LONGEST, app.outbound.send(request)).await.ok()?.ok()?;
    if answer.status != 200 || answer.body.len() > MOST_BYTES {
        return None;
    }
    let said: Document = serde_json::from_slice(&answer.body).ok()?;
    let method = said.token_endpoint_auth_method;
    if said.client_id != id || said.client_secret.is_some() || method.is_some_and(|method| method != "none") {
        return None;
    }
    Client::checked(said.client_name.as_deref(), &said.redirect_uris, Method::Nothing).ok()
}
