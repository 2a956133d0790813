//! The programs that receive a webhook's events.

use crate::harness::{House, OTHER_OWNER, OWNER};
use serde_json::json;

#[tokio::test]
async fn each_language_has_a_file_of_its_own_for_webhooks_alone() {
    let house = House::new();
    let config = json!({ "target_url": "https://receiver.example/hook" });
    let webhook = json!({ "kind": "webhook", "name": "Hook", "slug": "my-hook", "config": config });
    let (id, key) = house.connect(webhook).await;
    for (language, ending) in [("python", "py"), ("typescript", "ts"), ("go", "go"), ("rust", "rs")] {
        let path = format!("/connections/{id}/handler?language={language}");
        let told = house.call("GET", &path, OWNER, None).await;
        assert_eq!(told.headers["content-type"], "text/plain; charset=utf-8");
        let named = format!("attachment; filename=\"my-hook_webhook.{ending}\"");
        assert_eq!(told.headers["content-disposition"], named.as_str());
        house.call("GET", &path, OTHER_OWNER, None).await.is_problem(404);
        house.call("GET", &path, &key, None).await.is_problem(403);
    }
    for wrong in ["", "?language=cobol"] {
        let path = format!("/connections/{id}/handler{wrong}");
        house.call("GET", &path, OWNER, None).await.is_problem(400);
    }
    let (other, _) = house.connect(json!({ "kind": "api", "name": "Script" })).await;
    let path = format!("/connections/{other}/handler?language=go");
    let refused = house.call("GET", &path, OWNER, None).await;
    assert!(refused.is_problem(409).text("/detail").contains("kind webhook"));
}
