//! `functions/connections/openapi.json` is what the routes and types say, and says nothing that does not hold: every
//! answer that any test here gets is held against it.

use crate::asking::waiting;
use crate::contract::{DOCUMENT, fits};
use crate::deliveries::{event, webhook};
use crate::harness::{House, OWNER, request};
use crate::oauth::flow::{Tokens, code_for, post, register, trade};
use crate::undone_later::later;
use domain::key::PATTERN;
use http::{Method, header};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use web::Access;
use web::openapi::Operation;

/// Set to write the document anew, after a route or a type was changed.
const WRITE: &str = "LARDER_WRITE_OPENAPI";

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("functions/connections/openapi.json")
}

#[test]
fn the_file_is_what_the_code_says() {
    let text = format!("{:#}\n", *DOCUMENT);
    if std::env::var_os(WRITE).is_some() {
        fs::write(file(), &text).unwrap();
    }
    let found = fs::read_to_string(file()).unwrap_or_default();
    assert!(
        found == text,
        "a route or a type has changed: run {WRITE}=1 cargo test -p it the_file_is, and commit the file"
    );
}

#[tokio::test]
async fn it_is_served_to_everybody() {
    let answer = House::new().send(request("GET", "/openapi.json", None, None)).await;
    assert!(answer.status == 200 && answer.body == *DOCUMENT);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}

#[test]
fn routes_and_descriptions_are_the_same() {
    let routes = local::routes();
    let key = |method: &Method, path: &str| format!("{method} {path}");
    let described: BTreeSet<_> = local::operations().iter().map(|one| key(&one.method, one.path)).collect();
    // What only a laptop has is for its pages, and so is consent.
    let wanted = routes.list().iter().filter(|route| {
        (route.access == Access::Owner && !["local", "oauth"].contains(&route.function))
            || route.path.starts_with("/v1/")
    });
    let wanted: BTreeSet<_> = wanted.map(|route| key(&route.method, route.path)).collect();
    let there: BTreeSet<_> = routes.list().iter().map(|route| key(&route.method, route.path)).collect();
    let missing: Vec<_> = wanted.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "without a description, which belongs into its function's describe.rs: {missing:?}"
    );
    let gone: Vec<_> = described.difference(&there).collect();
    assert!(gone.is_empty(), "described, but not there: {gone:?}");
    assert_eq!(described.len(), local::operations().len(), "described twice");
    let ids: BTreeSet<_> = local::operations().into_iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), described.len(), "two have one operationId");
}

fn values<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                if field == name {
                    found.push(inner);
                }
                values(inner, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| values(item, name, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_nothing_lies_unused() {
    let mut references = Vec::new();
    values(&DOCUMENT, "$ref", &mut references);
    let references: BTreeSet<_> = references.into_iter().map(|place| place.as_str().unwrap()).collect();
    for place in &references {
        assert!(DOCUMENT.pointer(place.strip_prefix('#').unwrap()).is_some(), "{place}");
    }
    for kind in ["schemas", "responses", "parameters"] {
        for name in DOCUMENT["components"][kind].as_object().unwrap().keys() {
            let place = format!("#/components/{kind}/{name}");
            assert!(references.contains(place.as_str()), "nobody refers to {place}");
        }
    }
    let schemes: BTreeSet<_> =
        DOCUMENT["components"]["securitySchemes"].as_object().unwrap().keys().collect();
    let mut required = Vec::new();
    values(&DOCUMENT, "security", &mut required);
    for scheme in
        required.iter().flat_map(|all| all.as_array().unwrap()).flat_map(|one| one.as_object().unwrap())
    {
        assert!(schemes.contains(scheme.0), "{}", scheme.0);
    }
}

#[test]
fn it_is_openapi_3_1() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name} is not a schema");
    }
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, said) in methods.as_object().unwrap() {
            let known = ["get", "put", "post", "delete", "patch"].contains(&method.as_str());
            assert!(known && path.starts_with('/'), "{method} {path}");
            for field in ["operationId", "summary"] {
                assert!(
                    said[field].as_str().is_some_and(|text| !text.is_empty()),
                    "{method} {path}: {field}"
                );
            }
            let parameters = said["parameters"].as_array().cloned().unwrap_or_default();
            let ids = parameters.iter().filter(|one| one["in"] == "path" && one["required"] == true).count();
            assert_eq!(ids, path.matches('{').count(), "{method} {path}");
            let answers = said["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path} never succeeds");
            assert!(
                answers
                    .values()
                    .all(|answer| answer.get("$ref").is_some() || answer["description"].is_string())
            );
        }
    }
}

/// Every content in the document: its place, and whether it has an example.
fn contents(value: &Value, place: &str, found: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for (field, inner) in fields {
        let place = format!("{place}/{}", field.replace('~', "~0").replace('/', "~1"));
        if field == "content" {
            // Also what a field is called.
            let media = inner.as_object().into_iter().flat_map(Map::keys).filter(|name| name.contains('/'));
            found.extend(media.map(|media| format!("{place}/{}", media.replace('/', "~1"))));
        }
        contents(inner, &place, found);
    }
}

#[test]
fn every_example_fits_its_schema() {
    let mut all = Vec::new();
    contents(&DOCUMENT, "", &mut all);
    let json: Vec<_> = all.iter().filter(|place| place.ends_with("json")).collect();
    assert!(json.len() > 10);
    for place in json {
        let one = DOCUMENT.pointer(&format!("{place}/example")).into_iter();
        let several = DOCUMENT.pointer(&format!("{place}/examples")).and_then(Value::as_object);
        let several = several.into_iter().flat_map(Map::values).map(|example| &example["value"]);
        let examples: Vec<_> = one.chain(several).collect();
        assert!(!examples.is_empty(), "no example at {place}");
        for example in examples {
            fits(&format!("{place}/schema"), example, "an example is not as it should be");
        }
    }
}

/// What an answer has, its example shows.
fn shows(example: &Value, answer: &Value, at: &str) {
    match (example, answer) {
        // An empty one says that anything may be in it.
        (Value::Object(example), _) if example.is_empty() => {}
        (Value::Object(example), Value::Object(answer)) => {
            for (field, value) in answer {
                let shown = example.get(field);
                shows(shown.unwrap_or_else(|| panic!("{at}: no {field}")), value, &format!("{at}/{field}"));
            }
        }
        (Value::Array(example), Value::Array(answer)) => {
            if let (Some(example), Some(answer)) = (example.first(), answer.first()) {
                shows(example, answer, at);
            }
        }
        _ => {}
    }
}

/// What only webhooks have.
const OF_WEBHOOKS: [&str; 4] = [
    "/connections/{id}/handler",
    "/connections/{id}/rotate-secret",
    "/connections/{id}/health",
    "/connections/{id}/deliveries",
];

#[tokio::test]
async fn every_example_can_be_sent_and_shows_what_is_answered() {
    let operations = local::operations();
    let create = operations.iter().find(|one| one.id == "create_connection").unwrap();
    let routes = local::routes();
    let access =
        |one: &Operation| routes.list().iter().find(|it| it.method == one.method && it.path == one.path);
    for one in operations.iter().filter(|one| access(one).is_some_and(|it| it.access == Access::Owner)) {
        let house = House::new();
        let is_of_webhooks = OF_WEBHOOKS.iter().any(|path| one.path.starts_with(path));
        let new = if is_of_webhooks { webhook() } else { create.example.clone().unwrap() };
        let (connection, _) = house.connect(new).await;
        let mut body = one.example.clone();
        if one.id == "create_connection" {
            body.as_mut().unwrap()["name"] = "Another".into();
        }
        let id = match one.path {
            path if path.starts_with("/approvals") => waiting(&house).await,
            path if path.starts_with("/jobs") => later(&house, &connection).await,
            _ => connection,
        };
        let needs = if one.id == "get_connection_handler" { "?language=go" } else { "" };
        let mut path = one.path.replace("{id}", &id) + needs;
        if path.contains("{event}") {
            path = path.replace("{event}", &event(&house, &id).await);
        }
        let answer = house.call(one.method.as_str(), &path, OWNER, body).await;
        assert!(answer.status.is_success(), "{}: {}", one.id, answer.body);
        let escaped = one.path.replace('/', "~1");
        let (method, status) = (one.method.as_str().to_lowercase(), answer.status.as_u16());
        let content =
            format!("/paths/{escaped}/{method}/responses/{status}/content/application~1json/example");
        if let Some(example) = DOCUMENT.pointer(&content) {
            shows(example, &answer.body, &one.id);
        }
    }
}

#[tokio::test]
async fn issued_keys_match_the_published_pattern() {
    let scheme = DOCUMENT["components"]["securitySchemes"]["connectionKey"]["description"].as_str().unwrap();
    assert!(scheme.contains(PATTERN));
    let readme = fs::read_to_string(file().ancestors().nth(3).unwrap().join("README.md")).unwrap();
    assert!(readme.contains(PATTERN));
    let house = House::new();
    let pattern = json!({ "pattern": format!("^{PATTERN}$") });
    for preset in ["read_only", "full_access"] {
        let key = house.api(preset).await;
        assert!(jsonschema::is_valid(&pattern, &json!(key)), "{key}");
        assert!(!jsonschema::is_valid(&pattern, &json!(key.to_uppercase())));
    }
    let client = register(&house).await;
    let code = code_for(&house, &client).await;
    let tokens = Tokens::of(&post(&house, "/token", &trade(&client, &code)).await);
    for token in [code, tokens.access, tokens.refresh] {
        assert!(jsonschema::is_valid(&pattern, &json!(token)), "{token}");
    }
}
