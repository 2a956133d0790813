//! How `/v1` is read and written: only what a caller does not have yet, only the fields and in the form that it wants.

use crate::harness::{Answer, House, request};
use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

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

/// An answer that is no JSON: its kind, and its text.
async fn told(house: &House, path: &str, key: &str, accept: &str) -> (String, String) {
    let mut asked: Request<Body> = request("GET", path, Some(key), None);
    asked.headers_mut().insert(header::ACCEPT, accept.parse().unwrap());
    let answer = house.router.clone().oneshot(asked).await.unwrap();
    let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (kind, String::from_utf8(bytes.to_vec()).unwrap())
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

#[tokio::test]
async fn lists_and_items_come_in_three_forms() {
    let house = House::new();
    let key = house.api("full_access").await;
    let new = json!({ "title": "=1+1, \"x\" <b>&\u{fffe}", "labels": ["a", "b"], "due": "2027-01-15" });
    let id = house.call("POST", "/v1/tasks", &key, Some(new)).await.text("/id");
    let one = format!("/v1/tasks/{id}?fields=title,due,labels,description");
    let list = "/v1/tasks?fields=title,due,labels,description";
    let csv = format!(
        "id,title,labels,description,due,version\r\n{id},\"'=1+1, \"\"x\"\" <b>&\u{fffe}\",\"[\"\"a\"\",\"\"b\"\"]\",,2027-01-15,1\r\n"
    );
    for path in [one.as_str(), list] {
        let (kind, text) = told(&house, path, &key, "application/json;q=0.9, text/csv").await;
        assert_eq!((kind.as_str(), &text), ("text/csv; charset=utf-8", &csv));
    }
    let task = format!(
        "<task><due>2027-01-15</due><id>{id}</id><labels><item>a</item><item>b</item></labels>\
         <title>=1+1, &quot;x&quot; &lt;b&gt;&amp;\u{fffd}</title><version>1</version></task>"
    );
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let (kind, text) = told(&house, &one, &key, "application/xml").await;
    assert_eq!((kind.as_str(), text), ("application/xml; charset=utf-8", format!("{head}{task}")));
    let (_, text) = told(&house, list, &key, "application/xml").await;
    assert_eq!(text, format!("{head}<tasks>{task}</tasks>"));
    for path in [one.as_str(), list] {
        let refused = with(&house, "GET", path, &key, None, &[("accept", "text/html")]).await;
        refused.is_problem(406);
        for accept in ["*/*", "text/csv"] {
            let answer = with(&house, "GET", path, &key, None, &[("accept", accept)]).await;
            assert_eq!(answer.headers["vary"], "Accept");
        }
        let problem = with(&house, "GET", "/v1/tasks?limit=0", &key, None, &[("accept", "text/csv")]).await;
        problem.is_problem(400);
    }
}

#[tokio::test]
async fn what_a_mask_hides_is_no_column() {
    let house = House::new();
    let key = house.api("full_access").await;
    let new = json!({ "title": "Milk", "description": "SECRET" });
    house.call("POST", "/v1/tasks", &key, Some(new)).await;
    let grant =
        json!([{ "resource": "tasks", "actions": ["read"], "fields": { "allow": ["title", "status"] } }]);
    let config = json!({ "response_format": "csv" });
    let input = json!({ "kind": "api", "name": "sheet", "grant": grant, "config": config });
    let (_, sheet) = house.connect(input).await;
    let (kind, text) = told(&house, "/v1/tasks", &sheet, "*/*").await;
    assert_eq!(kind, "text/csv; charset=utf-8", "as the connection is set up");
    assert_eq!(text.lines().next(), Some("id,title,status,version"));
    assert!(!text.contains("SECRET"));
    let (kind, text) = told(&house, "/v1/tasks", &sheet, "application/json").await;
    assert_eq!(kind, "application/json", "unless the call says otherwise");
    assert!(!text.contains("SECRET"));
    let (_, text) = told(&house, "/v1/tasks", &sheet, "application/xml").await;
    assert!(text.contains("<title>Milk</title>") && !text.contains("SECRET"));
}

#[tokio::test]
async fn a_link_leads_to_the_next_page_in_every_form() {
    let house = House::new();
    let key = house.api("full_access").await;
    for n in 0..5 {
        house.task(&key, &format!("task {n}")).await;
    }
    for accept in ["application/json", "text/csv", "application/xml"] {
        let (mut path, mut pages) = ("/v1/tasks?fields=title&limit=2".to_owned(), 0);
        loop {
            let page = with(&house, "GET", &path, &key, None, &[("accept", accept)]).await;
            assert_eq!(page.status, 200, "{path}");
            pages += 1;
            let Some(link) = page.headers.get("link") else { break };
            let (next, rel) = link.to_str().unwrap().split_once('>').unwrap();
            assert_eq!(rel, "; rel=\"next\"");
            path = next.strip_prefix('<').unwrap().to_owned();
            assert!(path.starts_with("/v1/tasks?fields=title&limit=2&cursor="), "{path}");
        }
        assert_eq!(pages, 3, "{accept}");
    }
    let input = json!({ "kind": "api", "name": "q", "preset": "read_only", "config": { "key_in": "query" } });
    let (_, other) = house.connect(input).await;
    let page = house.send(request("GET", &format!("/v1/tasks?limit=2&api_key={other}"), None, None)).await;
    assert!(!page.headers["link"].to_str().unwrap().contains("lrd_"), "no key stands in an answer");
}
