//! The end of a session, of every session, and what is written down of both.

use crate::harness::{House, OTHER_OWNER, OWNER};
use crate::sign_in::{at, by_token, is_signed_in, open, own, send, session, start};
use domain::schema::audit_between;
use domain::table::Table as _;
use futures_util::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use local::Host;
use serde_json::{Value, json};

#[tokio::test]
async fn signing_out_ends_the_session_on_this_browser() {
    let (host, _, _folder) = open();
    let (cookie, other) = (session(&host).await, session(&host).await);
    let foreign = at("POST", "/sign-out").header("cookie", &cookie).header("origin", "https://evil.example");
    assert_eq!(send(&host, foreign, "").await.0, StatusCode::FORBIDDEN);
    let (status, headers, page) = send(&host, own("POST", "/sign-out", &cookie), "").await;
    assert!(status == StatusCode::OK && page.contains("You are signed out"), "{page}");
    let cleared = headers["set-cookie"].to_str().unwrap();
    let name = cookie.split('=').next().unwrap();
    assert_eq!(cleared, format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
    assert!(is_signed_in(&host, &other).await, "the other browser stays signed in");
}

#[tokio::test]
async fn signing_out_everywhere_ends_whatever_was_issued_before() {
    let (host, clock, folder) = open();
    let (cookie, token, link) = (session(&host).await, host.owner.token(), host.owner.link());
    assert!(is_signed_in(&host, &cookie).await);
    let (status, ..) = send(&host, own("POST", "/owner/sign-out-everywhere", &cookie), "").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let refused = async |host: &Host| {
        assert!(!is_signed_in(host, &cookie).await);
        let (status, _, said) = send(host, by_token("/connections", &token), "").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(said.contains("signed out everywhere on") && said.contains("Sign in again"), "{said}");
        assert_eq!(send(host, at("GET", &link), "").await.0, StatusCode::UNAUTHORIZED);
    };
    refused(&host).await;
    clock.advance("1s".parse().unwrap());
    let again = session(&host).await;
    assert!(is_signed_in(&host, &again).await);
    assert_eq!(send(&host, by_token("/connections", &host.owner.token()), "").await.0, StatusCode::OK);
    drop(host);
    let host = start(&folder, &clock);
    refused(&host).await;
    assert!(is_signed_in(&host, &again).await);
}

#[tokio::test]
async fn signing_in_and_out_is_written_down() {
    let (host, clock, _folder) = open();
    let (cookie, other) = (session(&host).await, session(&host).await);
    let used = host.owner.link();
    for link in ["/sign-in?code=0", &used, &used] {
        send(&host, at("GET", link), "").await;
    }
    let by_token = by_token("/sign-out", &host.owner.token()).method("POST");
    let (status, _, said) = send(&host, by_token, "").await;
    assert!(status == StatusCode::BAD_REQUEST && said.contains("sign-out-everywhere"), "{said}");
    for (cookie, path) in [(&cookie, "/sign-out"), (&other, "/owner/sign-out-everywhere")] {
        clock.advance("1s".parse().unwrap());
        assert!(send(&host, own("POST", path, cookie), "").await.0.is_success());
    }
    host.ledger.drain().await;
    let rows = host.store.query(&audit_between(host.owner.id(), None, None)).await.unwrap().rows;
    let actions = rows.iter().map(|row| {
        let noted: Value = serde_json::from_str(&row.body).unwrap();
        assert!(noted["entry"]["actor"] == "owner" && noted["entry"]["request"].is_string(), "{noted}");
        noted["entry"]["action"].as_str().unwrap().to_owned()
    });
    let mut actions: Vec<_> = actions.collect();
    actions[..5].sort_unstable();
    let mut expected = vec!["owner.refused"];
    // Three links and a token; using what a link was traded for is no other sign-in.
    expected.extend(["owner.signed_in"; 4]);
    expected.extend(["owner.signed_out", "owner.signed_out_everywhere"]);
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn a_sign_in_is_written_down_once_however_many_calls_follow() {
    let house = House::new();
    let signed_in = async |owner: &str| {
        let path = "/audit/logs?action=owner.signed_in&limit=100";
        house.call("GET", path, owner, None).await.body["data"].as_array().unwrap().len()
    };
    let (first, second) = (format!("{OWNER}@1800000001"), format!("{OWNER}@1800000002"));
    let calls = (0..64).map(|_| house.call("GET", "/connections", &first, None));
    assert!(join_all(calls).await.iter().all(|answer| answer.status == 200));
    assert_eq!(signed_in(&first).await, 1);
    house.clock.advance(SignedDuration::from_hours(24 * 39));
    assert_eq!(signed_in(&first).await, 1, "as long as a session can last");
    assert_eq!(signed_in(&second).await, 2, "the call that signs in sees itself");
    assert_eq!(signed_in(OTHER_OWNER).await, 1);
    house.call("POST", "/owner/sign-out-everywhere", &second, None).await;
    house.call("GET", "/connections", &format!("{OWNER}@1800000000"), None).await.is_problem(401);
    let latest = format!("{OWNER}@1900000000");
    assert_eq!(signed_in(&latest).await, 3, "who is refused did not sign in");
}

#[tokio::test]
async fn one_owners_sign_out_does_not_touch_the_other() {
    let house = House::new();
    let (_, key) = house.connect(json!({ "kind": "api", "name": "stays" })).await;
    let everywhere = "/owner/sign-out-everywhere";
    assert_eq!(house.call("POST", everywhere, OWNER, None).await.status, 204);
    for (method, path) in [("GET", "/connections"), ("POST", everywhere)] {
        let refused = house.call(method, path, OWNER, None).await;
        assert!(refused.is_problem(401).text("/detail").contains("signed out everywhere on"));
    }
    assert_eq!(house.call("GET", "/connections", OTHER_OWNER, None).await.status, 200);
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.status, 200, "a connection is no sign-in");
    // A later one, and after it one with a clock that is behind: the later one stands.
    let (later, latest) = (format!("{OWNER}@1800000100"), format!("{OWNER}@1800000101"));
    house.clock.advance(SignedDuration::from_secs(100));
    assert_eq!(house.call("POST", everywhere, &later, None).await.status, 204);
    house.clock.advance(SignedDuration::from_secs(-50));
    assert_eq!(house.call("POST", everywhere, &latest, None).await.status, 204);
    house.call("GET", "/connections", &later, None).await.is_problem(401);
    assert_eq!(house.call("GET", "/connections", &latest, None).await.status, 200);
}
