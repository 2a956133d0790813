//! The Larder whose data moves: this machine's, by itself or while it serves, or one elsewhere by its address.

use super::Failure;
use crate::cli::Token;
use crate::host::{Host, Settings};
use crate::identity::LocalOwner;
use crate::routes;
use crate::there::way_to;
use axum::Router;
use axum::body::{Body, to_bytes};
use domain::outbound::{Caps, Method, Outbound as _, OutboundError, Request};
use embedded::KeyFile;
use http::header;
use outbound::{Egress, Exempt};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;
use url::Url;
use web::System;

/// How long it is waited before a call is sent again that nobody answered: nothing is done twice.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 16];

/// As much as one answer may hold.
const MOST_ANSWER_BYTES: usize = 1 << 20;

pub(super) enum Larder {
    /// The data of a folder that nobody uses meanwhile.
    Here(Box<Host>, Router),
    There {
        url: String,
        token: Box<dyn Fn() -> String>,
        egress: Box<Egress>,
    },
}

impl Larder {
    pub(super) fn to_read(folder: &Path, address: Option<&Url>, token: &Token) -> Result<Self, Failure> {
        if address.is_none() && !folder.join("larder.db").exists() {
            return Err(Failure::NoData(folder.to_owned()));
        }
        Self::to_write(folder, address, token)
    }

    pub(super) fn to_write(folder: &Path, address: Option<&Url>, token: &Token) -> Result<Self, Failure> {
        if let Some(address) = address {
            let given = token.read()?.ok_or(Failure::NoToken)?;
            return Self::there(address, Box::new(move || given.clone()));
        }
        if let Some(url) = embedded::whereabouts(folder)? {
            let keys = KeyFile::open(&folder.join("larder.key"), false, Arc::new(System))?;
            let owner = LocalOwner::new(&keys, Arc::new(System), Arc::new(System));
            let url = url.parse().map_err(|_| Failure::Starting(folder.to_owned()))?;
            return Self::there(&url, Box::new(move || owner.token()));
        }
        let settings = Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            hosts: String::new(),
            public_url: None,
            outbound: Arc::new(Egress::new(Exempt::default())),
            reach: Arc::new(Exempt::default()),
            clock: Arc::new(System),
            entropy: Arc::new(System),
        };
        let host = Host::open(folder, settings)?;
        let router = routes().serve(host.app.clone());
        Ok(Self::Here(Box::new(host), router))
    }

    fn there(address: &Url, token: Box<dyn Fn() -> String>) -> Result<Self, Failure> {
        let egress = way_to(address).ok_or_else(|| Failure::Address(address.to_string()))?;
        let url = address.as_str().trim_end_matches('/').to_owned();
        Ok(Self::There { url, token, egress: Box::new(egress) })
    }

    /// Posts a body, or gets without one.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<String>,
    ) -> Result<T, Failure> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let why = match self.once(path, body.clone()).await {
                Ok((200, answer)) => return serde_json::from_slice(&answer).map_err(|_| self.foreign()),
                Ok((429 | 502..=504, answer)) => detail(&answer).unwrap_or_default(),
                Ok((status, answer)) => return Err(Failure::Refused(self.refusal(status, &answer))),
                Err(OutboundError::Forbidden(_)) => return Err(Failure::Address(self.name())),
                Err(error) => error.to_string(),
            };
            match pauses.next() {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => return Err(Failure::Silent(self.name(), why)),
            }
        }
    }

    async fn once(&self, path: &str, body: Option<String>) -> Result<(u16, Vec<u8>), OutboundError> {
        let method = if body.is_some() { Method::Post } else { Method::Get };
        match self {
            Self::Here(host, router) => {
                let broken = |error: &dyn ToString| OutboundError::Unreachable(error.to_string());
                let call = http::Request::builder()
                    .method(if body.is_some() { http::Method::POST } else { http::Method::GET })
                    .uri(path)
                    .header(header::AUTHORIZATION, format!("Bearer {}", host.owner.token()))
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(body.unwrap_or_default()))
                    .map_err(|error| broken(&error))?;
                let Ok(answer) = router.clone().oneshot(call).await;
                let status = answer.status().as_u16();
                let body = to_bytes(answer.into_body(), MOST_ANSWER_BYTES).await;
                Ok((status, body.map_err(|error| broken(&error))?.to_vec()))
            }
            Self::There { url, token, egress } => {
                let url = Url::parse(&format!("{url}{path}"));
                let url = url.map_err(|error| OutboundError::Unreachable(error.to_string()))?;
                let headers = vec![
                    ("authorization", format!("Bearer {}", token())),
                    ("content-type", "application/json".to_owned()),
                ];
                let (body, caps) = (body.unwrap_or_default(), Caps::default());
                let request = Request { method, url, headers, body, caps };
                let answer = egress.send(request).await?;
                Ok((answer.status, answer.body))
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Here(host, _) => host.file.display().to_string(),
            Self::There { url, .. } => url.clone(),
        }
    }

    fn foreign(&self) -> Failure {
        Failure::Refused(format!("{} does not answer as a Larder does; is the address right?", self.name()))
    }

    fn refusal(&self, status: u16, answer: &[u8]) -> String {
        let said = detail(answer).unwrap_or_else(|| "it does not say why; is the address right?".to_owned());
        format!("{} refused it ({status}): {said}", self.name())
    }

    /// What was noted is written, and the data file is whole.
    pub(super) async fn close(self) {
        if let Self::Here(host, router) = self {
            drop(router);
            host.app.idle().await;
            host.ledger.drain().await;
            if let Err(error) = host.store.close().await {
                tracing::warn!(%error, "the write-ahead log was left for the next start");
            }
        }
    }
}

fn detail(answer: &[u8]) -> Option<String> {
    let problem: Value = serde_json::from_slice(answer).ok()?;
    Some(problem.get("detail")?.as_str()?.to_owned())
}
