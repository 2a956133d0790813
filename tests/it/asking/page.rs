//! What waits, on its owner's first page, and how that page says what became of it.

use crate::sign_in::{at, open, own, send, session};
use local::Host;
use serde_json::{Value, json};

/// An owner's browser at a Larder of theirs.
struct Desk {
    host: Host,
    cookie: String,
}

impl Desk {
    async fn json(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> (u16, Value) {
        let sent = match token {
            Some(key) => at(method, path).header("x-api-key", key),
            None => own(method, path, &self.cookie),
        };
        let body = body.to_string().leak() as &str;
        let (status, _, said) = send(&self.host, sent.header("content-type", "application/json"), body).await;
        (status.as_u16(), serde_json::from_str(&said).unwrap())
    }

    async fn connect(&self, grant: Value) -> (String, String) {
        let new = json!({ "kind": "api", "name": "Helper", "grant": grant, "limits": { "burst": null } });
        let (_, made) = self.json("POST", "/connections", None, new).await;
        (made["connection"]["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
    }

    async fn asks(&self, key: &str, method: &str, path: &str, body: Value) -> String {
        let (status, said) = self.json(method, path, Some(key), body).await;
        assert_eq!(status, 202, "{said}");
        said["approval"]["id"].as_str().unwrap().to_owned()
    }

    async fn page(&self, path: &str) -> String {
        send(&self.host, own("GET", path, &self.cookie), "").await.2
    }

    /// What the page says after this button was pressed.
    async fn presses(&self, id: &str, button: &str) -> String {
        let (status, headers, page) =
            send(&self.host, own("POST", &format!("/waiting/{id}/{button}"), &self.cookie), "").await;
        if status != 303 {
            return page;
        }
        self.page(headers["location"].to_str().unwrap()).await
    }
}

#[tokio::test]
async fn it_says_what_waits_and_what_became_of_it() {
    let (host, _clock, _folder) = open();
    let desk = Desk { cookie: session(&host).await, host };
    let grant = json!([
        { "resource": "tasks", "actions": ["read", "write"], "ask": true, "only": { "tags": ["work"] } },
    ]);
    let (id, key) = desk.connect(grant).await;
    let tagged = json!({ "title": "Report", "labels": ["work"] });
    let put = desk.asks(&key, "PUT", "/v1/tasks/task_00000000000000000000000004", tagged.clone()).await;
    let page = desk.page("/").await;
    assert!(page.contains("wants to make or replace task"), "{page}");
    assert!(!page.contains("More wait"), "{page}");
    assert!(desk.presses(&put, "approve").await.contains("Done: make or replace task"));
    let many = |titles: Value| json!({ "items": titles });
    let untagged = json!({ "title": "Private" });
    let none = desk.asks(&key, "POST", "/v1/tasks/batch", many(json!([untagged]))).await;
    let page = desk.presses(&none, "approve").await;
    assert!(page.contains("Not done: create tasks.") && page.contains("not allow"), "{page}");
    let some = desk.asks(&key, "POST", "/v1/tasks/batch", many(json!([untagged, tagged]))).await;
    let page = desk.presses(&some, "approve").await;
    assert!(page.contains("Done in part: create tasks. 1 of 2 were refused: "), "{page}");
    for n in 0..21 {
        desk.asks(&key, "POST", "/v1/tasks", json!({ "title": format!("{n}"), "labels": ["work"] })).await;
    }
    let page = desk.page("/").await;
    assert_eq!(page.matches("class=\"waiting\"").count(), 20);
    assert!(page.contains("More wait than are shown here"), "{page}");
    desk.json("POST", &format!("/connections/{id}/revoke"), None, json!({})).await;
    let page = desk.page("/").await;
    assert!(!page.contains("Waiting for you") && !page.contains("More wait"), "{page}");
}
