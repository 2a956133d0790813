//! Owners who sign in with a browser, as the browser sees it.

use super::issuer::{AUDIENCE, ISSUER, Issuer, NOW, Signer, claims, token};
use crate::{dynamo, keyring};
use aws::{Browsers, DynamoTable, Oidc};
use domain::Error;
use domain::clock::{Clock, Entropy};
use domain::conformance::ManualClock;
use domain::data_keys::DataKeys;
use domain::error::Refusal;
use domain::id::OwnerId;
use http::{HeaderMap, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;
use web::{Arrived, Credential, Elsewhere, Identity, Leaving, SignedIn, System};

const BACK: &str = "/consent?client_id=lrdc_x&state=a%26b";

struct Host {
    oidc: Oidc,
    issuer: Arc<Issuer>,
    clock: Arc<ManualClock>,
    keys: Arc<DataKeys>,
}

/// What a browser has after it was sent away.
struct Away {
    to: Url,
    cookie: String,
}

impl Host {
    async fn start() -> Self {
        let (issuer, clock) = (Arc::new(Issuer::start()), Arc::new(ManualClock::default()));
        let client = dynamo::config(&dynamo::start().await);
        let time = Arc::clone(&clock) as Arc<dyn Clock>;
        let table = Arc::new(DynamoTable::new(client, dynamo::TABLE.to_owned(), time));
        let keys = Arc::new(DataKeys::new(table, Arc::new(keyring::host().await.0)));
        let oidc = Self::process(&issuer, &clock, &keys);
        Self { oidc, issuer, clock, keys }
    }

    fn process(issuer: &Arc<Issuer>, clock: &Arc<ManualClock>, keys: &Arc<DataKeys>) -> Oidc {
        let (audience, time) = (AUDIENCE.to_owned(), Arc::clone(clock) as _);
        let oidc = Oidc::new(ISSUER.to_owned(), audience, Arc::clone(issuer) as _, time);
        let entropy: Arc<dyn Entropy> = Arc::new(System);
        let public_url = "https://larder.example/".parse().unwrap();
        oidc.with(Browsers { public_url, keys: Arc::clone(keys), entropy })
    }

    fn way(&self) -> &dyn Elsewhere {
        self.oidc.elsewhere().unwrap()
    }

    async fn leaves(&self) -> Away {
        let Leaving { to, cookie } = self.way().begin(BACK).await.unwrap();
        Away { to, cookie: cookie.split(';').next().unwrap().to_owned() }
    }

    /// Comes back with what the issuer gives for these claims.
    fn claims_of(&self, away: &Away, changed: &[(&str, Value)]) -> String {
        self.issuer.signs_in(&away.to, |nonce| {
            let mut claims = claims();
            claims["nonce"] = json!(nonce);
            for (name, value) in changed {
                claims[*name] = value.clone();
            }
            token(&self.issuer, Signer::Ec, &claims)
        })
    }

    async fn arrives(&self, query: &str, cookie: &str) -> domain::Result<Arrived> {
        self.way().finish(query, &cookies(cookie)).await
    }

    async fn is_refused(&self, query: &str, cookie: &str, why: &str) {
        let answer = self.arrives(query, cookie).await.map(|arrived| arrived.back);
        assert!(matches!(answer, Err(Error::Unauthenticated(Refusal::NotSignedIn))), "{why}: {answer:?}");
    }

    async fn session(&self) -> String {
        let away = self.leaves().await;
        let arrived = self.arrives(&self.claims_of(&away, &[]), &away.cookie).await.unwrap();
        value(&arrived.cookies[0])
    }

    async fn owner(&self, session: &str) -> domain::Result<SignedIn> {
        self.oidc.owner(Credential::Session(session)).await
    }
}

fn cookies(line: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())])
}

fn value(set_cookie: &str) -> String {
    set_cookie.split([';', '=']).nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_signs_in_at_the_issuer_and_comes_back_with_a_session() {
    let host = Host::start().await;
    let Leaving { to, cookie } = host.way().begin(BACK).await.unwrap();
    let (kept, flags) = cookie.split_once(';').unwrap();
    assert!(kept.starts_with("__Host-larder_sign_in="));
    assert_eq!(
        flags, " Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600",
        "it comes along on the way back"
    );
    assert_eq!((to.host_str(), to.path()), (Some("login.example"), "/authorize"));
    let asked: HashMap<_, _> = to.query_pairs().into_owned().collect();
    assert_eq!(asked["redirect_uri"], "https://larder.example/signed-in");
    assert_eq!((asked["client_id"].as_str(), asked["pool"].as_str()), (AUDIENCE, "1"));
    assert!(!to.as_str().contains(&value(&cookie)), "what the browser keeps is no part of the address");

    let away = Away { to, cookie: kept.to_owned() };
    let query = host.claims_of(&away, &[]);
    let arrived = host.arrives(&query, &format!("theme=dark; {kept}")).await.unwrap();
    assert_eq!(arrived.back, BACK);
    assert_eq!(arrived.signed_in.owner, OwnerId::of(ISSUER, "ada"));
    assert_eq!(arrived.signed_in.since.as_second(), NOW);
    let [session, gone] = &arrived.cookies;
    let (given, flags) = session.split_once(';').unwrap();
    assert!(given.starts_with("__Host-larder_session=lrdo_session_own_"), "{given}");
    assert_eq!(flags, " Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200");
    assert!(gone.starts_with("__Host-larder_sign_in=; ") && gone.ends_with("Max-Age=0"), "{gone}");
    assert_eq!(host.oidc.cookie(), Some("__Host-larder_session"));
    let signed_in = host.owner(&value(session)).await.unwrap();
    assert_eq!((signed_in.owner, &signed_in.name), (arrived.signed_in.owner, &arrived.signed_in.name));
}

#[tokio::test]
async fn what_came_back_once_comes_back_for_nothing() {
    let host = Host::start().await;
    let away = host.leaves().await;
    let query = host.claims_of(&away, &[]);
    host.arrives(&query, &away.cookie).await.unwrap();
    host.is_refused(&query, &away.cookie, "the same again").await;
    let other = host.leaves().await;
    let query = host.claims_of(&other, &[]);
    host.is_refused(&query, &away.cookie, "to another browser").await;
    host.is_refused(&query, "theme=dark", "to a browser that never left").await;
    host.is_refused(&query, "__Host-larder_sign_in=", "to one that is back").await;
    let (code, _) = query.split_once('&').unwrap();
    host.is_refused(code, &other.cookie, "without a state").await;
    host.is_refused(&format!("{code}&state="), &other.cookie, "with an empty one").await;
    let (_, state) = query.split_once('&').unwrap();
    host.is_refused(&format!("error=access_denied&{state}"), &other.cookie, "who said no").await;
    host.is_refused(&format!("code=none&{state}"), &other.cookie, "an invented code").await;
    host.is_refused(&format!("{query}&iss=https://evil.example"), &other.cookie, "from elsewhere").await;
    host.arrives(&format!("{query}&iss={ISSUER}"), &other.cookie).await.unwrap();
}

#[tokio::test]
async fn only_a_token_of_this_very_sign_in_signs_in() {
    let host = Host::start().await;
    for (why, changed) in [
        ("another nonce", ("nonce", json!("0123456789abcdef0123456789abcdef"))),
        ("no nonce", ("nonce", Value::Null)),
        ("another audience", ("aud", json!("another"))),
        ("another issuer", ("iss", json!("https://evil.example"))),
        ("over", ("exp", json!(NOW - 6))),
    ] {
        let away = host.leaves().await;
        let query = host.claims_of(&away, &[changed]);
        host.is_refused(&query, &away.cookie, why).await;
    }
    let (mine, yours) = (host.leaves().await, host.leaves().await);
    let stolen = host.claims_of(&yours, &[]);
    let (code, _) = stolen.split_once('&').unwrap();
    let own = host.claims_of(&mine, &[]);
    let (_, state) = own.split_once('&').unwrap();
    host.is_refused(&format!("{code}&{state}"), &mine.cookie, "somebody else's code").await;
}

#[tokio::test]
async fn what_a_browser_keeps_is_sealed_and_holds_for_ten_minutes() {
    let host = Host::start().await;
    let away = host.leaves().await;
    let query = host.claims_of(&away, &[]);
    let (code, _) = query.split_once('&').unwrap();
    let kept = value(&away.cookie);
    for at in (0..kept.len()).step_by(11) {
        let mut bent = kept.clone();
        bent.replace_range(at..=at, if &kept[at..=at] == "A" { "B" } else { "A" });
        let state =
            super::issuer::text(ring::digest::digest(&ring::digest::SHA256, bent.as_bytes()).as_ref());
        let cookie = format!("__Host-larder_sign_in={bent}");
        host.is_refused(&format!("{code}&state={state}"), &cookie, "bent, with a state that fits").await;
    }
    host.clock.advance(SignedDuration::from_secs(599));
    host.arrives(&query, &away.cookie).await.unwrap();
    let away = host.leaves().await;
    host.clock.advance(SignedDuration::from_secs(600));
    let exp = ("exp", json!(NOW + 10_000));
    host.is_refused(&host.claims_of(&away, &[exp]), &away.cookie, "after ten minutes").await;
    let long = format!("/consent?state={}", "x".repeat(3_000));
    let refused = host.way().begin(&long).await.map(|leaving| leaving.to);
    assert!(matches!(refused, Err(Error::Invalid { .. })), "no browser keeps that: {refused:?}");
}

#[tokio::test]
async fn a_session_holds_for_twelve_hours_in_every_process_and_is_no_token() {
    let host = Host::start().await;
    let session = host.session().await;
    let another = Host::process(&host.issuer, &host.clock, &host.keys);
    another.owner(Credential::Session(&session)).await.unwrap();
    assert!(host.oidc.owner(Credential::Token(&session)).await.is_err());
    let id_token = token(&host.issuer, Signer::Ec, &claims());
    assert!(host.owner(&id_token).await.is_err(), "and a token is no session");
    assert!(host.owner(&session.replace("session", "token")).await.is_err());
    assert!(Host::start().await.owner(&session).await.is_err(), "nor does another Larder know it");
    let plain = Oidc::new(ISSUER.to_owned(), AUDIENCE.to_owned(), host.issuer.clone(), host.clock.clone());
    assert!(plain.owner(Credential::Session(&session)).await.is_err() && plain.elsewhere().is_none());
    host.clock.advance(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
    host.owner(&session).await.unwrap();
    host.clock.advance(SignedDuration::from_secs(1));
    assert!(host.owner(&session).await.is_err());
}

#[tokio::test]
async fn an_issuer_that_is_down_is_asked_later() {
    let host = Host::start().await;
    let away = host.leaves().await;
    let query = host.claims_of(&away, &[]);
    host.issuer.is_down(true);
    let busy = host.arrives(&query, &away.cookie).await.map(|arrived| arrived.back);
    assert!(matches!(busy, Err(Error::Busy)), "{busy:?}");
    host.issuer.is_down(false);
    host.arrives(&query, &away.cookie).await.unwrap();
}
