//! What finds this server, and pages of other origins.

use crate::harness::{Answer, House, request};
use http::header;
use serde_json::{Value, json};

async fn get(house: &House, path: &str, host: &str) -> Answer {
    let mut sent = request("GET", path, None, None);
    sent.headers_mut().insert(header::HOST, host.parse().unwrap());
    house.send(sent).await
}

#[tokio::test]
async fn a_catalog_leads_to_the_card_and_the_card_to_the_server() {
    let house = House::new();
    for (host, name, urn) in [
        ("larder.example.com", "com.example.larder/larder", "urn:air:larder.example.com:larder"),
        ("localhost:4747", "localhost/larder", "urn:air:localhost:larder"),
        ("127.0.0.1:4747", "localhost/larder", "urn:air:localhost:larder"),
        ("[::1]:4747", "localhost/larder", "urn:air:localhost:larder"),
    ] {
        let catalog = get(&house, "/.well-known/ai-catalog.json", host).await;
        assert_eq!(catalog.headers["content-type"], "application/ai-catalog+json");
        let entry = &catalog.body["entries"][0];
        assert_eq!((&catalog.body["specVersion"], &entry["identifier"]), (&json!("1.0"), &json!(urn)));
        assert_eq!(entry["type"], "application/mcp-server-card+json");
        let at = entry["url"].as_str().unwrap().strip_prefix(&format!("http://{host}")).unwrap();
        let card = get(&house, at, host).await;
        assert_eq!(card.headers["content-type"], entry["type"].as_str().unwrap());
        assert_eq!(card.body["name"], name);
        assert!(card.body["description"].as_str().unwrap().len() <= 100);
        let remote = &card.body["remotes"][0];
        assert_eq!(remote["url"], format!("http://{host}/mcp"));
        let versions = json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);
        assert_eq!(remote["supportedProtocolVersions"], versions);
        for answer in [catalog, card] {
            assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
            // What there is to use depends on who asks.
            for word in ["tools", "resources", "prompts"] {
                assert_eq!(answer.body.get(word), None);
            }
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_find_and_get_in_but_do_not_call() {
    let house = House::new();
    let open = |answer: &Answer| answer.headers.contains_key("access-control-allow-origin");
    let send = async |method: &str, path: &str, body: Option<Value>| {
        let mut sent = request(method, path, None, body);
        sent.headers_mut().insert(header::ORIGIN, "https://elsewhere.example".parse().unwrap());
        house.send(sent).await
    };
    for (method, path) in [
        ("GET", "/mcp/server-card"),
        ("GET", "/.well-known/ai-catalog.json"),
        ("GET", "/.well-known/oauth-protected-resource"),
        ("GET", "/.well-known/oauth-protected-resource/mcp"),
        ("GET", "/.well-known/oauth-protected-resource/mcp/"),
        ("GET", "/.well-known/oauth-authorization-server"),
        ("POST", "/register"),
        ("POST", "/token"),
        ("POST", "/revoke"),
    ] {
        let may = send("OPTIONS", path, None).await;
        assert_eq!((may.status.as_u16(), open(&may)), (204, true), "{path}");
        assert_eq!(may.headers["access-control-allow-methods"], "GET, POST");
        let headers = may.headers["access-control-allow-headers"].to_str().unwrap();
        assert!(
            ["authorization", "content-type", "mcp-protocol-version"].iter().all(|it| headers.contains(it))
        );
        let answer = send(method, path, (method == "POST").then(|| json!({}))).await;
        assert!(open(&answer), "{path} {}: also what is refused is read", answer.status);
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    let list = || Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    for (method, path) in [
        ("POST", "/mcp"),
        ("POST", "/mcp/"),
        ("POST", "/consent"),
        ("GET", "/consent"),
        ("GET", "/authorize"),
        ("GET", "/connections"),
        ("GET", "/v1/tasks"),
    ] {
        let answer = send(method, path, list().filter(|_| method == "POST")).await;
        assert!(!open(&answer), "{path}");
        assert!(!open(&send("OPTIONS", path, None).await), "{path}");
    }
    let key = house.api("full_access").await;
    let mut foreign = request("POST", "/mcp", Some(&key), list());
    foreign.headers_mut().insert(header::ORIGIN, "https://elsewhere.example".parse().unwrap());
    house.send(foreign).await.is_problem(403);
}

/// As somebody typed it, and as a client then compares it.
#[tokio::test]
async fn a_slash_at_the_end_is_the_same_server() {
    let house = House::new();
    let key = house.api("full_access").await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = house.call("POST", "/mcp/", &key, Some(list.clone())).await;
    assert_eq!(listed.body, house.call("POST", "/mcp", &key, Some(list.clone())).await.body);
    let refused = house.send(request("POST", "/mcp/", None, Some(list))).await;
    let said = refused.is_problem(401).headers["www-authenticate"].to_str().unwrap().to_owned();
    let metadata = "/.well-known/oauth-protected-resource/mcp/";
    assert!(said.contains(&format!("resource_metadata=\"http://larder.test{metadata}\"")), "{said}");
    assert_eq!(get(&house, metadata, "larder.test").await.body["resource"], "http://larder.test/mcp/");
}
