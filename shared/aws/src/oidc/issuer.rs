//! The issuer: its public keys and the places where browsers sign in, fetched when they are first needed, and when a
//! token names a key that is not known.

use domain::clock::Clock;
use domain::outbound::{Caps, Method, Outbound, Request};
use domain::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard};

/// Whoever sends tokens with invented keys makes us ask no more often than this.
const BETWEEN_FETCHES: SignedDuration = SignedDuration::from_secs(60);
const AFTER_A_FAILURE: SignedDuration = SignedDuration::from_secs(5);

/// How long a key that the issuer took back may go on working.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// And how long when the issuer cannot be asked.
const USABLE: SignedDuration = SignedDuration::from_hours(24);

const MOST_KEYS: usize = 100;

pub(super) struct Issuer {
    name: String,
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

/// A key and the one algorithm that it may be used with.
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<Key>>,
    places: Places,
    fetched: Option<Timestamp>,
    not_before: Option<Timestamp>,
}

/// Where browsers sign in, and where what they bring back is traded; not every issuer has them.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Places {
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    #[serde(flatten)]
    places: Places,
}

#[derive(Deserialize)]
struct Traded {
    id_token: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Issuer {
    pub(super) fn new(name: String, outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        Self { name, outbound, clock, known: Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// `None` when the issuer has no such key; `Busy` when it could not be asked.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<Arc<Key>>> {
        Ok(self.known(|known| known.keys.contains_key(kid)).await?.keys.get(kid).cloned())
    }

    pub(super) async fn places(&self) -> Result<Places> {
        Ok(self.known(|_| true).await?.places.clone())
    }

    /// What is traded once, at the issuer's token endpoint, for the token of whoever signed in; `None` if it refuses.
    pub(super) async fn trade(&self, form: String) -> Result<Option<String>> {
        let missing = || Error::internal("the issuer has no token endpoint");
        let url = self.places().await?.token_endpoint.ok_or_else(missing)?;
        let url = url.parse().map_err(Error::internal)?;
        let headers = vec![
            ("accept", "application/json".to_owned()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let request = Request { method: Method::Post, url, headers, body: form, caps: Caps::default() };
        match self.outbound.send(request).await {
            Ok(answer) if answer.status == 200 => {
                let traded: Traded = serde_json::from_slice(&answer.body).map_err(Error::internal)?;
                Ok(Some(traded.id_token))
            }
            Ok(answer) if answer.status < 500 => Ok(None),
            failed => {
                tracing::error!(status = failed.ok().map(|answer| answer.status), "the issuer did not trade");
                Err(Error::Busy)
            }
        }
    }

    async fn known(&self, is_enough: impl Fn(&Known) -> bool) -> Result<MutexGuard<'_, Known>> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        let is_due = known.not_before.is_none_or(|moment| moment <= now);
        if is_due && !(known.is_within(FRESH, now) && is_enough(&known)) {
            match self.fetch().await {
                Ok((keys, places)) => {
                    let not_before = Some(now + BETWEEN_FETCHES);
                    *known = Known { keys, places, fetched: Some(now), not_before };
                }
                Err(error) => {
                    tracing::error!(%error, "the issuer's keys could not be fetched");
                    known.not_before = Some(now + AFTER_A_FAILURE);
                }
            }
        }
        if known.is_within(USABLE, now) { Ok(known) } else { Err(Error::Busy) }
    }

    async fn fetch(&self) -> Result<(HashMap<String, Arc<Key>>, Places)> {
        let place = format!("{}/.well-known/openid-configuration", self.name.trim_end_matches('/'));
        let discovery: Discovery = self.get(&place).await?;
        if discovery.issuer != self.name {
            return Err(Error::internal("the issuer calls itself otherwise"));
        }
        let set: KeySet = self.get(&discovery.jwks_uri).await?;
        let keys =
            set.keys.into_iter().take(MOST_KEYS).filter_map(|jwk| usable(serde_json::from_value(jwk).ok()?));
        Ok((keys.collect(), discovery.places))
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        let url = url.parse().map_err(Error::internal)?;
        let headers = vec![("accept", "application/json".to_owned())];
        let request =
            Request { method: Method::Get, url, headers, body: String::new(), caps: Caps::default() };
        let answer = self.outbound.send(request).await.map_err(Error::internal)?;
        if answer.status != 200 {
            return Err(Error::internal(format!("status {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(Error::internal)
    }
}

impl Known {
    fn is_within(&self, age: SignedDuration, now: Timestamp) -> bool {
        self.fetched.is_some_and(|fetched| now.duration_since(fetched) < age)
    }
}

/// What a key may be used with follows from its kind, never from the token that names it.
fn usable(jwk: Jwk) -> Option<(String, Arc<Key>)> {
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(of) if of.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(of) if of.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let is_for_it = jwk.common.key_algorithm.is_none_or(|told| told == named);
    let is_for_signatures =
        jwk.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    (is_for_it && is_for_signatures).then_some(())?;
    Some((jwk.common.key_id?, Arc::new(Key { algorithm, key })))
}
