//! Nobody is sent anywhere that the app did not name, letter by letter.

use super::flow::{but, code_for, is_refused, page, post, register_as, trade, wanted};
use crate::harness::{House, OWNER};
use serde_json::json;

const WEB: &str = "https://app.example/back";
const COMPUTER: &str = "http://127.0.0.1:3000/back";
const SCHEME: &str = "notes://oauth/back";

const NEAR_MISSES: [&str; 46] = [
    "",
    "https://app.example/back/",
    "https://app.example/Back",
    "https://app.example/bac",
    "https://app.example/backk",
    "https://app.example//back",
    "https://app.example/./back",
    "https://app.example/x/../back",
    "https://app.example/%62ack",
    "https://app.example/back?",
    "https://app.example/back?x=1",
    "https://app.example/back#x",
    "https://app.example/back%00",
    "https://app.example/back ",
    " https://app.example/back",
    "https://app.example:443/back",
    "https://app.example:444/back",
    "https://app.example./back",
    "https://APP.example/back",
    "HTTPS://app.example/back",
    "http://app.example/back",
    "https:app.example/back",
    "https:/app.example/back",
    "https:\\\\app.example\\back",
    "https://app.example@evil.example/back",
    "https://evil.example/https://app.example/back",
    "https://evil.example\\@app.example/back",
    "https://app.example.evil.example/back",
    "https://app。example/back",
    "https://xapp.example/back",
    "//app.example/back",
    "/back",
    "javascript:alert(1)//https://app.example/back",
    "data:text/html,https://app.example/back",
    "http://127.0.0.1:3000/back/",
    "http://127.0.0.1:3000/Back",
    "http://127.0.0.1:3000/back?x",
    "http://127.0.0.1:99999/back",
    "http://127.0.0.1:3000@evil.example/back",
    "http://127.0.0.1.evil.example:3000/back",
    "http://127.0.0.2:3000/back",
    "http://localhost:3000/back",
    "https://127.0.0.1:3000/back",
    "http://[::1]:3000/back",
    "notes://oauth/back/",
    "NOTES://oauth/back",
];

#[tokio::test]
async fn a_near_miss_leads_nowhere_at_the_page_and_at_the_token() {
    let house = House::new();
    let made = register_as(&house, json!({ "redirect_uris": [WEB, COMPUTER, SCHEME] })).await;
    let client = made.text("/client_id");
    for right in [WEB, COMPUTER, SCHEME, "http://127.0.0.1:1/back", "http://127.0.0.1/back"] {
        let shown = page(&house, &but(wanted(&client), "redirect_uri", Some(right)), Some(OWNER)).await;
        assert_eq!(shown.status, 200, "{right}");
    }
    for wrong in NEAR_MISSES {
        let asked = but(wanted(&client), "redirect_uri", Some(wrong));
        for owner in [Some(OWNER), None] {
            let shown = page(&house, &asked, owner).await;
            assert_eq!((shown.status, shown.location()), (400, None), "{wrong}");
            assert!(!shown.text.contains("evil.example"), "{wrong}");
        }
        // Nor with anything else that is wrong, which the app would be told.
        let shown = page(&house, &but(asked, "response_type", Some("token")), Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{wrong}");
    }
    let given =
        super::flow::allow(&house, &but(wanted(&client), "redirect_uri", Some(COMPUTER)), |_| true).await;
    let code = given.told("code").unwrap();
    // The port that it began with is the one that it ends with.
    for wrong in NEAR_MISSES.into_iter().chain([WEB, "http://127.0.0.1:3001/back"]) {
        let answer = post(&house, "/token", &but(trade(&client, &code), "redirect_uri", Some(wrong))).await;
        is_refused(&answer, 400, if wrong.is_empty() { "invalid_request" } else { "invalid_grant" });
    }
    let answer = post(&house, "/token", &but(trade(&client, &code), "redirect_uri", Some(COMPUTER))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn places_that_are_none_cannot_be_registered() {
    let house = House::new();
    for uri in [
        "http://app.example/back",
        "http://127.0.0.1.evil.example/back",
        "http://127.0.0.1@evil.example/back",
        "https://user@app.example/back",
        "https://user:x@app.example/back",
        "https://app.example/back#x",
        "https://app.example/b ack",
        "https://app。example/back",
        "https:app.example",
        "https://",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:https://app.example/x",
        "about:blank",
        "mailto:a@b.example",
        "ftp://app.example/",
        "wss://app.example/",
        "vbscript:x",
        "view-source:https://app.example",
        "/back",
        "app.example",
        "",
    ] {
        let answer = register_as(&house, json!({ "redirect_uris": [uri] })).await;
        is_refused(&answer, 400, "invalid_redirect_uri");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_to_the_app_that_is_known() {
    let house = House::new();
    let client = super::flow::register(&house).await;
    for (name, value, error) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("resource", Some("https://other.example/mcp"), "invalid_target"),
        ("resource", Some("http://larder.test/v1"), "invalid_target"),
    ] {
        let shown = page(&house, &but(wanted(&client), name, value), Some(OWNER)).await;
        assert_eq!((shown.status, shown.told("error").as_deref()), (303, Some(error)), "{name}");
        assert!(shown.location().unwrap().starts_with("https://app.example/back?from=larder&"), "{name}");
        assert_eq!(shown.told("iss").as_deref(), Some("http://larder.test"));
        assert_eq!(shown.told("state").as_deref(), Some("st&te"));
    }
    let mut unknown = wanted(&client);
    unknown.push(("scope", "openid"));
    let shown = page(&house, &unknown, Some(OWNER)).await;
    assert_eq!(shown.told("error").as_deref(), Some("invalid_scope"));
    // What is given twice says nothing for sure, not even to whom.
    for (name, value) in wanted(&client) {
        let mut twice = wanted(&client);
        twice.push((name, value));
        let shown = page(&house, &twice, Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{name}");
    }
    for name in ["client_id", "redirect_uri"] {
        let shown = page(&house, &but(wanted(&client), name, None), Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{name}");
    }
    let _ = code_for(&house, &client).await;
}
