//! The local host as it is opened: its link, its session, its host names.

use axum::body::Body;
use domain::clock::Clock as _;
use domain::conformance::ManualClock;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use local::{Host, Settings};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt as _;

fn open() -> (Host, Arc<ManualClock>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let settings = Settings {
        listen: "127.0.0.1:4747".parse().unwrap(),
        hosts: "larder.home".to_owned(),
        outbound: Arc::new(crate::harness::Network::default()),
        clock: Arc::clone(&clock) as _,
        entropy: Arc::new(crate::harness::Counter::default()),
    };
    (Host::open(folder.path(), settings).unwrap(), clock, folder)
}

async fn send(
    host: &Host,
    request: http::request::Builder,
    body: &'static str,
) -> (StatusCode, http::HeaderMap, String) {
    let response = host.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (parts.status, parts.headers, text)
}

fn at(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "127.0.0.1:4747")
}

async fn session(host: &Host) -> String {
    let link = format!("/sign-in?code={}", host.owner.code().unwrap());
    assert_eq!(send(host, at("HEAD", &link), "").await.0, StatusCode::NO_CONTENT, "looking uses nothing up");
    let (status, headers, _) = send(host, at("GET", &link), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert_eq!(send(host, at("GET", &link), "").await.0, StatusCode::FORBIDDEN, "it works once");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_link_signs_in_once() {
    let (host, clock, _folder) = open();
    let (_, _, page) = send(&host, at("GET", "/"), "").await;
    assert!(page.contains("You are not signed in"));
    assert_eq!(send(&host, at("GET", "/sign-in?code=0"), "").await.0, StatusCode::FORBIDDEN);
    let cookie = session(&host).await;
    let (status, headers, page) = send(&host, at("GET", "/").header("cookie", &cookie), "").await;
    assert!(status.is_success() && page.contains("There is none yet"));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    clock.advance("720h".parse().unwrap());
    let (_, _, page) = send(&host, at("GET", "/").header("cookie", &cookie), "").await;
    assert!(page.contains("You are not signed in"), "a session ends after 30 days, at {}", clock.now());
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
    let get = |token: &str| at("GET", "/connections").header("authorization", format!("Bearer {token}"));
    assert_eq!(send(&host, get(&token), "").await.0, StatusCode::OK);
    let cookie = session(&host).await;
    let as_token = cookie.strip_prefix("larder_session=").unwrap();
    assert_eq!(send(&host, get(as_token), "").await.0, StatusCode::UNAUTHORIZED);
    let as_session = at("GET", "/connections").header("cookie", format!("larder_session={token}"));
    assert_eq!(send(&host, as_session, "").await.0, StatusCode::UNAUTHORIZED);
    clock.advance("1h".parse().unwrap());
    assert_eq!(send(&host, get(&token), "").await.0, StatusCode::UNAUTHORIZED);
}
