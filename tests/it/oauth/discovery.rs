//! How an app finds its way in, from nothing but the address.

use super::flow::{let_in, register};
use crate::harness::{House, request};
use http::header;
use serde_json::json;

#[tokio::test]
async fn both_well_knowns_say_the_same_under_the_name_that_was_called() {
    let house = House::new();
    for host in ["larder.test", "localhost:4747", "127.0.0.1:4747", "[::1]:4747"] {
        let get = async |path: &str| {
            let mut sent = request("GET", path, None, None);
            sent.headers_mut().insert(header::HOST, host.parse().unwrap());
            let answer = house.send(sent).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.headers["content-type"]),
                (200, &"application/json".parse().unwrap())
            );
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
            answer.body
        };
        let origin = format!("http://{host}");
        let resource = get("/.well-known/oauth-protected-resource").await;
        assert_eq!(resource, get("/.well-known/oauth-protected-resource/mcp").await);
        assert_eq!(resource["resource"], format!("{origin}/mcp"));
        assert_eq!(resource["authorization_servers"], json!([origin]));
        assert_eq!(resource["scopes_supported"], json!(["larder:read", "larder:write"]));
        let server = get("/.well-known/oauth-authorization-server").await;
        assert_eq!(server["issuer"], origin);
        assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(server["authorization_response_iss_parameter_supported"], true);
        for name in ["authorization", "token", "registration", "revocation"] {
            let at = server[format!("{name}_endpoint")].as_str().unwrap().to_owned();
            let path = at.strip_prefix(&origin).unwrap();
            assert!(local::routes().list().iter().any(|route| route.path == path), "{at}");
        }
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_not_repeated() {
    let house = House::new();
    let mut sent = request("GET", "/.well-known/oauth-authorization-server", None, None);
    sent.headers_mut().insert(header::HOST, "evil\"><script>".parse().unwrap());
    assert_eq!(house.send(sent).await.body["issuer"], "http://localhost");
}

#[tokio::test]
async fn who_is_refused_at_the_door_is_told_how_to_get_in() {
    let house = House::new();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let metadata = "resource_metadata=\"http://larder.test/.well-known/oauth-protected-resource/mcp\"";
    let asked = "scope=\"larder:read larder:write\"";
    let none = house.send(request("POST", "/mcp", None, Some(list.clone()))).await;
    let said = none.is_problem(401).headers["www-authenticate"].to_str().unwrap().to_owned();
    assert_eq!(said, format!("Bearer {metadata}, {asked}"));
    let tokens = let_in(&house, &register(&house).await).await;
    let forged = tokens.access.replace("lrda_", "lrda_0");
    for token in ["nonsense", "lrd_nonsense", "lrda_nonsense", &forged, &tokens.refresh] {
        let answer = house.call("POST", "/mcp", token, Some(list.clone())).await;
        let said = answer.is_problem(401).headers["www-authenticate"].to_str().unwrap().to_owned();
        assert!(said.starts_with("Bearer error=\"invalid_token\", error_description=\""), "{said}");
        assert!(said.contains(metadata) && said.ends_with(asked), "{said}");
        assert!(!said.contains("offline_access") && !said.contains(token), "{said}");
    }
    let elsewhere = house.call("GET", "/v1/tasks", "nonsense", None).await;
    assert_eq!(elsewhere.is_problem(401).headers["www-authenticate"], "Bearer");
}
