//! Apps introduce themselves, and nothing of it is kept.

use super::flow::{
    BACK, allow, code_for, is_refused, page, post, register, register_as, seen, trade, wanted,
};
use crate::faults::{Fault, faulty};
use crate::harness::{House, OWNER, request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[tokio::test]
async fn who_registers_again_is_the_same_app_whatever_its_port() {
    let house = House::new();
    let mut ids = std::collections::BTreeSet::new();
    for port in ["", ":1", ":53624", ":65535"] {
        let uri = format!("http://127.0.0.1{port}/callback");
        let made = register_as(&house, json!({ "client_name": "CLI", "redirect_uris": [uri] })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.body["redirect_uris"], json!([uri]), "as it was sent");
        assert_eq!(made.body["token_endpoint_auth_method"], "none");
        assert!(made.body.get("client_secret").is_none());
        ids.insert(made.text("/client_id"));
    }
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_an_app_is_refused() {
    let house = House::new();
    let long = "x".repeat(600);
    for (metadata, error) in [
        (json!({}), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": vec![BACK; 11] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [format!("https://a.example/{long}")] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [BACK], "client_name": "x".repeat(101) }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [BACK], "client_name": "\u{202e}\u{200b}" }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [BACK], "client_name": 7 }), "invalid_client_metadata"),
        (json!({ "redirect_uris": BACK }), "invalid_client_metadata"),
        (
            json!({ "redirect_uris": [BACK], "token_endpoint_auth_method": "private_key_jwt" }),
            "invalid_client_metadata",
        ),
        (json!({ "redirect_uris": [BACK], "grant_types": ["password"] }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [BACK], "response_types": ["token"] }), "invalid_client_metadata"),
        (
            json!({ "redirect_uris": vec![format!("https://a.example/{}", "x".repeat(400)); 6] }),
            "invalid_client_metadata",
        ),
        (
            json!({ "redirect_uris": [BACK], "software_statement": "x".repeat(9_000) }),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        is_refused(&register_as(&house, metadata).await, 400, error);
    }
}

#[tokio::test]
async fn a_name_shows_as_what_it_is() {
    let house = House::new();
    let name = "No\u{202e}tes\u{e0041} <b>\n app";
    let made = register_as(&house, json!({ "client_name": name, "redirect_uris": [BACK] })).await;
    assert_eq!(made.text("/client_name"), "Notes <b> app");
    let shown = page(&house, &wanted(&made.text("/client_id")), Some(OWNER)).await;
    assert!(!shown.text.contains("<b> app"), "{}", shown.text);
}

#[tokio::test]
async fn an_id_that_was_not_given_here_is_nobodys() {
    let house = House::new();
    let client = register(&house).await;
    let other = House::new();
    register(&other).await;
    let mut bent = client.clone();
    let middle = bent.len() / 2;
    let letter = if &client[middle..=middle] == "A" { "B" } else { "A" };
    bent.replace_range(middle..=middle, letter);
    let unsigned = client.split('.').next().unwrap().to_owned();
    let code = code_for(&house, &client).await;
    for id in
        [bent.as_str(), &unsigned, &client[..client.len() - 1], &client.to_uppercase(), "x", "lrdc_.", ""]
    {
        let shown = page(&house, &wanted(id), Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{id}");
        if !id.is_empty() {
            is_refused(&post(&house, "/token", &trade(id, &code)).await, 401, "invalid_client");
        }
    }
}

#[tokio::test]
async fn a_secret_is_asked_for_where_one_was_given() {
    let house = House::new();
    for method in ["client_secret_post", "client_secret_basic"] {
        let metadata = json!({ "redirect_uris": [BACK], "token_endpoint_auth_method": method });
        let made = register_as(&house, metadata).await;
        let (client, secret) = (made.text("/client_id"), made.text("/client_secret"));
        assert_eq!(made.body["client_secret_expires_at"], 0);
        let code = allow(&house, &wanted(&client), |_| true).await.told("code").unwrap();
        let pairs = trade(&client, &code);
        is_refused(&post(&house, "/token", &pairs).await, 401, "invalid_client");
        let mut wrong = pairs.clone();
        let forged = format!("lrds_{}", "0".repeat(64));
        wrong.push(("client_secret", &forged));
        let answer = post(&house, "/token", &wrong).await;
        is_refused(&answer, 401, "invalid_client");
        assert_eq!(answer.headers["www-authenticate"], "Basic");
        let mut right = pairs.clone();
        right.push(("client_secret", &secret));
        let both = STANDARD.encode(format!("{client}:{secret}"));
        let mut basic = super::flow::form("/token", &pairs, None);
        basic.headers_mut().insert(header::AUTHORIZATION, format!("Basic {both}").parse().unwrap());
        let answer = if method == "client_secret_post" {
            post(&house, "/token", &right).await
        } else {
            house.send(basic).await
        };
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn registering_writes_nothing() {
    let left = Arc::new(AtomicI64::new(0));
    let counted = faulty(&left, Fault::Broken);
    register(&counted).await;
    left.store(1, Ordering::SeqCst);
    register(&counted).await;
    assert_eq!(left.load(Ordering::SeqCst), 1, "no store call but for the first key");
    // Nor does whoever is not signed in look at a page.
    let client = register(&counted).await;
    let query = format!("/authorize?{}", super::flow::encoded(&wanted(&client)));
    let onward = seen(&counted, request("GET", &query, None, None)).await;
    assert!(
        onward.status == 200 && onward.text.contains("url=/consent?response_type=code"),
        "{}",
        onward.text
    );
    assert_eq!(page(&counted, &wanted(&client), None).await.status, 200);
    assert_eq!(left.load(Ordering::SeqCst), 1);
}
