//! A webhook's own page: what it says, and what its buttons do.

use crate::harness::Network;
use crate::sign_in::{at, own, send, session, start_in};
use domain::conformance::ManualClock;
use http::StatusCode;
use jiff::SignedDuration;
use local::Host;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

struct Desk {
    host: Host,
    clock: Arc<ManualClock>,
    network: Arc<Network>,
    _folder: TempDir,
    cookie: String,
    id: String,
    key: String,
}

impl Desk {
    async fn post(&self, path: &str, body: Value) -> Value {
        let call = own("POST", path, &self.cookie).header("content-type", "application/json");
        let (status, _, said) = send(&self.host, call, body.to_string().leak()).await;
        assert!(status.is_success(), "{said}");
        serde_json::from_str(&said).unwrap()
    }

    async fn task(&self, title: &str) {
        let call = at("POST", "/v1/tasks").header("x-api-key", &self.key);
        let call = call.header("content-type", "application/json");
        let made = send(&self.host, call, json!({ "title": title }).to_string().leak()).await;
        assert_eq!(made.0, StatusCode::CREATED, "{}", made.2);
        self.host.pump.drain().await.unwrap();
    }

    async fn page(&self, path: &str) -> String {
        let (status, _, page) = send(&self.host, own("GET", path, &self.cookie), "").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page
    }

    async fn own_page(&self) -> String {
        self.page(&format!("/webhooks/{}", self.id)).await
    }

    /// What the page says after this button was pressed, and all that is due was done.
    async fn presses(&self, button: &str) -> String {
        let call = own("POST", &format!("/webhooks/{}/{button}", self.id), &self.cookie);
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        let (status, headers, page) = send(&self.host, call, "").await;
        self.host.pump.drain().await.unwrap();
        if status != StatusCode::SEE_OTHER {
            return page;
        }
        self.page(headers["location"].to_str().unwrap()).await
    }
}

async fn desk(config: Value) -> Desk {
    let (folder, clock, network) = (tempfile::tempdir().unwrap(), Arc::default(), Arc::default());
    let host = start_in(&folder, &clock, Arc::clone(&network));
    let cookie = session(&host).await;
    let (id, key) = (String::new(), String::new());
    let mut desk = Desk { host, clock, network, _folder: folder, cookie, id, key };
    let made =
        desk.post("/connections", json!({ "kind": "webhook", "name": "<My app>", "config": config })).await;
    desk.id = made["connection"]["id"].as_str().unwrap().to_owned();
    let made =
        desk.post("/connections", json!({ "kind": "api", "name": "x", "preset": "full_access" })).await;
    desk.key = made["key"].as_str().unwrap().to_owned();
    desk
}

#[tokio::test]
async fn it_says_how_the_webhook_does_and_its_buttons_do_what_they_say() {
    let desk = desk(json!({ "target_url": "https://a.example/hook" })).await;
    let first = desk.page("/").await;
    assert!(first.contains(&format!("<a href=\"/webhooks/{}\">", desk.id)), "{first}");
    let page = desk.own_page().await;
    assert!(page.contains("What happens is sent at once.") && page.contains("There is none yet"), "{page}");
    assert!(page.contains("&#60;My app&#62;") && !page.contains("<My app>"), "{page}");
    assert!(page.contains("https://a.example/hook") && page.contains("0 events are parked, 0 were given up"));
    desk.task("Milk").await;
    let page = desk.presses("test").await;
    assert!(
        page.contains("On its way") && page.contains("larder.test (test)") && page.contains("task.created"),
        "{page}"
    );
    assert_eq!(page.matches(">delivered<").count(), 2);
    let again = page.split("/send-again?event=").nth(2).unwrap().split('"').next().unwrap();
    let page = desk.presses(&format!("send-again?event={again}")).await;
    assert_eq!((page.matches("<td>2</td>").count(), page.matches("<td>1</td>").count()), (1, 1), "{page}");
    let page = desk.presses("pause").await;
    assert!(
        page.contains("Paused: nothing") && page.contains("/resume\"") && !page.contains("/test\""),
        "{page}"
    );
    desk.task("Bread").await;
    assert!(desk.own_page().await.contains("1 event is parked"));
    let refused = desk.presses("test").await;
    assert!(refused.contains("Nothing was done") && refused.contains("resume it"), "{refused}");
    let page = desk.presses("resume").await;
    assert!(page.contains("Resumed") && page.contains("0 events are parked"), "{page}");
    let page = desk.presses("rotate-secret").await;
    assert!(page.contains("<pre>whsec_") && page.contains("shown this once"), "{page}");
    assert!(!desk.own_page().await.contains("whsec_"));
}

#[tokio::test]
async fn it_says_what_is_wrong_and_what_was_given_up() {
    let once = json!({ "target_url": "https://a.example/hook", "retry_policy": { "tries": 1 } });
    let desk = desk(once).await;
    desk.network.answers(|_| (503, None));
    desk.task("Milk").await;
    let page = desk.own_page().await;
    assert!(
        page.contains("but nothing was taken since 15 January") && page.contains("1 was given up"),
        "{page}"
    );
    for number in 0..5 {
        desk.clock.advance(SignedDuration::from_secs(1));
        desk.task(&format!("{number}")).await;
    }
    let page = desk.own_page().await;
    assert!(page.contains("It takes nothing since") && page.contains("next at 15 January"), "{page}");
    desk.network.answers(|_| (200, None));
    let page = desk.presses("send-failed").await;
    assert!(page.contains("0 events are parked, 0 were given up"), "{page}");
    desk.network.answers(|_| (410, None));
    desk.task("Gone").await;
    let page = desk.own_page().await;
    assert!(
        page.contains("Larder stopped at") && page.contains("(410)") && page.contains("/resume\""),
        "{page}"
    );
    desk.post(&format!("/connections/{}/revoke", desk.id), json!({})).await;
    let page = desk.own_page().await;
    assert!(page.contains("It was revoked") && !page.contains("<button"), "{page}");
}

#[tokio::test]
async fn only_its_owner_sees_it_and_no_other_page_presses_its_buttons() {
    let desk = desk(json!({ "target_url": "https://a.example/hook" })).await;
    let path = format!("/webhooks/{}", desk.id);
    assert_eq!(send(&desk.host, at("GET", &path), "").await.0, StatusCode::UNAUTHORIZED);
    let elsewhere = at("POST", &format!("{path}/test")).header("cookie", &desk.cookie);
    let elsewhere = elsewhere.header("sec-fetch-site", "cross-site");
    assert_eq!(send(&desk.host, elsewhere, "").await.0, StatusCode::FORBIDDEN);
    desk.host.pump.drain().await.unwrap();
    assert!(desk.own_page().await.contains("There is none yet"));
}
