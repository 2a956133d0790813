//! A connection as an extension of desktop apps.

use crate::harness::{House, OTHER_OWNER, OWNER, request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::io::{Cursor, Read as _};
use tower::ServiceExt as _;
use zip::ZipArchive;

#[tokio::test]
async fn it_holds_the_address_and_the_bridge_and_no_key() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "mcp", "name": "Büro \"eins\"", "slug": "office" })).await;
    let path = format!("/connections/{id}/larder.mcpb");
    let told = house.call("GET", &path, OWNER, None).await;
    assert_eq!(told.headers["content-type"], "application/zip");
    assert_eq!(told.headers["content-disposition"], "attachment; filename=\"office.mcpb\"");

    let get = async || {
        let answer = house.router.clone().oneshot(request("GET", &path, Some(OWNER), None)).await.unwrap();
        answer.into_body().collect().await.unwrap().to_bytes().to_vec()
    };
    let file = get().await;
    assert_eq!(file, get().await, "the same settings make the same file");
    assert!(!file.windows(key.len()).any(|part| part == key.as_bytes()));
    let mut zip = ZipArchive::new(Cursor::new(file)).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["manifest.json", "server/index.mjs"]);
    let mut text = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let manifest: Value = serde_json::from_str(&text("manifest.json")).unwrap();
    assert_eq!((&manifest["name"], &manifest["display_name"]), (&json!("office"), &json!("Büro \"eins\"")));
    let asked = &manifest["user_config"];
    assert_eq!(asked["url"]["default"], "http://larder.test/mcp");
    assert_eq!((&asked["key"]["sensitive"], asked["key"].get("default")), (&json!(true), None));
    // What the bridge reads is what it is given.
    let server = &manifest["server"];
    assert_eq!(server["entry_point"], "server/index.mjs");
    let bridge = text("server/index.mjs");
    for (name, value) in server["mcp_config"]["env"].as_object().unwrap() {
        assert!(bridge.contains(name), "{name}");
        let setting = value.as_str().unwrap().trim_start_matches("${user_config.").trim_end_matches('}');
        assert!(asked[setting].is_object(), "{setting}");
    }
    // It needs nothing that would have to be installed.
    assert!(!bridge.contains("import ") && !bridge.contains("require("));
}

#[tokio::test]
async fn only_the_owner_of_a_connection_for_agents_gets_it() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "mcp", "name": "Agent" })).await;
    let path = format!("/connections/{id}/larder.mcpb");
    house.call("GET", &path, OTHER_OWNER, None).await.is_problem(404);
    house.call("GET", &path, &key, None).await.is_problem(403);
    let (other, _) = house.connect(json!({ "kind": "api", "name": "Script" })).await;
    let refused = house.call("GET", &format!("/connections/{other}/larder.mcpb"), OWNER, None).await;
    assert!(refused.is_problem(409).text("/detail").contains("kind mcp"));
}
