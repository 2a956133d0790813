//! A call that may be sent again: under one `Idempotency-Key` it takes effect once, and every repeat gets the answer
//! of the first. The answer is kept in the transaction of the effect, so that neither can be there without the other.

mod answer;
mod part;

pub(crate) use answer::replayed;
pub use answer::{Answer, Answered};
use part::Part;

use crate::app::App;
use crate::body::json_bytes;
use crate::call::Call;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use domain::access::{Action, Resource, Scope};
use domain::id::{ConnectionId, OwnerId};
use domain::keyring::{DataKey, Purpose};
use domain::operation::Operation;
use domain::seal;
use domain::table::{Expect, Put, RowKey};
use domain::{Error, hex, schema};
use futures_util::future::try_join;
use http::{HeaderMap, HeaderName, header};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::future::ready;
use std::sync::Arc;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What was sent, and what tells whether the call was sent before.
pub struct Repeatable<T>(pub T, pub Once);

/// A call as it was sent; without an `Idempotency-Key` nothing is looked up or kept.
pub struct Once(Option<Sent>);

struct Sent {
    key: String,
    method: String,
    path: String,
    /// Of all that the same call must repeat.
    digest: [u8; 32],
}

/// Where the answer will lie, for the handler to write it beside the effect.
pub struct Keep<'a>(Option<Place<'a>>);

#[derive(Clone)]
struct Place<'a> {
    app: &'a App,
    row: RowKey,
    digest: [u8; 32],
    sees: Sees,
    data_key: Arc<DataKey>,
}

/// A digest of what the caller may read of what it makes; that of an owner is all zeros.
type Sees = [u8; 32];

#[derive(Serialize, Deserialize)]
struct Kept<A> {
    digest: [u8; 32],
    #[serde(default)]
    sees: Sees,
    answer: A,
}

impl<T: FromRequest<App, Rejection = Problem>> FromRequest<App> for Repeatable<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let Some(key) = sent_key(request.headers())? else {
            return Ok(Self(T::from_request(request, app).await?, Once(None)));
        };
        let (method, uri) = (request.method().to_string(), request.uri().clone());
        let (parts, body) = request.into_parts();
        let bytes = json_bytes(Request::from_parts(parts.clone(), body), app).await?;
        let digest = hash(&[uri.query().unwrap_or_default().as_bytes(), &bytes]);
        let once = Sent { key, method, path: uri.path().to_owned(), digest };
        // What was sent without a body is read without one, too.
        let is_typed = parts.headers.contains_key(header::CONTENT_TYPE);
        let body = if is_typed { Body::from(bytes) } else { Body::empty() };
        let read = T::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self(read, Once(Some(once))))
    }
}

impl Once {
    /// For a face on which nothing is sent again.
    pub const fn never() -> Self {
        Self(None)
    }

    /// What was sent under no key is known by this name, if there is one.
    pub(crate) fn or(self, name: Option<&str>) -> Self {
        let named = |name: &str| Sent {
            key: name.to_owned(),
            method: "approved".to_owned(),
            path: String::new(),
            digest: [0; 32],
        };
        Self(self.0.or_else(|| name.map(named)))
    }

    /// The same as `run` for a call of a connection, which gets no earlier answer for what it may not do any more.
    pub async fn run_call<'a, W: Future<Output = Result<Answer, Problem>>>(
        self,
        call: &'a Call,
        operation: &Operation,
        work: impl FnOnce(Keep<'a>) -> W,
    ) -> Result<Answered, Problem> {
        // Without an earlier answer to get, the work itself asks.
        if self.0.is_none() {
            return work(Keep(None)).await.map(Answered::first);
        }
        call.may(operation, ready(Ok(()))).await?;
        let caller = Some((call.connection(), sees(call, operation.resource).await?));
        self.run_as(call.app(), call.owner(), caller, work).await
    }

    /// Runs an owner's `work`, which writes what `Keep` gives it together with its effect; or answers as it did before.
    pub async fn run<'a, W: Future<Output = Result<Answer, Problem>>>(
        self,
        app: &'a App,
        owner: OwnerId,
        work: impl FnOnce(Keep<'a>) -> W,
    ) -> Result<Answered, Problem> {
        self.run_as(app, owner, None, work).await
    }

    /// Keys of the owner and of each connection (`caller`) are their own.
    async fn run_as<'a, W: Future<Output = Result<Answer, Problem>>>(
        self,
        app: &'a App,
        owner: OwnerId,
        caller: Option<(ConnectionId, Sees)>,
        work: impl FnOnce(Keep<'a>) -> W,
    ) -> Result<Answered, Problem> {
        let Some(sent) = self.0 else { return work(Keep(None)).await.map(Answered::first) };
        let (caller, sees) = caller.map_or((None, Sees::default()), |(caller, sees)| (Some(caller), sees));
        let row = sent.row(owner, caller, None);
        let data_key = app.keys.find_or_make(owner, Purpose::Idempotency, app.op());
        let (found, data_key) = try_join(app.table.get(&row), data_key).await?;
        Part::of(Place { app, row, digest: sent.digest, sees, data_key }, found.as_ref())?.run(work).await
    }
}

impl Sent {
    /// Of a call of many parts each has its own.
    fn row(&self, owner: OwnerId, caller: Option<ConnectionId>, part: Option<usize>) -> RowKey {
        let caller = caller.map_or_else(|| "owner".to_owned(), |connection| connection.to_string());
        let part = part.map(|part| part.to_string());
        let parts = [&caller, &self.method, &self.path, &self.key].into_iter().chain(&part);
        let parts: Vec<_> = parts.map(|part| part.as_bytes()).collect();
        schema::idempotency(owner, &hex(&hash(&parts)))
    }
}

impl Keep<'_> {
    /// What to write, in the transaction of the effect; nothing for a call without an `Idempotency-Key`.
    pub fn answer(&self, answer: &Answer) -> domain::Result<Option<Put>> {
        let Some(Place { app, row, digest, sees, data_key }) = &self.0 else { return Ok(None) };
        let kept = Kept { digest: *digest, sees: *sees, answer };
        let plain = serde_json::to_vec(&kept).map_err(Error::internal)?;
        let sealed = seal::seal(data_key, &row.sort, app.entropy.bytes(), &plain)?;
        let body = serde_json::to_string(&sealed).map_err(Error::internal)?;
        let expires = Some(schema::idempotency_expiry(app.clock.now()));
        Ok(Some(Put { expires, ..Put::new(row.clone(), body, Expect::Absent) }))
    }
}

async fn sees(call: &Call, resource: Resource) -> Result<Sees, Problem> {
    let reads = call.scope(Action::Read, resource).await?.ok();
    let rules: Vec<_> = reads.iter().flat_map(Scope::rules).collect();
    Ok(hash(&[&serde_json::to_vec(&rules).map_err(Error::internal)?]))
}

/// With or without the quotes of a structured field.
fn sent_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut sent = headers.get_all(KEY).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| match text.strip_prefix('"') {
        Some(rest) => unquoted(rest.strip_suffix('"')?),
        None => Some(text.to_owned()),
    });
    let fits =
        |key: &String| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let detail = "1 to 255 visible ASCII characters are expected, once, such as a UUID";
    let key = key.filter(|key| fits(key) && sent.next().is_none());
    key.map(Some).ok_or_else(|| Problem::invalid("Idempotency-Key", detail))
}

fn unquoted(text: &str) -> Option<String> {
    let (mut key, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        key.push(match letter {
            '\\' => letters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            '"' => return None,
            plain => plain,
        });
    }
    Some(key)
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.finish().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn key(values: &[&str]) -> Result<Option<String>, Problem> {
        let values = values.iter().map(|value| (KEY, HeaderValue::from_str(value).unwrap()));
        sent_key(&values.collect())
    }

    #[test]
    fn a_key_is_a_token_or_a_string_of_visible_characters() {
        let long = "x".repeat(255);
        assert_eq!(key(&[]).unwrap(), None);
        for (sent, read) in
            [("a-1", "a-1"), ("\"a-1\"", "a-1"), (r#""a\"\\b""#, r#"a"\b"#), (&long, &long), ("a\"b", "a\"b")]
        {
            assert_eq!(key(&[sent]).unwrap().as_deref(), Some(read));
        }
        let longer = format!("\"{long}x\"");
        for bad in ["", "\"", "\"\"", "a b", "\"a b\"", "\"a", "\"a\"b\"", r#""a\b""#, r#""a\""#, &longer] {
            let detail = key(&[bad]).unwrap_err().detail().to_owned();
            assert!(detail.starts_with("Idempotency-Key: "), "{bad}: {detail}");
        }
        assert!(key(&["a", "a"]).is_err(), "twice");
    }
}
