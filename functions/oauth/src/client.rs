//! Apps. One that registers is kept nowhere: its id says what it said, with a tag that only Larder can make, so that
//! nobody fills our table and who registers again is the same app.

use crate::form::Form;
use crate::redirect;
use crate::refused::Refused;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::consent::ClientName;
use domain::hex;
use domain::signing::{Label, SigningKeys};
use domain::text::is_plain;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

const PREFIX: &str = "lrdc_";
const MOST_ID_BYTES: usize = 2_000;
const MOST_NAME: usize = 100;
const MOST_REDIRECTS: usize = 10;

/// What an app says of itself, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    #[serde(rename = "n")]
    pub(crate) name: String,
    #[serde(rename = "r")]
    redirects: Vec<String>,
    #[serde(rename = "m")]
    pub(crate) method: Method,
}

/// How it proves that it is itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    #[serde(rename = "none")]
    Nothing,
    #[serde(rename = "client_secret_post")]
    Post,
    #[serde(rename = "client_secret_basic")]
    Basic,
}

impl Client {
    pub(crate) fn checked(name: Option<&str>, redirects: &[String], method: Method) -> Result<Self, Refused> {
        let wrong = |what: &str| Refused::new("invalid_client_metadata", what);
        let name: String = name.unwrap_or("An app").chars().filter(|c| is_plain(*c)).collect();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() || name.chars().count() > MOST_NAME {
            return Err(wrong("`client_name` has 1 to 100 characters"));
        }
        if redirects.is_empty() || redirects.len() > MOST_REDIRECTS {
            return Err(Refused::new("invalid_redirect_uri", "1 to 10 `redirect_uris` are expected"));
        }
        let kept: Option<Vec<_>> = redirects.iter().map(|uri| redirect::kept(uri)).collect();
        let unusable = "an https address, one of this computer, or a scheme of the app's own is expected";
        let redirects = kept.ok_or_else(|| Refused::new("invalid_redirect_uri", unusable))?;
        Ok(Self { name, redirects, method })
    }

    /// Its id, if that is not too long.
    pub(crate) fn id(&self, keys: &SigningKeys) -> Result<String, Refused> {
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let id = format!("{PREFIX}{said}.{}", tag(&said, keys));
        let long = || Refused::new("invalid_client_metadata", "that is more than a client id can hold");
        if id.len() <= MOST_ID_BYTES { Ok(id) } else { Err(long()) }
    }

    /// Who registered here under this id.
    pub(crate) fn registered(id: &str, keys: &SigningKeys) -> Option<Self> {
        let (said, given) = id.strip_prefix(PREFIX).filter(|_| id.len() <= MOST_ID_BYTES)?.split_once('.')?;
        let genuine: bool = tag(said, keys).as_bytes().ct_eq(given.as_bytes()).into();
        genuine.then(|| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()).flatten()
    }

    pub(crate) fn sends_back_to(&self, uri: &str) -> bool {
        self.redirects.iter().any(|kept| redirect::is(kept, uri))
    }
}

/// What proves that a client is the one with this id; it is kept nowhere either.
pub(crate) fn secret(id: &str, keys: &SigningKeys) -> String {
    let tag: [u8; 32] = keys.tag(Label::ClientSecret, id.as_bytes());
    format!("lrds_{}", hex(&tag))
}

/// Who calls the token endpoint, if it proves that it is who it says.
pub(crate) fn caller(headers: &HeaderMap, form: &Form, keys: &SigningKeys) -> Result<ClientName, Refused> {
    let (id, given) = match basic(headers)? {
        Some(_) if form.get("client_secret").is_some() => {
            return Err(Refused::request("a client proves itself in one way, not two"));
        }
        Some((id, _)) if form.get("client_id").is_some_and(|other| other != id) => {
            return Err(Refused::client());
        }
        Some((id, secret)) => (id, Some(secret)),
        None => (form.need("client_id")?.to_owned(), form.get("client_secret").map(str::to_owned)),
    };
    let method = match Client::registered(&id, keys) {
        Some(client) => client.method,
        None if crate::document::address(&id).is_some() => Method::Nothing,
        None => return Err(Refused::client()),
    };
    let right = |given: &str| bool::from(secret(&id, keys).as_bytes().ct_eq(given.as_bytes()));
    match (method, given.filter(|given| !given.is_empty())) {
        (Method::Nothing, None) => {}
        (Method::Post | Method::Basic, Some(given)) if right(&given) => {}
        _ => return Err(Refused::client()),
    }
    Ok(ClientName::of(&id))
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refused> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let read = || {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        let pair = STANDARD.decode(scheme.eq_ignore_ascii_case("basic").then_some(rest)?.trim()).ok()?;
        let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
        Some((plain(id), plain(secret)))
    };
    read().map(Some).ok_or_else(Refused::client)
}

/// Both halves are written as in a form.
fn plain(text: &str) -> String {
    let pair = format!("x={}", text.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn tag(said: &str, keys: &SigningKeys) -> String {
    hex(&keys.tag::<16>(Label::Client, said.as_bytes()))
}
