//! A whole Larder in the test process, with two owners, a clock that the test moves and a network that records.

use crate::contract;
use crate::mcp::schemas;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use changes::{Changes, FanOut, Sealer};
use deliver::Deliver;
use domain::Error;
use domain::clock::{Clock, Entropy};
use domain::conformance::ManualClock;
use domain::data_keys::DataKeys;
use domain::error::Refusal;
use domain::id::OwnerId;
use domain::ledger::{Direct, Ledger, Note};
use domain::outbound::{Answer as Reply, Outbound, OutboundError, Reach as _, Request as Sent};
use domain::table::Table;
use due::Sweep;
use embedded::Store;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use local::Pump;
use outbound::Exempt;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::{App, Arrived, Credential, Elsewhere, Identity, Leaving, Ports, SignedIn, Site};

pub(crate) const OWNER: &str = "owner-token";
pub(crate) const OTHER_OWNER: &str = "other-owner-token";

pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) router: Router,
    process: Box<dyn Fn() -> App + Send + Sync>,
    pub(crate) pump: Arc<Pump>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) network: Arc<Network>,
    kept: (TempDir, embedded::Lock),
}

impl House {
    pub(crate) fn new() -> Self {
        Self::on(|table| table)
    }

    /// On a table that the test has put something in front of.
    pub(crate) fn on(front: impl Fn(Arc<dyn Table>) -> Arc<dyn Table>) -> Self {
        // Past the front: what is noted behind the answer is no part of what a call waits for.
        Self::noting(tempfile::tempdir().unwrap(), front, |store| {
            Arc::new(Direct::new(Arc::new(store.clone())))
        })
    }

    /// With what lies there already.
    pub(crate) fn in_folder(folder: TempDir) -> Self {
        Self::noting(folder, |table| table, |_| Arc::new(Deaf))
    }

    /// Behind whose answers nothing is ever written.
    pub(crate) fn noting_nothing() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    fn noting(
        folder: TempDir,
        front: impl Fn(Arc<dyn Table>) -> Arc<dyn Table>,
        ledger: impl Fn(&Store) -> Arc<dyn Ledger>,
    ) -> Self {
        let clock = Arc::new(ManualClock::default());
        let (time, entropy) = (Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Counter::default()));
        let opened = embedded::open(folder.path(), Arc::clone(&time), Arc::clone(&entropy) as _).unwrap();
        let (store, keyring) = (opened.store, opened.keys);
        let table = front(Arc::new(store.clone()));
        let keys = || Arc::new(DataKeys::new(Arc::clone(&table), Arc::new(keyring.clone())));
        let network = Arc::new(Network::default());
        let pump = Pump {
            store: store.clone(),
            clock: Arc::clone(&time),
            changes: Changes {
                sealer: Sealer {
                    table: Arc::clone(&table),
                    clock: Arc::clone(&time),
                    entropy: Arc::clone(&entropy) as _,
                },
                fan_out: FanOut::new(
                    Arc::clone(&table),
                    Arc::new(store.for_tellers()),
                    Arc::clone(&time),
                    Arc::clone(&entropy) as _,
                ),
            },
            deliver: Deliver {
                table: Arc::clone(&table),
                keys: keys(),
                outbound: Arc::clone(&network) as _,
                queue: Arc::new(store.clone()),
                clock: Arc::clone(&time),
                entropy: Arc::clone(&entropy) as _,
            },
            due: Sweep {
                table: Arc::clone(&table),
                queue: Arc::new(store.clone()),
                clock: Arc::clone(&time),
                entropy: Arc::clone(&entropy) as _,
            },
        };
        let ledger = ledger(&store);
        let outbound = Arc::clone(&network) as Arc<dyn Outbound>;
        let process = move || {
            App::new(Ports {
                table: Arc::clone(&table),
                keys: Arc::new(DataKeys::new(Arc::clone(&table), Arc::new(keyring.clone()))),
                ledger: Arc::clone(&ledger),
                identity: Arc::new(TwoOwners),
                reach: Arc::new(Exempt::default()),
                outbound: Arc::clone(&outbound),
                site: Site::new("http", None),
                clock: Arc::clone(&time),
                entropy: Arc::clone(&entropy) as _,
            })
        };
        let app = process();
        let router = local::routes().serve(app.clone());
        let (pump, process) = (Arc::new(pump), Box::new(process));
        Self { app, router, process, pump, store, clock, network, kept: (folder, opened.lock) }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.kept.0.path()
    }

    /// The same house, as a process that has just begun sees it.
    pub(crate) async fn send_cold(&self, request: Request<Body>) -> Answer {
        self.send_to(local::routes().serve((self.process)()), request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_to(self.router.clone(), request).await
    }

    async fn send_to(&self, router: Router, request: Request<Body>) -> Answer {
        let (parts, body) = request.into_parts();
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let sent = body.collect().await.unwrap().to_bytes();
        let request = Request::from_parts(parts, Body::from(sent.clone()));
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        contract::check(&method, &path, &sent, &answer);
        if path == "/mcp" {
            schemas::check(&sent, &answer).await;
        }
        answer
    }

    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        self.send(request(method, path, Some(token), body)).await
    }

    /// A connection of the first owner: its id and key.
    pub(crate) async fn connect(&self, input: Value) -> (String, String) {
        let made = self.call("POST", "/connections", OWNER, Some(input)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        (made.text("/connection/id"), made.text("/key"))
    }

    pub(crate) async fn api(&self, preset: &str) -> String {
        self.connect(json!({ "kind": "api", "name": "test", "preset": preset })).await.1
    }

    pub(crate) async fn task(&self, key: &str, title: &str) -> String {
        let made = self.call("POST", "/v1/tasks", key, Some(json!({ "title": title }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        made.text("/id")
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self, pointer: &str) -> String {
        let text = self.body.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no {pointer} in {}", self.body)).to_owned()
    }

    /// Every refusal is a problem that says what it is, and hides what it must.
    pub(crate) fn is_problem(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert!(self.text("/type").starts_with("urn:larder:problem:"));
        assert!(self.text("/request_id").starts_with("req_"));
        assert_eq!(self.headers["x-request-id"], self.text("/request_id"));
        self
    }
}

pub(crate) fn request(method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "larder.test");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()),
        None => request.body(Body::empty()),
    }
    .unwrap()
}

/// Their tokens are as old as the clock, unless they say otherwise: `owner-token@` and the second.
struct Deaf;

#[async_trait]
impl Ledger for Deaf {
    async fn note(&self, _: OwnerId, _: Note) {}
}

struct TwoOwners;

#[async_trait]
impl Identity for TwoOwners {
    async fn owner(&self, credential: Credential<'_>) -> domain::Result<SignedIn> {
        let Credential::Token(token) = credential else {
            return Err(Error::Unauthenticated(Refusal::NotSignedIn));
        };
        let name = token.to_owned();
        let (token, since) = token.split_once('@').unwrap_or((token, "1800000000"));
        let owner = match token {
            OWNER => OwnerId::of("test", "one"),
            OTHER_OWNER => OwnerId::of("test", "two"),
            _ => return Err(Error::Unauthenticated(Refusal::NotSignedIn)),
        };
        Ok(SignedIn { owner, since: Timestamp::from_second(since.parse().unwrap()).unwrap(), name })
    }

    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        Some(self)
    }
}

/// A browser that comes back with an owner's token is signed in; it brings what it wanted to see along.
#[async_trait]
impl Elsewhere for TwoOwners {
    async fn begin(&self, back: &str) -> domain::Result<Leaving> {
        Ok(Leaving { to: "https://issuer.example/".parse().unwrap(), cookie: format!("away={back}; Lax") })
    }

    async fn finish(&self, query: &str, headers: &HeaderMap) -> domain::Result<Arrived> {
        let back =
            web::cookie(headers, "away").ok_or(Error::Unauthenticated(Refusal::NotSignedIn))?.to_owned();
        let signed_in = self.owner(Credential::Token(query)).await?;
        Ok(Arrived { cookies: ["session=1; Strict", "away=; Lax"].map(str::to_owned), signed_in, back })
    }
}

/// Never the same bytes twice, the same ones in every run.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (slot, byte) in bytes.iter_mut().rev().zip(next.into_iter().rev()) {
            *slot = byte;
        }
    }
}

/// Keeps what was sent, to where anything may be sent; answers 200 unless told otherwise.
#[derive(Default)]
pub(crate) struct Network {
    /// What every answer says.
    pub(crate) body: Mutex<Vec<u8>>,
    pub(crate) sent: Mutex<Vec<Sent>>,
    pub(crate) replies: Mutex<VecDeque<u16>>,
    /// What the receiver does, if it is not that.
    pub(crate) receiver: Mutex<Option<Receiver>>,
}

pub(crate) type Receiver = Box<dyn Fn(&Sent) -> Result<Reply, OutboundError> + Send>;

impl Network {
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    /// From now on each answer is what this says: a status, and for how long it asks to be left alone.
    pub(crate) fn answers(&self, answer: impl Fn(&Sent) -> (u16, Option<String>) + Send + 'static) {
        let reply = move |sent: &Sent| {
            let (status, retry_after) = answer(sent);
            Ok(Reply { status, retry_after, body: Vec::new() })
        };
        *self.receiver.lock().unwrap() = Some(Box::new(reply));
    }
}

#[async_trait]
impl Outbound for Network {
    async fn send(&self, request: Sent) -> Result<Reply, OutboundError> {
        Exempt::default().permits(&request.url)?;
        if request.headers.iter().any(|(name, _)| *name == "webhook-id") {
            contract::check_event(&request.body);
        }
        let answer = self.receiver.lock().unwrap().as_ref().map(|receiver| receiver(&request));
        self.sent.lock().unwrap().push(request);
        if let Some(answer) = answer {
            return answer;
        }
        let status = self.replies.lock().unwrap().pop_front().unwrap_or(200);
        Ok(Reply { status, retry_after: None, body: self.body.lock().unwrap().clone() })
    }
}
