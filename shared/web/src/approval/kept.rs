//! A call that has to wait, kept as it was sent.

use crate::call::Call;
use crate::owner::in_address;
use crate::problem::{Problem, too_large};
use crate::site::door_of_apps;
use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use domain::Error;
use domain::approval::Request as Sent;
use domain::approval::{Approval, Asking, MOST_BODY_BYTES, MOST_WAITING, View};
use domain::audit::{Actor, Entry, Outcome};
use domain::id::ApprovalId;
use domain::ledger::Note;
use domain::shelf::Shelf;
use domain::table::{Expect, Put, Write};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::OnceLock;

/// What else a call says; the rest is how its answer shall look.
const HEADERS: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
];

/// What is needed to do it later.
pub(crate) struct Kept {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: OnceLock<Bytes>,
}

/// What a client of REST is told.
#[derive(Serialize, JsonSchema)]
pub struct Waiting {
    pub approval: View,
}

impl Kept {
    /// `None` for what reads, and for MCP, which keeps what it was told itself.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let (method, uri) = (request.method(), request.uri());
        if method.is_safe() || door_of_apps(uri.path()).is_some() {
            return None;
        }
        let sent =
            HEADERS.into_iter().filter_map(|name| Some((name.clone(), request.headers().get(name)?.clone())));
        Some(Self {
            method: method.clone(),
            uri: uri.clone(),
            headers: sent.collect(),
            body: OnceLock::new(),
        })
    }

    pub(crate) fn read(&self, body: &Bytes) {
        let _ = self.body.set(body.clone());
    }

    /// The key, if it stands in the address, is not kept.
    fn request(&self) -> Result<Sent, Problem> {
        let uri = in_address(&self.uri).map_or_else(|| self.uri.clone(), |(_, rest)| rest);
        let text = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
        let headers = self.headers.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
        let body = self.body.get().map(|body| String::from_utf8(body.to_vec()));
        Ok(Sent {
            method: self.method.to_string(),
            path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: headers.collect(),
            body: body.transpose().map_err(Problem::internal)?,
        })
    }

    pub(crate) async fn wait(&self, call: &Call, asking: &Asking) -> Result<Response, Problem> {
        let approval = ask(call, asking, self.request()?).await?;
        let place = format!("/v1/approvals/{}", approval.id);
        Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(Waiting { approval })).into_response())
    }
}

/// Lets this call wait. The same one waits once, however often it is sent.
pub async fn ask(call: &Call, asking: &Asking, request: Sent) -> Result<View, Problem> {
    if request.body.as_ref().is_some_and(|body| body.len() > MOST_BODY_BYTES) {
        let detail = "Its owner is asked before that, and what waits may have 64 kB. Send less at once.";
        return Err(too_large(detail));
    }
    // What cannot be shown to its owner is not asked about.
    if let Some(body) = &request.body {
        let shown = serde_json::from_str::<serde_json::Value>(body);
        shown.map_err(|error| Problem::invalid("", format!("its owner cannot be shown it: {error}")))?;
    }
    let mut tries = MOST_TRIES;
    loop {
        match wait_once(call, asking, &request).await {
            Err(Error::Conflict) if tries > 0 => tries -= 1,
            Err(Error::Conflict) => return Err(Error::Busy.into()),
            Err(Error::TooLarge { .. }) => {
                let detail = "Its owner is asked before that, and it is too long to wait. Send less.";
                return Err(too_large(detail));
            }
            waits => return waits?.ok_or_else(too_many).map(|approval| approval.view(call.at())),
        }
    }
}

/// How often other calls of the same connection may come to wait at the same moment.
const MOST_TRIES: usize = 200;

/// `None` if too many wait. Of those that come at once the later looks again: so the same call waits once, and there are
/// never more than may be.
async fn wait_once(call: &Call, asking: &Asking, request: &Sent) -> Result<Option<Approval>, Error> {
    let (app, owner, connection, at) = (call.app(), call.owner(), call.connection(), call.at());
    let coming = Approval::coming(owner, connection);
    let came = app.table.get(&coming).await?;
    let waiting = Approval::waiting_of(owner, connection, at);
    let first = waiting.page(&*app.table, None, MOST_WAITING).await?;
    let shelf = Shelf::<Approval>::new(&*app.table, owner);
    let waiting = shelf.kept(&waiting, first, MOST_WAITING, |one| one.is_open(at)).await?.items;
    let count = waiting.len();
    if let Some(same) = waiting.into_iter().find(|one| one.is_pending() && one.request == *request) {
        return Ok(Some(same));
    }
    if count >= MOST_WAITING {
        return Ok(None);
    }
    let id = ApprovalId::new(at, app.entropy.bytes());
    let (approval, put) = Approval::new(id, connection, asking.clone(), request.clone(), at).put(owner)?;
    let comes = Put::new(coming, "", Expect::of(came.as_ref()));
    app.table.transact(vec![Write::Put(comes), Write::Put(put)], app.op()).await?;
    let entry = Entry {
        connection: Some(connection),
        target: Some(id.to_string()),
        reason: Some(approval.said()),
        request: Some(call.request()),
        ..Entry::new(at, app.entropy.bytes(), Actor::Connection, "approval.asked", Outcome::Done)
    };
    app.ledger.note(owner, Note::Audit(entry)).await;
    Ok(Some(approval))
}

fn too_many() -> Problem {
    let detail = format!("{MOST_WAITING} calls wait for its owner already. Wait until some are decided.");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-waiting", "Too many wait", detail)
}
