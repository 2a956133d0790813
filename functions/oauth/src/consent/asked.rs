//! What an app asked for, checked. The page carries it to the answer, sealed for its owner: nothing of it can be
//! exchanged in between.

use crate::client::Client;
use crate::form::Form;
use crate::redirect;
use crate::refused::Refused;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::{Action, Actions};
use domain::consent::{self, ClientName};
use domain::id::{ConnectionId, OwnerId};
use domain::token;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use web::{App, Problem};

/// How long a page may be looked at.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) to: consent::App,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) challenge: String,
    pub(crate) issuer: String,
    pub(crate) resource: String,
    pub(crate) actions: Actions,
    /// What is made of a yes, once however often it is pressed.
    pub(crate) connection: ConnectionId,
    until: Timestamp,
}

impl Asked {
    /// Whatever is wrong here is told to the app, which is known by now.
    pub(crate) fn read(
        form: &Form,
        client: &Client,
        id: &str,
        redirect_uri: &str,
        app: &App,
        headers: &HeaderMap,
    ) -> Result<Self, Refused> {
        if form.need("response_type")? != "code" {
            return Err(Refused::new("unsupported_response_type", "`response_type` is `code`"));
        }
        let challenge = form.need("code_challenge")?;
        if form.get("code_challenge_method") != Some("S256") || !is_digest(challenge) {
            return Err(Refused::request(
                "`code_challenge` is a SHA-256, and `code_challenge_method` is `S256`",
            ));
        }
        let (issuer, resource) = (app.site.origin(headers), app.site.resource(headers));
        if form.get("resource").is_some_and(|other| !is_resource(other, &resource)) {
            return Err(Refused::new("invalid_target", format!("`resource` is {resource}")));
        }
        let actions = match form.get("scope") {
            Some(scope) => token::actions(scope),
            None => [Action::Read, Action::Write].into(),
        };
        if actions.is_empty() {
            return Err(Refused::new(
                "invalid_scope",
                format!("known are {}", token::scope(Action::ALL.into())),
            ));
        }
        let now = app.clock.now();
        Ok(Self {
            to: consent::App {
                client: ClientName::of(id),
                app: client.name.clone(),
                host: redirect::place(redirect_uri),
            },
            redirect_uri: redirect_uri.to_owned(),
            state: form.get("state").map(str::to_owned),
            challenge: challenge.to_owned(),
            issuer,
            resource,
            actions,
            connection: ConnectionId::new(now, app.entropy.bytes()),
            until: now + LIFE,
        })
    }

    pub(crate) async fn seal(&self, app: &App, owner: OwnerId) -> Result<String, Problem> {
        Ok(app.keys.carry(&place(owner), self, app.op(), app.entropy.bytes()).await?)
    }

    /// What this owner was shown, if that is not too long ago.
    pub(crate) async fn open(text: &str, app: &App, owner: OwnerId) -> Result<Option<Self>, Problem> {
        let asked: Option<Self> = app.keys.carried(&place(owner), text).await?;
        Ok(asked.filter(|asked| app.clock.now() < asked.until))
    }
}

/// A slash at its end makes it no other place.
pub(crate) fn is_resource(given: &str, resource: &str) -> bool {
    given.strip_suffix('/').unwrap_or(given) == resource
}

fn is_digest(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|digest| digest.len() == 32)
}

fn place(owner: OwnerId) -> String {
    format!("consent {owner}")
}
