//! Every route with every kind of caller. A route that this does not know fails it.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use web::{Access, Route};

/// Where each noun lies, and the field without which none can be made.
const NOUNS: [(&str, &str); 4] =
    [("/v1/tasks", "title"), ("/v1/goals", "title"), ("/v1/life-areas", "name"), ("/v1/memories", "content")];

/// What is done to one item, and needs no body.
const DEEDS: [&str; 4] = ["/restore", "/complete", "/reopen", "/archive"];

/// An item of each noun, by its path.
type Items = Vec<(&'static str, String)>;

async fn items(house: &House, key: &str) -> Items {
    let mut items = Vec::new();
    for (path, field) in NOUNS {
        let made = house.call("POST", path, key, Some(json!({ field: "the first owner's" }))).await;
        items.push((path, made.text("/id")));
    }
    items
}

/// What a call to a route needs to be well-formed: a path with real ids, and a body.
fn example(route: &Route, items: &Items, connection: &str) -> (String, Option<Value>) {
    let noun =
        NOUNS.iter().find(|(path, _)| route.path == *path || route.path.starts_with(&format!("{path}/")));
    let item = noun.and_then(|(noun, _)| items.iter().find(|(path, _)| path == noun));
    let path = match (route.path, item) {
        (path, Some((_, id))) => path.replace("{id}", id),
        ("/connections/{id}/handler", _) => format!("/connections/{connection}/handler?language=go"),
        ("/schemas/v1/{type}", _) => "/schemas/v1/task.created".to_owned(),
        (path, _) if path.starts_with("/connections/") => {
            path.replace("{id}", connection).replace("{event}", "evt_00000000000000000000000000")
        }
        (path, _) if path.starts_with("/v1/collections/") => {
            let id = if path.contains("/records") { "rec_00000000000000000000000000" } else { "things" };
            path.replace("{collection}", "things").replace("{id}", id)
        }
        ("/webhooks/{id}/send-again", _) => {
            format!("/webhooks/{connection}/send-again?event=evt_00000000000000000000000000")
        }
        (path, _) if path.starts_with("/webhooks/") => path.replace("{id}", connection),
        ("/v1/approvals/{id}", _) => "/v1/approvals/appr_00000000000000000000000000".to_owned(),
        ("/jobs/{id}", _) => "/jobs/job_00000000000000000000000000".to_owned(),
        (path, _) if path.starts_with("/approvals/") || path.starts_with("/waiting/") => {
            path.replace("{id}", "appr_00000000000000000000000000")
        }
        ("/v1/daily/{date}", _) => "/v1/daily/2027-01-15".to_owned(),
        ("/v1/progress", _) => "/v1/progress?period=7d".to_owned(),
        (path, _) => path.to_owned(),
    };
    let body = match (route.method.as_str(), route.path) {
        ("POST", "/connections" | "/connections/preview") | ("PUT", "/connections/{id}") => {
            Some(json!({ "kind": "api", "name": "made by the access test" }))
        }
        ("PATCH", "/connections/{id}") => Some(json!({ "description": "changed by the access test" })),
        ("POST", "/connections/{id}/deliveries/replay" | "/connections/{id}/undo") => {
            Some(json!({ "since": "2027-01-15T08:00:00Z" }))
        }
        ("POST", "/connections/{id}/rotate" | "/connections/{id}/rotate-secret") => {
            Some(json!({ "overlap_hours": 1 }))
        }
        ("PATCH", "/v1/profile" | "/profile" | "/owner/profile") => {
            Some(json!({ "about": "written by the access test" }))
        }
        ("PATCH", "/v1/preferences" | "/preferences" | "/owner/preferences") => {
            Some(json!({ "tone": "minimal" }))
        }
        ("POST", "/v1/collections") => Some(json!({ "name": "made" })),
        ("PATCH", "/v1/collections/{id}") => Some(json!({ "title": "changed by the access test" })),
        ("POST", "/v1/collections/{collection}/records") => Some(json!({ "data": {} })),
        ("PATCH", "/v1/collections/{collection}/records/{id}") => Some(json!({ "data": {} })),
        ("POST", "/v1/backups") => Some(json!({})),
        ("POST", "/v1/memories/search") => Some(json!({ "query": "anything" })),
        ("POST", "/v1/goals/decompose") => Some(json!({ "goal_description": "anything" })),
        ("POST", "/v1/goals/apply-plan") => Some(json!({
            "goal": { "title": "anything" },
            "plan": { "suggested_tasks": [{ "ref": "a", "title": "written by the access test" }] },
        })),
        ("POST", path) if path.starts_with("/webhooks/") => None,
        ("POST", path) if DEEDS.iter().any(|deed| path.ends_with(deed)) => None,
        ("PUT", path) if path.starts_with("/v1/collections") => {
            Some(if path.contains("/records") { json!({ "data": {} }) } else { json!({ "name": "things" }) })
        }
        ("POST", path) if path.ends_with("/batch") => {
            let item = noun.map_or(json!({ "data": {} }), |(_, field)| json!({ *field: "one of many" }));
            Some(json!({ "items": [item] }))
        }
        ("POST" | "PATCH" | "PUT", path) if path.starts_with("/v1/") => {
            noun.map(|(_, field)| json!({ *field: "written by the access test" }))
        }
        ("PATCH", "/audit/settings") => Some(json!({ "audit_days": 30 })),
        ("POST", "/import") => Some(json!({ "larder": 1 })),
        ("POST", "/mcp" | "/mcp/") => Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })),
        (
            "POST",
            "/connections/{id}/pause"
            | "/connections/{id}/resume"
            | "/connections/{id}/revoke"
            | "/connections/{id}/deliveries/{event}/replay"
            | "/connections/{id}/deliveries/test"
            | "/approvals/{id}/approve"
            | "/approvals/{id}/deny"
            | "/waiting/{id}/approve"
            | "/waiting/{id}/deny"
            | "/consent"
            | "/v1/calendars"
            | "/owner/sign-out-everywhere"
            | "/sign-out",
        )
        | ("GET" | "DELETE" | "OPTIONS", _) => None,
        other => panic!("the access test does not know the route {other:?}: add an example"),
    };
    (path, body)
}

async fn refused(
    house: &House,
    route: &Route,
    path: &str,
    body: &Option<Value>,
    token: Option<&str>,
    status: u16,
) {
    let answer = house.send(request(route.method.as_str(), path, token, body.clone())).await;
    assert_eq!(answer.status.as_u16(), status, "{} {} -> {}", route.method, route.path, answer.body);
    answer.is_problem(status);
    if status == 401 {
        assert!(is_challenge(route, &answer));
    }
}

/// Apps are told at their door how to get in.
fn is_challenge(route: &Route, answer: &Answer) -> bool {
    let said = answer.headers["www-authenticate"].to_str().unwrap();
    if route.path.starts_with("/mcp") { said.contains("resource_metadata=") } else { said == "Bearer" }
}

/// A caller whom no route lets in, and the code of the refusal.
struct Outsider {
    token: Option<String>,
    code: &'static str,
}

/// Keys that hold no longer, or never did. Each was one of a connection that may do everything.
async fn outsiders(house: &House) -> Vec<Outsider> {
    let mut outsiders = Vec::new();
    for (code, action) in
        [("paused", "pause"), ("revoked", "revoke"), ("replaced-key", "rotate"), ("expired", "")]
    {
        let end = (code == "expired").then(|| house.clock.now() + SignedDuration::from_hours(1));
        let input = json!({ "kind": "mcp", "name": code, "preset": "full_access", "expires_at": end });
        let (id, key) = house.connect(input).await;
        if !action.is_empty() {
            let done = house.call("POST", &format!("/connections/{id}/{action}"), OWNER, None).await;
            assert_eq!(done.status, 200, "{}", done.body);
        }
        outsiders.push(Outsider { token: Some(key), code });
    }
    let (id, deleted) =
        house.connect(json!({ "kind": "api", "name": "deleted", "preset": "full_access" })).await;
    assert_eq!(house.call("DELETE", &format!("/connections/{id}"), OWNER, None).await.status, 204);
    outsiders.push(Outsider { token: Some(deleted), code: "deleted" });
    let genuine = house.api("full_access").await;
    let mut mistyped = genuine.clone();
    mistyped.replace_range(50..51, if &genuine[50..51] == "0" { "1" } else { "0" });
    let forged = format!("{}{}", &genuine[..47], "0".repeat(42));
    let weak = ["lrd_", "lrd__", &genuine[..88], &format!("{genuine}0")].map(str::to_owned);
    for token in [mistyped, forged].into_iter().chain(weak) {
        outsiders.push(Outsider { token: Some(token), code: "mistyped-key" });
    }
    for token in ["x".to_owned(), genuine.to_uppercase()] {
        outsiders.push(Outsider { token: Some(token), code: "unknown-key" });
    }
    outsiders.push(Outsider { token: None, code: "no-key" });
    house.clock.advance(SignedDuration::from_hours(1));
    outsiders
}

#[tokio::test]
async fn every_route_refuses_whom_it_should() {
    let house = House::new();
    let outsiders = outsiders(&house).await;
    let (connection, key) =
        house.connect(json!({ "kind": "api", "name": "full", "preset": "full_access" })).await;
    let items = items(&house, &key).await;
    let (_, powerless) = house.connect(json!({ "kind": "api", "name": "nothing", "grant": [] })).await;
    let elsewhere = json!([{ "resource": "integrations", "actions": ["read", "write", "delete"] }]);
    let (_, too_narrow) = house.connect(json!({ "kind": "api", "name": "narrow", "grant": elsewhere })).await;

    let routes = local::routes();
    assert!(routes.list().len() >= 22);
    for route in routes.list().iter().filter(|route| route.access != Access::Public) {
        let (path, body) = example(route, &items, &connection);
        match route.access {
            Access::Public => {}
            Access::Owner => refused(&house, route, &path, &body, Some(&key), 403).await,
            Access::Connection => {
                refused(&house, route, &path, &body, Some(OWNER), 401).await;
                // What it asked itself it may always know.
                let for_any = route.path.starts_with("/mcp") || route.path == "/v1/approvals/{id}";
                for narrow in [&powerless, &too_narrow].into_iter().filter(|_| !for_any) {
                    refused(&house, route, &path, &body, Some(narrow), 403).await;
                }
            }
        }
        for Outsider { token, code } in &outsiders {
            let answer =
                house.send(request(route.method.as_str(), &path, token.as_deref(), body.clone())).await;
            let said = answer.is_problem(401).text("/type");
            // An owner's route knows other tokens too, so it says no more of what is not a key.
            let never_was_a_key = ["mistyped-key", "unknown-key"].contains(code);
            let code = if route.access == Access::Owner && never_was_a_key { "not-signed-in" } else { code };
            assert_eq!(
                said,
                format!("urn:larder:problem:{code}"),
                "{} {} with {token:?}",
                route.method,
                route.path
            );
            assert!(is_challenge(route, &answer));
        }
    }
}

#[tokio::test]
async fn another_owners_things_are_not_there() {
    let house = House::new();
    let (connection, key) =
        house.connect(json!({ "kind": "api", "name": "full", "preset": "full_access" })).await;
    let items = items(&house, &key).await;
    let input = json!({ "kind": "api", "name": "other", "preset": "full_access" });
    let other = house.call("POST", "/connections", OTHER_OWNER, Some(input)).await.text("/key");

    // Another owner's id may be used: it is not the same thing (see `put.rs`).
    let makes = |route: &&Route| route.method == http::Method::PUT && route.path.starts_with("/v1/");
    let routes = local::routes();
    let named = routes.list().iter().filter(|route| route.path.contains("{id}"));
    for route in named.filter(|route| !makes(route)) {
        let (path, body) = example(route, &items, &connection);
        let token = if route.access == Access::Owner { OTHER_OWNER } else { other.as_str() };
        refused(&house, route, &path, &body, Some(token), 404).await;
    }
    let lists = NOUNS.iter().map(|(path, _)| (*path, other.as_str()));
    for (path, token) in lists.chain([("/connections", OTHER_OWNER)]) {
        let listed = house.call("GET", path, token, None).await;
        let own = usize::from(path == "/connections");
        assert_eq!(listed.body["data"].as_array().unwrap().len(), own, "{path}");
    }
    for (path, id) in items {
        assert_eq!(house.call("GET", &format!("{path}/{id}"), &key, None).await.status, 200);
    }
}

#[tokio::test]
async fn a_route_that_is_not_there_says_so() {
    let house = House::new();
    house.call("GET", "/nothing", OWNER, None).await.is_problem(404);
    let answer = house.call("PUT", "/v1/tasks", OWNER, None).await;
    assert_eq!(answer.is_problem(405).headers["allow"], "GET,HEAD,POST");
}

#[tokio::test]
async fn a_writer_that_may_not_read_sees_nothing_of_what_is_there() {
    let house = House::new();
    let key = house.api("full_access").await;
    let secret = json!({ "title": "Milk", "description": "SECRET" });
    let id = house.call("POST", "/v1/tasks", &key, Some(secret)).await.text("/id");
    let grant = json!([{ "resource": "tasks", "actions": ["write"] }]);
    let (_, writer) = house.connect(json!({ "kind": "api", "name": "blind", "grant": grant })).await;
    let path = format!("/v1/tasks/{id}");
    for patch in [json!({}), json!({ "title": "Bread" })] {
        let answer = house.call("PATCH", &path, &writer, Some(patch.clone())).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.to_string().contains("SECRET"), "{}", answer.body);
        let params = json!({ "name": "update_task", "arguments": { "id": id, "title": patch["title"] } });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = house.call("POST", "/mcp", &writer, Some(call)).await;
        assert!(!answer.body.to_string().contains("SECRET"), "{}", answer.body);
    }
    let seen = house.call("GET", &path, &key, None).await;
    assert_eq!(
        (&seen.body["title"], &seen.body["version"]),
        (&json!("Bread"), &json!(3)),
        "also what was so already is written"
    );
}

#[tokio::test]
async fn a_revoked_key_hears_that_first_whatever_it_sends() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "gone", "preset": "full_access" })).await;
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    for path in ["/v1/tasks?foo=1", "/v1/tasks?limit=0", "/v1/tasks/xx", "/v1/tasks?cursor=x"] {
        house.call("GET", path, &key, None).await.is_problem(401);
    }
    house.call("POST", "/v1/tasks", &key, Some(json!("x"))).await.is_problem(401);
    house.call("POST", "/v1/tasks", &key, None).await.is_problem(401);
    house.call("POST", "/mcp", &key, Some(json!([]))).await.is_problem(401);
    let with_header =
        http::Request::get("/connections").header("x-api-key", &key).header("host", "larder.test");
    house.send(with_header.body(axum::body::Body::empty()).unwrap()).await.is_problem(401);
}
