//! What an owner may ask for: whatever cannot be meant is refused with the place that is wrong, and leaves nothing.

use crate::harness::{House, OWNER};
use domain::id::OwnerId;
use domain::table::{Query, Row, Table as _};
use serde_json::{Value, json};

const HOOK: &str = "https://receiver.example/hook";

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_its_place_and_leaves_nothing() {
    let house = House::new();
    let long = "x".repeat(10_000);
    let hook = |url: &str| json!({ "kind": "webhook", "name": "x", "config": { "target_url": url } });
    let with = |more: Value| {
        let mut input = json!({ "kind": "api", "name": "x" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let rule = |more: Value| {
        let mut rule = json!({ "resource": "tasks", "actions": ["read"] });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with(json!({ "grant": [rule] }))
    };
    let cases = [
        (with(json!({ "name": long })), "/name"),
        (with(json!({ "name": " " })), "/name"),
        (with(json!({ "kind": "ftp" })), "/kind"),
        (with(json!({ "slug": "Not A Slug" })), "/slug"),
        (with(json!({ "tags": vec!["t"; 21] })), "/tags"),
        (with(json!({ "description": "x".repeat(1001) })), "/description"),
        (with(json!({ "expires_at": "2020-01-01T00:00:00Z" })), "/expires_at"),
        (with(json!({ "expires_at": "tomorrow" })), "/expires_at"),
        (with(json!({ "activity_days": 0 })), "/activity_days"),
        (with(json!({ "limits": { "per_hour": 0 } })), "/limits/per_hour"),
        (with(json!({ "limits": { "per_year": 1 } })), "/limits/per_year"),
        (with(json!({ "preset": "read_only", "grant": [] })), "/grant"),
        (with(json!({ "preset": "admin" })), "/preset"),
        (rule(json!({ "resource": "salaries" })), "/grant/0/resource"),
        (rule(json!({ "actions": ["destroy"] })), "/grant/0/actions/0"),
        (rule(json!({ "actions": [] })), "/grant/0/actions"),
        (rule(json!({ "fields": { "allow": ["title"], "deny": ["due"] } })), "/grant/0/fields"),
        (rule(json!({ "fields": { "deny": ["salary"] } })), "/grant/0/fields"),
        (
            rule(json!({ "when": { "hours": { "from": "9", "to": "17:00", "time_zone": "UTC" } } })),
            "/grant/0/when/hours/from",
        ),
        (with(json!({ "config": { "resources": ["tasks"] }, "grant": [] })), "/config/resources"),
        (with(json!({ "config": { "resources": [] } })), "/config/resources"),
        (with(json!({ "config": { "response_format": "yaml" } })), "/config/response_format"),
        (with(json!({ "config": { "key_in": "cookie" } })), "/config/key_in"),
        (with(json!({ "config": { "target_url": HOOK } })), "/config/target_url"),
        (
            json!({ "kind": "mcp", "name": "x", "config": { "tools_enabled": ["rm_rf"] } }),
            "/config/tools_enabled/0",
        ),
        (
            json!({ "kind": "mcp", "name": "x", "config": { "integrations": ["github"] } }),
            "/config/integrations/0",
        ),
        (
            json!({ "kind": "mcp", "name": "x", "preset": "read_write", "config": { "access_level": "read_only" } }),
            "/config/access_level",
        ),
        (json!({ "kind": "sdk", "name": "x", "config": { "languages": ["cobol"] } }), "/config/languages/0"),
        (json!({ "kind": "webhook", "name": "x" }), "/config/target_url"),
        (hook("http://receiver.example/hook"), "/config/target_url"),
        (hook("https://receiver.example:9999/"), "/config/target_url"),
        (hook("https://10.0.0.1/"), "/config/target_url"),
        (hook("https://169.254.169.254/latest"), "/config/target_url"),
        (hook("https://2130706433/"), "/config/target_url"),
        (hook("https://[::1]/"), "/config/target_url"),
        (hook("https://localhost/"), "/config/target_url"),
        (hook("https://user:pw@receiver.example/"), "/config/target_url"),
        (hook("not a url"), "/config/target_url"),
        (
            json!({ "kind": "webhook", "name": "x", "config": { "target_url": HOOK, "events": ["task.exploded"] } }),
            "/config/events/0",
        ),
        (
            json!({ "kind": "webhook", "name": "x", "config": { "target_url": HOOK, "events": ["task.*", "connection.*"] } }),
            "/config/events/1",
        ),
        (
            json!({ "kind": "webhook", "name": "x", "config": { "target_url": HOOK, "retry_policy": { "tries": 99 } } }),
            "/config/retry_policy/tries",
        ),
    ];
    for (input, place) in cases {
        for (method, path) in [("POST", "/connections"), ("POST", "/connections/preview")] {
            let answer = house.call(method, path, OWNER, Some(input.clone())).await;
            // A preview shows what a grant sees; whether a target can be reached is no part of it.
            if path.ends_with("preview") && place == "/config/target_url" && answer.status == 200 {
                continue;
            }
            let at = answer.is_problem(400).text("/errors/0/pointer");
            assert!(at == place, "{input}: {at} instead of {place}: {}", answer.body);
        }
    }
    let rows = house.store.query(&Query::prefix(OwnerId::of("test", "one"), "")).await.unwrap().rows;
    // Who asks has signed in, which is written down.
    let other = |row: &&Row| !["key/", "signin/", "audit/"].iter().any(|kind| row.key.sort.starts_with(kind));
    let left: Vec<_> = rows.iter().filter(other).collect();
    assert!(left.is_empty(), "{left:?}");
}
