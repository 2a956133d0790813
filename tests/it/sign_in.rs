//! The local host as it is opened: its link, its session, its host names.

use crate::harness::Network;
use axum::body::Body;
use domain::clock::Clock as _;
use domain::conformance::ManualClock;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use local::{Host, LocalOwner, Settings};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::System;

pub(crate) fn open() -> (Host, Arc<ManualClock>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    (start(&folder, &clock), clock, folder)
}

pub(crate) fn start(folder: &TempDir, clock: &Arc<ManualClock>) -> Host {
    start_in(folder, clock, Arc::default())
}

pub(crate) fn start_in(folder: &TempDir, clock: &Arc<ManualClock>, network: Arc<Network>) -> Host {
    let settings = Settings {
        listen: "127.0.0.1:4747".parse().unwrap(),
        hosts: "larder.home".to_owned(),
        public_url: None,
        outbound: network,
        reach: Arc::new(outbound::Exempt::default()),
        clock: Arc::clone(clock) as _,
        entropy: Arc::new(System),
    };
    Host::open(folder.path(), settings).unwrap()
}

pub(crate) async fn send(
    host: &Host,
    request: http::request::Builder,
    body: &'static str,
) -> (StatusCode, http::HeaderMap, String) {
    let response = host.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (parts.status, parts.headers, text)
}

pub(crate) fn at(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "127.0.0.1:4747")
}

pub(crate) async fn session(host: &Host) -> String {
    let (status, headers, _) = send(host, at("GET", &host.owner.link()), "").await;
    assert_eq!(status, StatusCode::OK);
    headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

pub(crate) async fn is_signed_in(host: &Host, cookie: &str) -> bool {
    let (status, _, page) = send(host, at("GET", "/").header("cookie", cookie), "").await;
    assert_eq!(status, StatusCode::OK);
    !page.contains("You are not signed in")
}

pub(crate) fn own(method: &str, path: &str, cookie: &str) -> http::request::Builder {
    at(method, path).header("cookie", cookie).header("sec-fetch-site", "same-origin")
}

pub(crate) fn by_token(path: &str, token: &str) -> http::request::Builder {
    at("GET", path).header("authorization", format!("Bearer {token}"))
}

#[tokio::test]
async fn the_link_signs_in_once() {
    let (host, clock, folder) = open();
    let (_, _, page) = send(&host, at("GET", "/"), "").await;
    assert!(page.contains("You are not signed in") && page.contains("sign-in --data"));
    let link = host.owner.link();
    assert_eq!(send(&host, at("HEAD", &link), "").await.0, StatusCode::NO_CONTENT, "looking uses nothing up");
    let ahead = at("GET", &link).header("sec-purpose", "prefetch");
    assert_eq!(send(&host, ahead, "").await.0, StatusCode::NO_CONTENT, "nor does looking ahead");
    let (status, headers, page) = send(&host, at("GET", &link), "").await;
    assert!(
        status == StatusCode::OK && page.contains("http-equiv=\"refresh\" content=\"0; url=/\""),
        "{page}"
    );
    let (cookie, attributes) = headers["set-cookie"].to_str().unwrap().split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
    assert_eq!(send(&host, at("GET", &link), "").await.0, StatusCode::FORBIDDEN, "it works once");
    let (status, headers, page) = send(&host, at("GET", "/").header("cookie", cookie), "").await;
    assert!(status.is_success() && page.contains("There is none yet"));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let (link_of_before, cookie) = (host.owner.link(), cookie.to_owned());
    drop(host);
    let host = start(&folder, &clock);
    assert_eq!(send(&host, at("GET", &link), "").await.0, StatusCode::FORBIDDEN, "in no later start either");
    assert!(is_signed_in(&host, &cookie).await, "a session outlives the process");
    assert_eq!(send(&host, at("GET", &link_of_before), "").await.0, StatusCode::OK, "as does an unused link");
    clock.advance("720h".parse().unwrap());
    assert!(!is_signed_in(&host, &cookie).await, "a session ends after 30 days, at {}", clock.now());
}

#[tokio::test]
async fn only_a_genuine_link_signs_in_and_only_for_ten_minutes() {
    let (host, clock, folder) = open();
    let key = embedded::KeyFile::open(&folder.path().join("larder.key"), false, Arc::new(System)).unwrap();
    let apart = LocalOwner::new(&key, Arc::clone(&clock) as _, Arc::new(System));
    assert_eq!(send(&host, at("GET", &apart.link()), "").await.0, StatusCode::OK, "what `sign-in` prints");
    let (late, link) = (apart.link(), apart.link());
    let (start, tag) = link.split_at(link.len() - 64);
    let mut forged = vec![
        format!("{start}{}{}", if tag.starts_with('0') { "1" } else { "0" }, &tag[1..]),
        format!("/sign-in?code={}", apart.token()),
        "/sign-in?code=0".to_owned(),
        "/sign-in?code=".to_owned(),
    ];
    forged.push(open().0.owner.link());
    for link in forged {
        assert_eq!(send(&host, at("GET", &link), "").await.0, StatusCode::FORBIDDEN, "{link}");
    }
    clock.advance("9m59s".parse().unwrap());
    assert_eq!(send(&host, at("GET", &link), "").await.0, StatusCode::OK);
    clock.advance("1s".parse().unwrap());
    assert_eq!(send(&host, at("GET", &late), "").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn two_larders_on_one_host_name_keep_their_cookies_apart() {
    let ((one, _, _first), (two, _, _second)) = (open(), open());
    let both = format!("{}; {}", session(&one).await, session(&two).await);
    assert!(is_signed_in(&one, &both).await && is_signed_in(&two, &both).await);
    let name = |cookie: &str| cookie.split('=').next().unwrap().to_owned();
    assert_ne!(name(&session(&one).await), name(&session(&two).await));
}

#[tokio::test]
async fn a_session_acts_only_from_its_own_pages() {
    let (host, _, _folder) = open();
    let cookie = session(&host).await;
    let body = r#"{"kind":"api","name":"<script>alert(1)</script>"}"#;
    let post =
        || at("POST", "/connections").header("cookie", &cookie).header("content-type", "application/json");
    assert_eq!(send(&host, post(), body).await.0, StatusCode::FORBIDDEN, "says not where it comes from");
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(send(&host, post().header("origin", foreign), body).await.0, StatusCode::FORBIDDEN);
    }
    let cross = post().header("origin", "http://127.0.0.1:4747").header("sec-fetch-site", "cross-site");
    assert_eq!(send(&host, cross, body).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        send(&host, post().header("sec-fetch-site", "same-origin"), body).await.0,
        StatusCode::CREATED
    );
    let (_, _, page) = send(&host, at("GET", "/").header("cookie", &cookie), "").await;
    assert!(page.contains("&#60;script&#62;") && !page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn only_its_own_names_are_answered() {
    let (host, _, _folder) = open();
    for name in ["127.0.0.1:4747", "localhost", "LOCALHOST:1", "[::1]:4747", "larder.home"] {
        assert_eq!(send(&host, Request::get("/").header("host", name), "").await.0, StatusCode::OK, "{name}");
    }
    for name in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:4747", ""] {
        let (status, headers, _) = send(&host, Request::get("/").header("host", name), "").await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{name}");
        assert_eq!(headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn owner_tokens_end_and_cannot_be_swapped_for_sessions() {
    let (host, clock, _folder) = open();
    let token = host.owner.token();
    let get = |token: &str| by_token("/connections", token);
    assert_eq!(send(&host, get(&token), "").await.0, StatusCode::OK);
    let cookie = session(&host).await;
    let (name, as_token) = cookie.split_once('=').unwrap();
    assert_eq!(send(&host, get(as_token), "").await.0, StatusCode::UNAUTHORIZED);
    let as_session = at("GET", "/connections").header("cookie", format!("{name}={token}"));
    assert_eq!(send(&host, as_session, "").await.0, StatusCode::UNAUTHORIZED);
    clock.advance("1h".parse().unwrap());
    assert_eq!(send(&host, get(&token), "").await.0, StatusCode::UNAUTHORIZED);
}
