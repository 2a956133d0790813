//! A code is traded once, by the app that it was made for, within a minute.

use super::flow::{
    BACK, Tokens, but, code_for, connection, is_refused, post, refresh, register, register_as, status, trade,
};
use crate::harness::{House, OWNER};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn a_code_that_comes_twice_ends_what_it_was_traded_for() {
    let house = House::new();
    let client = register(&house).await;
    let code = code_for(&house, &client).await;
    let tokens = Tokens::of(&post(&house, "/token", &trade(&client, &code)).await);
    assert_eq!(status(&house, &tokens.access).await, 200);
    is_refused(&post(&house, "/token", &trade(&client, &code)).await, 400, "invalid_grant");
    assert_eq!(status(&house, &tokens.access).await, 401);
    is_refused(&refresh(&house, &client, &tokens.refresh).await, 400, "invalid_grant");
    let told = house.call("GET", "/audit/logs?action=app.reuse_detected", OWNER, None).await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert_eq!(told.text("/data/0/connection"), connection(&house).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_at_once_one_is_answered_and_then_holds_no_longer() {
    let house = House::noting_nothing();
    let client = register(&house).await;
    let code = code_for(&house, &client).await;
    let pairs = trade(&client, &code);
    let answers = join_all((0..1_000).map(|_| post(&house, "/token", &pairs))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    // The store may ask for patience; nothing else but the refusal comes of it.
    assert!(lost.iter().all(|answer| answer.status == 503 || answer.text("/error") == "invalid_grant"));
    is_refused(&post(&house, "/token", &pairs).await, 400, "invalid_grant");
    let tokens = Tokens::of(won[0]);
    assert_eq!(status(&house, &tokens.access).await, 401);
    is_refused(&refresh(&house, &client, &tokens.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn whoever_cannot_prove_it_gets_nothing_and_the_app_still_does() {
    let house = House::new();
    let client = register(&house).await;
    let made = register_as(&house, json!({ "client_name": "Thief", "redirect_uris": [BACK] })).await;
    let other = made.text("/client_id");
    let code = code_for(&house, &client).await;
    let right = trade(&client, &code);
    let long = "x".repeat(129);
    for (name, value, status, error) in [
        ("grant_type", None, 400, "invalid_request"),
        ("grant_type", Some("password"), 400, "unsupported_grant_type"),
        ("client_id", None, 400, "invalid_request"),
        ("client_id", Some(other.as_str()), 400, "invalid_grant"),
        ("client_id", Some("https://app.example/client.json"), 400, "invalid_grant"),
        ("code", None, 400, "invalid_request"),
        ("code", Some("lrdq_x"), 400, "invalid_grant"),
        ("redirect_uri", None, 400, "invalid_request"),
        ("code_verifier", None, 400, "invalid_request"),
        ("code_verifier", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), 400, "invalid_grant"),
        ("code_verifier", Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"), 400, "invalid_grant"),
        ("code_verifier", Some("short"), 400, "invalid_grant"),
        ("code_verifier", Some(&long), 400, "invalid_grant"),
        ("resource", Some("https://other.example/mcp"), 400, "invalid_target"),
    ] {
        is_refused(&post(&house, "/token", &but(right.clone(), name, value)).await, status, error);
    }
    for pair in right.clone() {
        let mut twice = right.clone();
        twice.push(pair);
        is_refused(&post(&house, "/token", &twice).await, 400, "invalid_request");
    }
    let mut forged = code.clone();
    forged.replace_range(
        code.len() - 5..code.len() - 4,
        if code[..code.len() - 4].ends_with('0') { "1" } else { "0" },
    );
    is_refused(&post(&house, "/token", &trade(&client, &forged)).await, 400, "invalid_grant");
    let json = house.call("POST", "/token", "", Some(json!({ "grant_type": "authorization_code" }))).await;
    is_refused(&json, 400, "invalid_request");
    // It need not name the resource; with a slash at its end it is the same.
    let answer = post(&house, "/token", &but(right, "resource", Some("http://larder.test/mcp/"))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let house = House::new();
    let client = register(&house).await;
    let codes = [code_for(&house, &client).await, code_for(&house, &client).await];
    house.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(post(&house, "/token", &trade(&client, &codes[0])).await.status, 200);
    house.clock.advance(SignedDuration::from_secs(1));
    is_refused(&post(&house, "/token", &trade(&client, &codes[1])).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_lets_nobody_in() {
    for action in ["pause", "revoke", "delete"] {
        let house = House::new();
        let client = register(&house).await;
        let code = code_for(&house, &client).await;
        let path = format!("/connections/{}", connection(&house).await);
        let done = match action {
            "delete" => house.call("DELETE", &path, OWNER, None).await,
            action => house.call("POST", &format!("{path}/{action}"), OWNER, None).await,
        };
        assert!(done.status.is_success(), "{}", done.body);
        is_refused(&post(&house, "/token", &trade(&client, &code)).await, 400, "invalid_grant");
    }
}
