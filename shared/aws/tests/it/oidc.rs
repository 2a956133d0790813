//! Whom the owner's tokens are believed.

mod browsers;
mod forged;
mod issuer;

use aws::Oidc;
use domain::Error;
use domain::conformance::ManualClock;
use domain::error::Refusal;
use domain::id::OwnerId;
use issuer::{AUDIENCE, ISSUER, Issuer, Signer, claims, token};
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;

struct Host {
    oidc: Oidc,
    issuer: Arc<Issuer>,
    clock: Arc<ManualClock>,
}

impl Host {
    fn start() -> Self {
        let (issuer, clock) = (Arc::new(Issuer::start()), Arc::new(ManualClock::default()));
        let oidc = Oidc::new(ISSUER.to_owned(), AUDIENCE.to_owned(), issuer.clone(), clock.clone());
        Self { oidc, issuer, clock }
    }

    async fn is_refused(&self, token: &str, why: &str) {
        let answer = self.oidc.owner_of(token).await;
        assert!(matches!(answer, Err(Error::Unauthenticated(Refusal::NotSignedIn))), "{why}: {answer:?}");
    }

    async fn is_accepted(&self, token: &str) {
        assert_eq!(self.oidc.owner_of(token).await.unwrap().owner, OwnerId::of(ISSUER, "ada"));
    }
}

#[tokio::test]
async fn a_genuine_token_names_its_owner() {
    let host = Host::start();
    for signer in [Signer::Rsa, Signer::Ec, Signer::Ed] {
        host.is_accepted(&token(&host.issuer, signer, &claims())).await;
    }
}

#[tokio::test]
async fn what_may_differ() {
    let host = Host::start();
    let now = issuer::NOW;
    for (name, value) in [
        ("aud", json!(["somebody", AUDIENCE])),
        ("exp", json!(now - 5)),
        ("exp", json!(now as f64 + 0.5)),
        ("nbf", json!(now + 5)),
        ("iat", json!(now + 5)),
        ("iat", json!(now - 1_000_000)),
    ] {
        let mut claims = claims();
        claims[name] = value;
        host.is_accepted(&token(&host.issuer, Signer::Rsa, &claims)).await;
    }
}

#[tokio::test]
async fn a_token_is_as_old_as_the_sign_in_behind_it() {
    let host = Host::start();
    let now = issuer::NOW;
    let since = async |changed: &[(&str, f64)]| {
        let mut claims = claims();
        for (name, value) in changed {
            claims[name] = json!(value);
        }
        let token = token(&host.issuer, Signer::Ec, &claims);
        let signed_in = host.oidc.owner_of(&token).await.unwrap();
        assert_eq!(
            signed_in.name,
            signed_in.since.as_second().to_string(),
            "a renewed token is no other sign-in"
        );
        signed_in.since.as_second() - now
    };
    assert_eq!(since(&[]).await, 0);
    assert_eq!(since(&[("iat", now as f64 - 1.5)]).await, -2, "a second that has begun does not count");
    assert_eq!(since(&[("auth_time", now as f64 - 3600.0)]).await, -3600);
    assert_eq!(since(&[("auth_time", now as f64 + 3600.0)]).await, 0);
}

#[tokio::test]
async fn no_forged_token_passes() {
    let host = Host::start();
    let forged = forged::all(&host.issuer);
    assert!(forged.len() >= 40, "only {} of them", forged.len());
    for (why, token) in forged {
        host.is_refused(&token, why).await;
    }
    host.is_accepted(&token(&host.issuer, Signer::Rsa, &claims())).await;
}

#[tokio::test]
async fn time_passes_for_a_token() {
    let host = Host::start();
    let token = token(&host.issuer, Signer::Ec, &claims());
    host.clock.advance(SignedDuration::from_secs(605));
    host.is_accepted(&token).await;
    host.clock.advance(SignedDuration::from_secs(1));
    host.is_refused(&token, "ten minutes and six seconds old").await;
}

#[tokio::test]
async fn the_keys_are_fetched_once_and_again_at_most_once_a_minute() {
    let host = Host::start();
    let genuine = token(&host.issuer, Signer::Rsa, &claims());
    let unknown = issuer::sign(&host.issuer, Signer::Rsa, &json!({"alg": "RS256", "kid": "new"}), &claims());
    for _ in 0..20 {
        host.is_accepted(&genuine).await;
        host.is_refused(&unknown, "unknown key").await;
    }
    assert_eq!(host.issuer.fetches(), 1);
    host.clock.advance(SignedDuration::from_secs(61));
    for _ in 0..20 {
        host.is_refused(&unknown, "unknown key").await;
        host.is_accepted(&genuine).await;
    }
    assert_eq!(host.issuer.fetches(), 2);
    host.is_refused("no token", "no key is asked for").await;
    assert_eq!(host.issuer.fetches(), 2);
}

#[tokio::test]
async fn keys_come_and_go() {
    let host = Host::start();
    let mut lasting = claims();
    lasting["exp"] = json!(issuer::NOW + 1_000_000);
    let (old, new) = (token(&host.issuer, Signer::Rsa, &lasting), token(&host.issuer, Signer::Ed, &lasting));
    host.issuer.publish(&["rsa"]);
    host.is_accepted(&old).await;
    host.is_refused(&new, "not published yet").await;
    host.issuer.publish(&["ed"]);
    host.clock.advance(SignedDuration::from_secs(61));
    host.is_accepted(&new).await;
    host.is_refused(&old, "no longer published").await;
    host.issuer.publish(&["rsa"]);
    host.clock.advance(SignedDuration::from_hours(1));
    host.is_refused(&new, "an hour after it was taken back").await;
}

#[tokio::test]
async fn an_issuer_that_is_down_is_not_a_refusal() {
    let host = Host::start();
    let mut lasting = claims();
    lasting["exp"] = json!(issuer::NOW + 1_000_000);
    let token = token(&host.issuer, Signer::Rsa, &lasting);
    let is_busy = async || matches!(host.oidc.owner_of(&token).await, Err(Error::Busy));
    host.issuer.is_down(true);
    assert!(is_busy().await);
    host.issuer.is_down(false);
    assert!(is_busy().await, "it is not asked at every call");
    host.clock.advance(SignedDuration::from_secs(5));
    host.is_accepted(&token).await;
    host.issuer.is_down(true);
    host.clock.advance(SignedDuration::from_hours(23));
    host.is_accepted(&token).await;
    host.clock.advance(SignedDuration::from_hours(1));
    assert!(is_busy().await, "keys of yesterday are believed no more");
}

#[tokio::test]
async fn an_issuer_of_another_name_is_not_asked_for_keys() {
    let host = Host::start();
    host.issuer.call_itself("https://evil.example");
    let token = token(&host.issuer, Signer::Rsa, &claims());
    assert!(matches!(host.oidc.owner_of(&token).await, Err(Error::Busy)));
    assert_eq!(host.issuer.fetches(), 0);
}
