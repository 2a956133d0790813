//! How `/v1` is read and written: only what a caller does not have yet, only the fields and in the form that it wants.

use crate::harness::{Answer, House, request};
use serde_json::{Value, json};

pub(crate) async fn with(
    house: &House,
    method: &str,
    path: &str,
    key: &str,
    body: Option<Value>,
    headers: &[(&'static str, &str)],
) -> Answer {
    let mut request = request(method, path, Some(key), body);
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    house.send(request).await
}

#[tokio::test]
async fn what_a_caller_has_is_not_sent_again() {
    let house = House::new();
    let key = house.api("full_access").await;
    let id = house.task(&key, "Milk").await;
    let path = format!("/v1/tasks/{id}");
    for (known, status) in [
        ("\"1\"", 304),
        ("W/\"1\"", 304),
        ("\"7\", W/\"1\" , \"8\"", 304),
        ("*", 304),
        ("\"2\"", 200),
        ("1", 200),
        ("\"1-csv\"", 200),
    ] {
        let answer = with(&house, "GET", &path, &key, None, &[("if-none-match", known)]).await;
        assert_eq!(answer.status, status, "{known}");
        assert_eq!(answer.headers["etag"], "\"1\"");
        assert_eq!(answer.body.is_null(), status == 304);
    }
    house.call("PATCH", &path, &key, Some(json!({ "title": "Bread" }))).await;
    let answer = with(&house, "GET", &path, &key, None, &[("if-none-match", "\"1\"")]).await;
    assert_eq!((answer.status.as_u16(), answer.headers["etag"].to_str().unwrap()), (200, "\"2\""));
    let csv = [("accept", "text/csv"), ("if-none-match", "\"2\"")];
    let answer = with(&house, "GET", &path, &key, None, &csv).await;
    assert_eq!((answer.status.as_u16(), answer.headers["etag"].to_str().unwrap()), (200, "\"2-csv\""));
    let guard = [("if-match", "\"2-csv\"")];
    let patch = Some(json!({ "title": "Tea" }));
    assert_eq!(with(&house, "PATCH", &path, &key, patch.clone(), &guard).await.status, 200);
    with(&house, "PATCH", &path, &key, patch, &guard).await.is_problem(412);

    let grant = json!([{ "resource": "tasks", "actions": ["read"], "only": { "own": true } }]);
    let (_, other) = house.connect(json!({ "kind": "api", "name": "other", "grant": grant })).await;
    with(&house, "GET", &path, &other, None, &[("if-none-match", "*")]).await.is_problem(404);
}

#[tokio::test]
async fn a_writer_may_do_without_what_it_wrote() {
    let house = House::new();
    let key = house.api("full_access").await;
    let minimal = |answer: &Answer| {
        ["etag", "preference-applied"].map(|name| answer.headers[name].to_str().unwrap().to_owned())
    };
    let prefer = [("prefer", "respond-async, return=minimal")];
    let made = with(&house, "POST", "/v1/tasks", &key, Some(json!({ "title": "Milk" })), &prefer).await;
    assert_eq!((made.status.as_u16(), &made.body), (201, &Value::Null));
    assert_eq!(minimal(&made), ["\"1\"", "return=minimal"]);
    let path = made.headers["location"].to_str().unwrap();
    let patch = json!({ "title": "Bread" });
    let changed = with(&house, "PATCH", path, &key, Some(patch.clone()), &prefer).await;
    assert_eq!((changed.status.as_u16(), &changed.body), (204, &Value::Null));
    assert_eq!(minimal(&changed), ["\"2\"", "return=minimal"]);
    let whole = with(&house, "PATCH", path, &key, Some(patch), &[("prefer", "return=representation")]).await;
    assert_eq!((whole.status.as_u16(), whole.text("/title").as_str()), (200, "Bread"));
    assert!(!whole.headers.contains_key("preference-applied"));
    with(&house, "POST", "/v1/tasks", &key, Some(json!({})), &prefer).await.is_problem(400);
}

#[tokio::test]
async fn only_the_fields_that_are_asked_for() {
    let house = House::new();
    let key = house.api("full_access").await;
    let new = json!({ "title": "Milk", "due": "2027-01-15", "description": "SECRET" });
    let path = format!("/v1/tasks/{}", house.call("POST", "/v1/tasks", &key, Some(new)).await.text("/id"));
    let names = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for (query, fields) in [
        ("fields=title,due", &["due", "id", "title", "version"][..]),
        ("fields=title%2C%20due", &["due", "id", "title", "version"]),
        ("fields=id", &["id", "version"]),
        ("fields=life_area_id", &["id", "version"]),
    ] {
        assert_eq!(names(&house.call("GET", &format!("{path}?{query}"), &key, None).await.body), fields);
        let list = house.call("GET", &format!("/v1/tasks?limit=1&{query}"), &key, None).await;
        assert_eq!(names(&list.body["data"][0]), fields);
    }
    let masked = json!([{ "resource": "tasks", "actions": ["read"], "fields": { "deny": ["description"] } }]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "masked", "grant": masked })).await;
    for at in [path.as_str(), "/v1/tasks"] {
        assert_eq!(house.call("GET", &format!("{at}?fields=title"), &narrow, None).await.status, 200);
        for bad in ["description", "nonsense", "title,description", "", "title,,due", "title&fields=due"] {
            let problem = house.call("GET", &format!("{at}?fields={bad}"), &narrow, None).await;
            assert_eq!(problem.is_problem(400).text("/errors/0/pointer"), "?fields");
        }
        let said = async |name: &str| {
            let problem = house.call("GET", &format!("{at}?fields={name}"), &narrow, None).await;
            problem.text("/detail").replace(name, "…")
        };
        assert_eq!(said("description").await, said("nonsense").await, "what is hidden is not there");
    }
    house.call("GET", "/v1/tasks?fields=title&order=up", &key, None).await.is_problem(400);
}
